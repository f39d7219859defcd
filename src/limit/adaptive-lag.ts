import { runtime, type Timer } from "../internal/runtime.ts";
import { now, setTimer } from "../cancel/clock.ts";

const SHORTEST_MS = 5;
const LONGEST_MS = 100;

/**
 * Measures by how much the event loop is late: a timer that keeps nothing alive is set while something
 * runs, and looks when it fires. Under a virtual clock there is no lag, as time stands still while code runs.
 */
export class LagMeter {
  readonly #everyMs: number;
  readonly #busy: () => boolean;
  #timer: Timer | undefined = undefined;
  #dueMs = 0;
  #lastMs = 0;

  /** Looks twice in the time of a lag that matters. */
  constructor(thresholdMs: number, busy: () => boolean) {
    this.#everyMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, thresholdMs / 2));
    this.#busy = busy;
  }

  /** Something begins to run. */
  begin(): void {
    // A virtual clock would take a timer with it when it ends.
    if (this.#timer !== undefined || runtime.clock !== undefined) return;
    // The last look may be long ago.
    this.#lastMs = 0;
    this.#look();
  }

  /** How late the event loop is, or was when it was looked at last. */
  read(): number {
    if (this.#timer === undefined || runtime.clock !== undefined) return 0;
    // After a long stop sockets may be served before timers.
    return Math.max(this.#lastMs, now() - this.#dueMs);
  }

  #look(): void {
    this.#dueMs = now() + this.#everyMs;
    this.#timer = setTimer(this.#everyMs, LagMeter.#fired, this, "passive");
  }

  static #fired(this: void, meter: LagMeter): void {
    meter.#timer = undefined;
    if (runtime.clock !== undefined || !meter.#busy()) return;
    meter.#lastMs = now() - meter.#dueMs;
    meter.#look();
  }
}
