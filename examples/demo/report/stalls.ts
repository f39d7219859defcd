import { monitorEventLoopDelay } from "node:perf_hooks";

/** How long the event loop was busy between two turns. */
export interface Stalls {
  /** The 99.9th percentile. */
  readonly p999Ms: number;
  readonly worstMs: number;
}

/** Measures the stalls of this thread's event loop by a timer of 1 ms, between start and stop. */
export class StallMeter {
  readonly #histogram = monitorEventLoopDelay({ resolution: 1 });

  start(): void {
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram.disable();
  }

  /** What was seen so far, or `undefined` if nothing was. */
  stats(): Stalls | undefined {
    if (this.#histogram.max === 0) return undefined;
    return {
      p999Ms: this.#histogram.percentile(99.9) / 1e6,
      worstMs: this.#histogram.max / 1e6,
    };
  }
}
