import { checkMs, checkOptions } from "../internal/arguments.ts";
import { runtime, type Timer } from "../internal/runtime.ts";
import { setTimer } from "./clock.ts";
import type { Clause } from "./clause.ts";
import { grant, park, placeOf, refusal, type Wait, WaitQueue } from "./wait.ts";

/** What everything that waits takes. */
export interface WaitOptions {
  /** Ends the wait: it rejects with the signal's reason, as it is. */
  signal?: AbortSignal | undefined;
}

const sleepers = new WaitQueue<void>("sleep", undefined, (wait) =>
  (wait.payload as Timer | undefined)?.cancel(),
);

function wake(wait: Wait<void>): void {
  grant(wait, undefined);
}

function start(wait: Wait<void>, ms: number): void {
  if (ms <= 0) runtime.later(() => wake(wait));
  else wait.payload = setTimer(ms, wake, wait, wait.owner?.daemon === true ? "daemon" : "live");
}

/** To be one clause of a `select`. */
export function sleepClause(ms: number): Clause<void> {
  return {
    line: sleepers,
    take: () => undefined,
    begun: (wait) => start(wait as Wait<void>, ms),
    left: (wait) => sleepers.onLeave!(wait as Wait<void>),
  };
}

/**
 * Waits for some time on the current clock. It keeps the process alive, unless a daemon sleeps.
 *
 * @param ms Zero and less wait for one turn of the event loop; `Infinity` waits to be cancelled.
 * Any length is exact, also beyond the 2^31 ms of platform timers.
 * @throws {TypeError | RangeError} If `ms` is no number of milliseconds.
 */
export function sleep(ms: number, options?: WaitOptions): Promise<void> {
  try {
    checkMs("sleep", "ms", ms);
    checkOptions("sleep", options);
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    const wait = park(sleepers, place, signal);
    start(wait, ms);
    return wait.promise;
  } catch (error) {
    return Promise.reject(error);
  }
}
