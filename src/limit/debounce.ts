import { checkFunction, checkMs, checkOptions } from "../internal/arguments.ts";
import { Coalescer, type Coalesced } from "./coalesce.ts";

export interface DebounceOptions {
  /** Calls at the beginning of a burst, too. */
  leading?: boolean | undefined;
  /** How long a caller waits for the call at most, however many follow; `Infinity` by default. */
  maxWaitMs?: number | undefined;
  /**
   * Stops it: who waits, and who calls from then on, rejects with the signal's reason, and a call that has
   * begun is cancelled.
   */
  signal?: AbortSignal | undefined;
}

/**
 * Makes one call of a burst of calls, when it is over: `waitMs` after the last of them.
 *
 * All callers of the burst get what that one call gives, or its error. It is made with the arguments and
 * the `this`, and in the async context, of the latest of them. With `leading`, the first call after
 * `waitMs` of quiet is made at once and serves that caller alone; those that follow it are served by the
 * call at the end.
 *
 * A caller whose scope is cancelled rejects alone. When all have been, the call is dropped, or cancelled
 * if it has begun; it has a scope of its own. It does not wait for the call before it to end.
 *
 * @param waitMs `Infinity` waits for `flush()`.
 * @throws {TypeError | RangeError} If an argument is not what it should be.
 * @example
 * ```ts
 * import { debounce } from "corral";
 *
 * const save = debounce((text: string) => `saved ${text}`, 100);
 * const results = [save("a"), save("ab"), save("abc")];
 * console.log(save.pending); // 3
 * console.log(await Promise.all(results)); // [ 'saved abc', 'saved abc', 'saved abc' ]
 * ```
 */
export function debounce<A extends unknown[], R>(
  fn: (...args: A) => R | PromiseLike<R>,
  waitMs: number,
  options?: DebounceOptions,
): Coalesced<A, R> {
  checkFunction("debounce", "fn", fn);
  checkMs("debounce", "waitMs", waitMs);
  checkOptions("debounce", options);
  const { leading, maxWaitMs = Infinity, signal } = options ?? {};
  checkMs("debounce", "maxWaitMs", maxWaitMs);
  const callers = new Coalescer("debounce", fn, 0, signal);
  let latest = 0;
  return callers.face((call, time) => {
    const quiet = callers.pending === 0;
    const begins = quiet && callers.restUntil <= time;
    callers.restUntil = time + waitMs;
    if (leading === true && begins) return callers.begin(call, false);
    if (quiet) latest = time + maxWaitMs;
    return callers.wait(call, Math.min(time + waitMs, latest));
  });
}
