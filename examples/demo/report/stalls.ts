import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** How long the event loop was held up, in milliseconds. */
export interface Delay {
  /** The 99.9th percentile. */
  readonly p999: number;
  readonly worst: number;
}

/** The stalls of an event loop. */
export interface Stalls {
  /** From turn to turn by the clock. */
  readonly clock: Delay;
  /**
   * The same less the time in which the system ran other programs: what this one is to blame for.
   * On a machine with nothing else to do the two are the same.
   */
  readonly own: Delay;
}

/** Measures the stalls of this thread's event loop by a timer of 1 ms, between start and stop. */
export class StallMeter {
  readonly #clock = createHistogram();
  readonly #own = createHistogram();
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    let turnedAt = performance.now();
    let usage = process.cpuUsage();
    const turn = (): void => {
      const now = performance.now();
      const { user, system } = process.cpuUsage(usage);
      const gap = Math.max(1, Math.round((now - turnedAt) * 1000));
      this.#clock.record(gap);
      // The collector's threads count as well, so there may be more of it than time has passed.
      this.#own.record(Math.max(1, Math.min(gap, user + system)));
      turnedAt = now;
      usage = process.cpuUsage();
      this.#timer = setTimeout(turn, 1);
    };
    this.#timer = setTimeout(turn, 1);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** What was seen so far, or `undefined` if nothing was. */
  stats(): Stalls | undefined {
    if (this.#clock.count === 0) return undefined;
    return { clock: summarise(this.#clock), own: summarise(this.#own) };
  }
}

function summarise(microseconds: RecordableHistogram): Delay {
  return { p999: microseconds.percentile(99.9) / 1000, worst: microseconds.max / 1000 };
}
