import { checkFunction, checkMs, checkOptions } from "../internal/arguments.ts";
import { isOutOfTime } from "./out-of-time.ts";
import { CancelScope } from "./scope.ts";

export interface TimeoutOptions {
  /** Cancels from outside; then the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How the TimeoutError calls it. */
  name?: string | undefined;
}

/**
 * Calls `fn` and lets it take at most `ms` milliseconds.
 *
 * When the time is over, all waits within are cancelled, `fn` is waited for, and the call rejects with
 * a TimeoutError. A value that `fn` returns in spite of that is returned; an error of its own passes.
 * Pass `scope.signal` to whatever takes a signal: a promise that ignores it is waited for.
 *
 * @param ms The first cancel point is interrupted already for 0 and less; `Infinity` sets no limit.
 * @throws {TimeoutError} If the time was over first. An outer cancellation that is visible by then
 * wins, as does the outer of two timeouts that are over at once.
 * @example
 * ```ts
 * import { timeout } from "corral";
 *
 * const page = await timeout(5_000, async (scope) => {
 *   const response = await fetch("https://example.com/", { signal: scope.signal });
 *   return response.text();
 * });
 * ```
 */
export function timeout<T>(
  ms: number,
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options?: TimeoutOptions,
): Promise<T> {
  try {
    checkMs("set a timeout", "ms", ms);
    checkFunction("set a timeout", "fn", fn);
    checkOptions("set a timeout", options);
    return new CancelScope({ ...options, timeoutMs: ms }).run(fn);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Like {@link timeout}, with the deadline on the clock of `now()`. */
export function timeoutAt<T>(
  deadline: number,
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options?: TimeoutOptions,
): Promise<T> {
  try {
    checkMs("set a timeout", "deadline", deadline);
    checkFunction("set a timeout", "fn", fn);
    checkOptions("set a timeout", options);
    return new CancelScope({ ...options, deadline }).run(fn);
  } catch (error) {
    return Promise.reject(error);
  }
}

export interface MoveOnOptions<F> {
  /** Gives the value when the time is over; `undefined` without it. */
  fallback?: (() => F | PromiseLike<F>) | undefined;
  signal?: AbortSignal | undefined;
  name?: string | undefined;
}

/**
 * Calls `fn` and lets it take at most `ms` milliseconds, after which it moves on: the call resolves to
 * the fallback instead. Otherwise like {@link timeout}; only its own expiry is absorbed. When `fn` ends
 * early because a wait in it could not be over in time, as `RateLimiter.acquire()` refuses, that is its
 * expiry, too: it moves on at once.
 */
export function moveOnAfter<T, F = undefined>(
  ms: number,
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options?: MoveOnOptions<F>,
): Promise<T | F> {
  let scope: CancelScope;
  try {
    checkMs("move on", "ms", ms);
    checkFunction("move on", "fn", fn);
    checkOptions("move on", options);
    const { fallback, ...rest } = options ?? {};
    if (fallback !== undefined) checkFunction("move on", "fallback", fallback);
    scope = new CancelScope({ ...rest, timeoutMs: ms });
  } catch (error) {
    return Promise.reject(error);
  }
  return scope.run(fn).catch((error: unknown) => {
    const expired = scope.timeout !== undefined && error === scope.timeout;
    if (!expired && !isOutOfTime(scope, error)) throw error;
    return options?.fallback?.() as F;
  });
}
