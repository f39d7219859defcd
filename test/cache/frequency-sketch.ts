/** A block is eight words: four rows of sixteen counters, four bits each. A key has a counter in each row. */
const WORDS = 8;
const ROWS = 4;
const MOST = 15;

/**
 * Estimates how often keys were seen of late: a count-min sketch. An estimate is never below what was
 * counted, up to 15, but may be above it. When ten times as many were counted as there are entries, all
 * counts are halved, so that what was long ago does not count for ever.
 */
export class FrequencySketch {
  #words = new Uint32Array(WORDS);
  /** How many entries it can tell apart. */
  #capacity = 4;
  #counted = 0;

  /**
   * @param hash The hash of a key.
   * @param entries How many entries there are now.
   */
  record(hash: number, entries: number): void {
    if (entries > this.#capacity) this.#grow();
    const words = this.#words;
    let counted = 0;
    for (let row = 0; row < ROWS; row++) {
      const at = this.#wordOf(hash, row);
      const shift = shiftOf(hash, row);
      if (((words[at]! >>> shift) & MOST) === MOST) continue;
      words[at]! += 1 << shift;
      counted = 1;
    }
    this.#counted += counted;
    if (this.#counted >= this.#capacity * 10) this.#age();
  }

  estimate(hash: number): number {
    let least = MOST;
    for (let row = 0; row < ROWS; row++) {
      const count = (this.#words[this.#wordOf(hash, row)]! >>> shiftOf(hash, row)) & MOST;
      if (count < least) least = count;
    }
    return least;
  }

  #wordOf(hash: number, row: number): number {
    const block = (hash * WORDS) & (this.#words.length - 1);
    return block + row * 2 + (columnOf(hash, row) >>> 3);
  }

  #grow(): void {
    const old = this.#words;
    const words = (this.#words = new Uint32Array(old.length * 2));
    // The keys of a block are in it or in its double now: both know what was known.
    words.set(old);
    words.set(old, old.length);
    this.#capacity *= 2;
  }

  #age(): void {
    const words = this.#words;
    for (let i = 0; i < words.length; i++) words[i] = (words[i]! >>> 1) & 0x77777777;
    this.#counted /= 2;
  }
}

function columnOf(hash: number, row: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> (16 + row * 4)) & 15;
}

function shiftOf(hash: number, row: number): number {
  return (columnOf(hash, row) & 7) * 4;
}
