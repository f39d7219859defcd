import { checkFunction, checkMs, checkOptions } from "../internal/arguments.ts";
import { Coalescer, type Coalesced } from "./coalesce.ts";

export interface ThrottleOptions {
  /** Calls at the beginning of an interval: at once, if the last call is `perMs` ago. On by default. */
  leading?: boolean | undefined;
  /** Calls at the end of an interval for those who came in it. On by default. */
  trailing?: boolean | undefined;
  /**
   * Stops it: who waits, and who calls from then on, rejects with the signal's reason, and a call that has
   * begun is cancelled.
   */
  signal?: AbortSignal | undefined;
}

/**
 * Makes one call in `perMs` at most.
 *
 * A caller who comes when the last call is `perMs` ago is served by a call at once, alone. All who come
 * in the `perMs` after a call get what the next one gives, or its error: it is made when they are over,
 * with the arguments and the `this`, and in the async context, of the latest of them. Without `leading`,
 * who comes first waits for the end of the interval, too. Without `trailing`, who comes in the interval
 * gets what the call at its beginning gives.
 *
 * A caller whose scope is cancelled rejects alone. When all have been, the call is dropped, or cancelled
 * if it has begun, unless others could still be served by it; it has a scope of its own. It does not wait
 * for the call before it to end.
 *
 * To let every call through, at a rate, use a RateLimiter.
 *
 * @param perMs `Infinity` makes one call; `flush()` makes another.
 * @throws {TypeError | RangeError} If an argument is not what it should be.
 * @example
 * ```ts
 * import { now, throttle } from "corral";
 *
 * const start = now();
 * const report = throttle((done: number) => `${done} % at ${now() - start} ms`, 100);
 * const results = [report(1), report(2), report(3)];
 * console.log(await Promise.all(results)); // [ '1 % at 0 ms', '3 % at 100 ms', '3 % at 100 ms' ]
 * ```
 */
export function throttle<A extends unknown[], R>(
  fn: (...args: A) => R | PromiseLike<R>,
  perMs: number,
  options?: ThrottleOptions,
): Coalesced<A, R> {
  checkFunction("throttle", "fn", fn);
  checkMs("throttle", "perMs", perMs);
  checkOptions("throttle", options);
  const { leading = true, trailing = true, signal } = options ?? {};
  if (!leading && !trailing) {
    throw new TypeError('Cannot throttle: "leading" or "trailing" must be true, received neither');
  }
  const callers = new Coalescer("throttle", fn, perMs, signal);
  return callers.face((call, time) => {
    if (callers.pending === 0 && callers.restUntil <= time) {
      callers.restUntil = time + perMs;
      if (leading) return callers.begin(call, !trailing);
    }
    return trailing ? callers.wait(call, callers.restUntil) : callers.follow(call);
  });
}
