const numbers = new WeakMap<WeakKey, number>();
let last = 0;

/** An integer of 32 bits for a key of a Map: the same for the same key, and with bits that look random. */
export function hashOf(key: unknown): number {
  let hash = 0;
  if ((typeof key === "object" && key !== null) || typeof key === "function") {
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = ++last));
    hash = number;
  } else {
    const text = String(key);
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  return hash ^ (hash >>> 15);
}
