/** Each class is so much wider than the one before: a figure is at most 2 % off. */
const GROWTH = 1.04;
const LEAST_MS = 0.01;

/** Quantiles of many durations, in constant memory: counted by classes that grow with the duration. */
export class Latencies {
  readonly #counts: number[] = [];
  #total = 0;

  add(ms: number): void {
    const at = ms <= LEAST_MS ? 0 : Math.ceil(Math.log(ms / LEAST_MS) / Math.log(GROWTH));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#total++;
  }

  /** The duration that the share of them does not exceed; 0 if there are none. */
  quantile(share: number): number {
    let left = Math.ceil(this.#total * share);
    for (let at = 0; at < this.#counts.length && left > 0; at++) {
      left -= this.#counts[at] ?? 0;
      // The middle of the class.
      if (left <= 0) return at === 0 ? 0 : LEAST_MS * GROWTH ** (at - 0.5);
    }
    return 0;
  }
}
