import { checkMs, checkOptions, seen } from "../internal/arguments.ts";
import { type AdaptiveSample, type Algorithm, isUsed } from "./adaptive-algorithm.ts";
import { checkBetween } from "./adaptive-arguments.ts";

export interface AimdOptions {
  /** How much the limit grows while as many calls succeed as it lets run; 1 by default. */
  increase?: number | undefined;
  /** What the limit is multiplied with after a drop: from above 0 to below 1, 0.9 by default. */
  decrease?: number | undefined;
  /** A call that took longer counts as dropped; `Infinity` by default. */
  slowMs?: number | undefined;
}

const CREATE = "create an AIMD algorithm";

class Aimd implements Algorithm {
  readonly #increase: number;
  readonly #decrease: number;
  readonly #slowMs: number;
  /** Calls that began until then did so under a limit that has been lowered since. */
  #loweredMs = -Infinity;
  /** Until the first drop it grows as TCP does in its slow start: it doubles while all of it succeeds. */
  #starting = true;

  constructor(increase: number, decrease: number, slowMs: number) {
    this.#increase = increase;
    this.#decrease = decrease;
    this.#slowMs = slowMs;
  }

  update({ rttMs, atMs, inFlight, dropped, limit }: AdaptiveSample): number {
    // Time goes back only when a test changes the clock.
    if (atMs < this.#loweredMs) this.#loweredMs = -Infinity;
    if (dropped || rttMs > this.#slowMs) {
      if (atMs - rttMs <= this.#loweredMs) return limit;
      this.#loweredMs = atMs;
      // What doubles may be twice too high by the time that it hears of it.
      const factor = this.#starting ? Math.min(0.5, this.#decrease) : this.#decrease;
      this.#starting = false;
      return limit * factor;
    }
    if (!isUsed(inFlight, limit)) return limit;
    return limit + (this.#starting ? this.#increase : this.#increase / limit);
  }
}

/**
 * An algorithm for {@link AdaptiveLimit} that knows drops only: additive increase, multiplicative decrease,
 * as TCP Reno.
 *
 * While the limit is used it grows by `increase` for as many successful calls as it lets run. A drop
 * multiplies it with `decrease`, once for all calls that were under way together. Until the first drop it
 * doubles instead, and that drop halves it. So it goes back and forth below the point where drops begin,
 * and fills whatever queue lies before that: choose it where overload is answered by a refusal, as a server
 * with a 503 does. Otherwise `slowMs` says from which latency on there is overload.
 *
 * As `AIMDLimit` of Netflix's concurrency-limits, which grows by 1 for each call and shrinks for each drop.
 *
 * @throws {TypeError | RangeError} If an option is not what it should be.
 * @example
 * ```ts
 * import { AdaptiveLimit, aimd, sleep } from "corral";
 *
 * const limit = new AdaptiveLimit({ algorithm: aimd({ slowMs: 2_000 }), initial: 4 });
 * await Promise.all([1, 2, 3, 4].map(() => limit.run(() => sleep(100))));
 * console.log(limit.concurrency); // 8
 * await limit.run(() => sleep(3_000));
 * console.log(limit.concurrency); // 4
 * ```
 */
export function aimd(options?: AimdOptions): Algorithm {
  checkOptions(CREATE, options);
  const { increase = 1, decrease = 0.9, slowMs = Infinity } = options ?? {};
  checkBetween(CREATE, "increase", increase, 0, Infinity);
  checkBetween(CREATE, "decrease", decrease, 0, 1);
  checkMs(CREATE, "slowMs", slowMs);
  if (slowMs < 0) {
    throw new RangeError(
      `Cannot ${CREATE}: "slowMs" must not be negative, received ${seen(slowMs)}`,
    );
  }
  return new Aimd(increase, decrease, slowMs);
}
