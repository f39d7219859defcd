/** How long loads took, in milliseconds: each figure is within a tenth of the exact one. */
export interface LoadTimeStats {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** So many classes for each doubling; the figure of a class is its middle. */
const CLASSES = 4;
/** The first class ends here. */
const LEAST_MS = 1 / 64;

/** A histogram whose classes grow with what they count, so that it has a few dozen of them at most. */
export class LoadTimes {
  readonly #counts: number[] = [];
  #total = 0;

  add(ms: number): void {
    // Less than nothing between two clocks.
    const at = ms > LEAST_MS ? Math.ceil(Math.log2(ms / LEAST_MS) * CLASSES) : 0;
    while (this.#counts.length <= at) this.#counts.push(0);
    this.#counts[at]!++;
    this.#total++;
  }

  /** The time that this part of the loads did not exceed; 0 before the first. */
  #quantile(part: number): number {
    let left = Math.ceil(this.#total * part);
    for (const [at, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0 && count > 0) return at === 0 ? 0 : LEAST_MS * 2 ** ((at - 0.5) / CLASSES);
    }
    return 0;
  }

  stats(): LoadTimeStats {
    return Object.freeze({
      p50: this.#quantile(0.5),
      p90: this.#quantile(0.9),
      p99: this.#quantile(0.99),
    });
  }
}
