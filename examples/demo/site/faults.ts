/** A way in which a page answers badly. */
export type Fault =
  | { readonly kind: "slow"; readonly delayMs: number }
  | { readonly kind: "unavailable"; readonly retryAfterSeconds: number | undefined }
  | { readonly kind: "silent" }
  | { readonly kind: "dropped" };

/**
 * Gives the faults that a page hands out, one a request, before it answers well.
 *
 * The same key always gives the same faults, so that two crawls of one site meet the same ones.
 */
export function faultsOf(key: string): readonly Fault[] {
  const random = generator(hash(key));
  const faults: Fault[] = [];
  // Two independent draws: some pages fail twice in a row, none fails three times.
  for (let draw = 0; draw < 2; draw++) {
    const fault = drawFault(random);
    if (fault) faults.push(fault);
  }
  return faults;
}

function drawFault(random: () => number): Fault | undefined {
  const chance = random();
  if (chance < 0.02) return { kind: "slow", delayMs: 100 + Math.floor(random() * 400) };
  if (chance < 0.04) {
    const retryAfterSeconds = random() < 0.3 ? 1 : random() < 0.5 ? 0 : undefined;
    return { kind: "unavailable", retryAfterSeconds };
  }
  if (chance < 0.05) return { kind: "dropped" };
  if (chance < 0.056) return { kind: "silent" };
  return undefined;
}

/** FNV-1a, 32 bits: spreads keys evenly, and is the same on every machine. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}

/** Mulberry32: numbers in [0, 1) from a 32-bit seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
