import type { Meter, Rate } from "./rate-meter.ts";

/** Less of a token than this is a rounding error. */
const NOTHING = 1e-9;

/** No timer wakes oftener than about this: what is spaced closer than that comes in groups. */
const FINEST_MS = 2;

/**
 * A bucket of tokens that fills evenly. Spaced, it holds a single one (or as many as flow in between two
 * timers), and one opens it for any number: what they cost beyond that is paid by whoever comes after.
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
    const { limit, perMs, burst } = this.#rate;
    if (!this.#spaced) return burst;
    return Math.min(limit, Math.max(1, Math.floor((FINEST_MS * limit) / perMs)));
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
