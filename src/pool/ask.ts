import type { Timer } from "../internal/runtime.ts";

/** What somebody waits with in the line of a pool. */
export class Ask {
  timer: Timer | undefined = undefined;
  readonly timeoutMs: number;
  /** Whether a function is to begin with what it gets. */
  readonly runs: boolean;
  readonly name: string | undefined;
  /** Where it was asked, as far as that is remembered. */
  readonly site: Error | undefined;

  constructor(timeoutMs: number, runs: boolean, name: string | undefined, site: Error | undefined) {
    this.timeoutMs = timeoutMs;
    this.runs = runs;
    this.name = name;
    this.site = site;
  }

  /** For the proof of deadlocks: it may end by itself. */
  get timed(): boolean {
    return this.timeoutMs < Infinity;
  }
}
