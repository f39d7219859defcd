/** A generator of numbers from 0 to 1 that gives the same ones in each run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of the keys: the one of rank r comes in proportion to 1 / r; ranks are not in order of age. */
export function zipf(keys, count) {
  const next = random(1);
  const ranked = [...keys];
  for (let i = ranked.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [ranked[i], ranked[j]] = [ranked[j], ranked[i]];
  }
  let sum = 0;
  const upTo = ranked.map((_, i) => (sum += 1 / (i + 1)));
  return Array.from({ length: count }, () => {
    const wanted = next() * sum;
    let low = 0;
    let high = ranked.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (upTo[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return ranked[low];
  });
}
