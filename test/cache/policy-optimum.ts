/** Whole numbers from 0 on, of which the greatest is found at once: a tree of bits. */
class Numbers {
  readonly #levels: Int32Array[] = [];

  constructor(count: number) {
    let words = count;
    do {
      words = Math.ceil(words / 32);
      this.#levels.push(new Int32Array(words));
    } while (words > 1);
  }

  has(number: number): boolean {
    return ((this.#levels[0]![number >> 5]! >>> (number & 31)) & 1) === 1;
  }

  add(number: number): void {
    let at = number;
    for (const level of this.#levels) {
      level[at >> 5]! |= 1 << (at & 31);
      at >>= 5;
    }
  }

  delete(number: number): void {
    let at = number;
    for (const level of this.#levels) {
      if ((level[at >> 5]! &= ~(1 << (at & 31))) !== 0) return;
      at >>= 5;
    }
  }

  /** There must be one. */
  greatest(): number {
    return this.#levels.reduceRight((at, level) => at * 32 + 31 - Math.clz32(level[at]!), 0);
  }
}

/**
 * The hits of a cache that knows what comes: the optimum of Bélády, where the entry goes that is asked for
 * last. What is not worth a place is not stored.
 */
export function optimum(keys: Int32Array, capacity: number): number {
  // When the key of each request is asked for again.
  const again = new Int32Array(keys.length);
  const nextOf: number[] = [];
  for (let at = keys.length - 1; at >= 0; at--) {
    again[at] = nextOf[keys[at]!] ?? -1;
    nextOf[keys[at]!] = at;
  }
  // An entry is known by when it is asked for: no two of them at once.
  const stored = new Numbers(keys.length);
  let count = 0;
  let hits = 0;
  for (let at = 0; at < keys.length; at++) {
    if (stored.has(at)) {
      stored.delete(at);
      count--;
      hits++;
    }
    if (again[at]! < 0) continue;
    stored.add(again[at]!);
    count++;
    if (count <= capacity) continue;
    stored.delete(stored.greatest());
    count--;
  }
  return hits;
}
