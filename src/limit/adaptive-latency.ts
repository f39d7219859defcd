import { checkCount, checkFunction, checkInteger, checkMs, seen } from "../internal/arguments.ts";
import { type AdaptiveSample, type Algorithm, isUsed } from "./adaptive-algorithm.ts";
import { checkBetween } from "./adaptive-arguments.ts";
import { SampleWindow, type Seen } from "./adaptive-window.ts";

/** What algorithms that go by latency have in common. */
export interface LatencyOptions {
  /** A window has at least so many calls; 10 by default. */
  windowCalls?: number | undefined;
  /** And takes at least so long; 100 ms by default. */
  windowMs?: number | undefined;
  /**
   * After about so many windows in which the limit was used, the base latency is measured anew, for
   * which the limit is a third for one window; 50 by default, `Infinity` for never.
   */
  probeEvery?: number | undefined;
  /** What the limit is multiplied with after a drop: from above 0 to below 1, 0.9 by default. */
  decrease?: number | undefined;
  /** In place of `Math.random`, for when a probe is due: a number from 0 to less than 1. */
  random?: (() => number) | undefined;
}

/** The limit after a window in which it was used. */
export type Adjust = (limit: number, baseMs: number, rttMs: number) => number;

/** How much of a lower latency the base takes over at once: one lucky window is no proof. */
const TRUST = 0.2;

/** After how many windows the first probe is due. Each next one takes twice as many, up to `probeEvery`. */
const FIRST_PROBE = 4;

/**
 * The frame of the algorithms that go by latency: it gathers samples in windows, knows the base latency,
 * that of calls which do not queue, and lets `adjust` compare the two.
 *
 * The base falls with what is seen. It rises only by a probe, which lowers the limit until no call can be
 * queueing: else a standing queue would pass for the latency of the server, and the limit rise for ever.
 * A probe is due now and then, and when the limit has halved or doubled since the last: a slower server
 * whose latency a lower limit does not help, or a faster one whose queue passes for its latency, looks
 * just like a change of capacity.
 */
export class LatencyAlgorithm implements Algorithm {
  readonly #window: SampleWindow;
  readonly #probeEvery: number;
  readonly #decrease: number;
  readonly #random: () => number;
  readonly #adjust: Adjust;
  #baseMs = Infinity;
  /** The limit before the probe that is under way. */
  #resume: number | undefined = undefined;
  #windowsLeft = FIRST_PROBE;
  #spacing = FIRST_PROBE;
  /** The limit when the base was measured. */
  #reference = 0;
  /** What was in force when the last sample came, and when that was. */
  #inForce = 0;
  #lastMs = -Infinity;
  /** Calls that began before have seen another limit. */
  #changedMs = -Infinity;
  /** Calls that began until then were under way together with one that was dropped. */
  #droppedMs = -Infinity;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(action: string, options: LatencyOptions | undefined, adjust: Adjust) {
    const { windowCalls = 10, windowMs = 100, probeEvery = 50 } = options ?? {};
    const { decrease = 0.9, random = Math.random } = options ?? {};
    checkInteger(action, "windowCalls", windowCalls);
    checkMs(action, "windowMs", windowMs);
    if (windowMs < 0 || windowMs === Infinity) {
      throw new RangeError(
        `Cannot ${action}: "windowMs" must be finite and not negative, received ${seen(windowMs)}`,
      );
    }
    checkCount(action, "probeEvery", probeEvery);
    checkBetween(action, "decrease", decrease, 0, 1);
    checkFunction(action, "random", random);
    this.#window = new SampleWindow(windowCalls, windowMs);
    this.#probeEvery = probeEvery;
    this.#decrease = decrease;
    this.#random = random;
    this.#adjust = adjust;
  }

  update(sample: AdaptiveSample): number {
    const { rttMs, atMs, dropped, limit } = sample;
    // Time goes back only when a test changes the clock.
    if (atMs < this.#lastMs) {
      this.#changedMs = this.#droppedMs = this.#lastMs = -Infinity;
      this.#window.clear();
    }
    // Known only now: the bounds may have kept the limit where it was.
    const inForce = Math.floor(limit);
    if (inForce !== this.#inForce) {
      this.#inForce = inForce;
      this.#changedMs = this.#lastMs;
      this.#window.clear();
    }
    this.#lastMs = atMs;
    if (dropped) return this.#drop(sample);
    if (atMs - rttMs < this.#changedMs) return limit;
    const window = this.#window.add(sample);
    if (window === undefined) return limit;
    return this.#next(limit, window);
  }

  #drop({ rttMs, atMs, limit }: AdaptiveSample): number {
    if (atMs - rttMs <= this.#droppedMs) return limit;
    this.#droppedMs = atMs;
    const before = this.#resume ?? limit;
    this.#resume = undefined;
    return before * this.#decrease;
  }

  #next(limit: number, { rttMs, leastMs, inFlight }: Seen): number {
    if (this.#resume !== undefined) return this.#endProbe(this.#resume, rttMs);
    // Nobody knows yet whether calls queue at the limit that it began with. A base that is too low is
    // found out at once, by a limit that falls; one that is too high is not.
    if (this.#baseMs === Infinity) this.#measured(leastMs, limit);
    else if (rttMs < this.#baseMs) this.#baseMs += (rttMs - this.#baseMs) * TRUST;
    if (!isUsed(inFlight, limit)) return limit;
    const next = this.#adjust(limit, this.#baseMs, rttMs);
    const reference = this.#reference;
    const isFar = next * 2 < reference || next > reference * 2;
    if ((--this.#windowsLeft > 0 && !isFar) || this.#probeEvery === Infinity) return next;
    this.#resume = next;
    // Below the capacity also when the base was thought to be twice as high as it is.
    return Math.max(1, next / 3);
  }

  #endProbe(resume: number, rttMs: number): number {
    this.#resume = undefined;
    this.#measured(rttMs, resume);
    this.#spacing = Math.min(this.#spacing * 2, this.#probeEvery);
    // Many processes that began together must not probe together for ever.
    this.#windowsLeft = Math.ceil(this.#spacing * (0.75 + this.#random() / 2));
    return resume;
  }

  #measured(rttMs: number, limit: number): void {
    this.#baseMs = rttMs;
    this.#reference = limit;
  }
}
