import type { Meter, Rate } from "./rate-meter.ts";

/** Less of a token than this is a rounding error. */
const NOTHING = 1e-9;

/**
 * A bucket of tokens that fills evenly. Spaced, it holds a single one, which opens it for any number:
 * what they cost beyond that is paid by whoever comes after.
 */
export class RateBucket implements Meter {
  readonly #rate: Rate;
  readonly #spaced: boolean;
  /**
   * The tokens that were missing at `#time`, each counted as `perMs`, which keeps whole numbers whole. More
   * than there are at all, while a debt is paid off.
   */
  #used: number;
  #time: number;

  constructor(rate: Rate, spaced: boolean, used = 0, time = 0) {
    this.#rate = rate;
    this.#spaced = spaced;
    this.#used = used;
    this.#time = time;
  }

  get #size(): number {
    return this.#spaced ? Math.min(1, this.#rate.limit) : this.#rate.burst;
  }

  #usedAt(time: number): number {
    const { limit } = this.#rate;
    return limit === Infinity ? 0 : Math.max(0, this.#used - (time - this.#time) * limit);
  }

  at(n: number, from: number): number {
    const { limit, perMs } = this.#rate;
    const start = Math.max(from, this.#time);
    const over = this.#usedAt(start) + ((this.#spaced ? 1 : n) - this.#size) * perMs;
    return over > NOTHING * perMs ? start + over / limit : start;
  }

  take(n: number, time: number): void {
    this.settle(time, this.#rate.perMs);
    this.#used += n * this.#rate.perMs;
  }

  giveBack(n: number): void {
    this.#used = Math.max(0, this.#used - n * this.#rate.perMs);
  }

  settle(time: number, perMs: number): void {
    const at = Math.max(time, this.#time);
    this.#used = (this.#usedAt(at) * perMs) / this.#rate.perMs;
    this.#time = at;
  }

  room(time: number): number {
    return Math.max(0, Math.floor(this.#size - this.#usedAt(time) / this.#rate.perMs + NOTHING));
  }

  copy(): RateBucket {
    return new RateBucket(this.#rate, this.#spaced, this.#used, this.#time);
  }
}
