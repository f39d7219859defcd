import type { AdaptiveSample } from "./adaptive-algorithm.ts";

/** What the calls of one window have shown together. */
export interface Seen {
  /** Their mean latency: by Little's law it says exactly how many calls a queue of some length holds. */
  readonly rttMs: number;
  /** The lowest. */
  readonly leastMs: number;
  /** The most that ran at once. */
  readonly inFlight: number;
}

/** An event loop cannot tell latencies below a millisecond apart: they count as one. */
const LEAST_MS = 1;

/** Gathers samples until there are enough, over long enough. It has no timer: the last sample closes it. */
export class SampleWindow {
  readonly #calls: number;
  readonly #ms: number;
  #beganMs = 0;
  #count = 0;
  #sumMs = 0;
  #leastMs = Infinity;
  #inFlight = 0;

  constructor(calls: number, ms: number) {
    this.#calls = calls;
    this.#ms = ms;
  }

  /** @returns What the window has shown, if the sample closes it. */
  add({ rttMs, atMs, inFlight, limit }: AdaptiveSample): Seen | undefined {
    if (this.#count++ === 0) this.#beganMs = atMs - rttMs;
    const countedMs = Math.max(LEAST_MS, rttMs);
    this.#sumMs += countedMs;
    this.#leastMs = Math.min(this.#leastMs, countedMs);
    this.#inFlight = Math.max(this.#inFlight, inFlight);
    // The more calls run, the smaller a share of them is a queue worth noticing.
    const enough = Math.max(this.#calls, Math.min(limit, this.#inFlight));
    if (this.#count < enough || atMs - this.#beganMs < this.#ms) return undefined;
    const seen = {
      rttMs: this.#sumMs / this.#count,
      leastMs: this.#leastMs,
      inFlight: this.#inFlight,
    };
    this.clear();
    return seen;
  }

  clear(): void {
    this.#count = this.#sumMs = this.#inFlight = 0;
    this.#leastMs = Infinity;
  }
}
