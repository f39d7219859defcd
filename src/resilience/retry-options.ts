import { checkCount, checkFunction, checkMs, seen } from "../internal/arguments.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { checkName } from "../sync/primitive.ts";
import type { Attempt } from "./attempt.ts";
import { type Backoff, exponential } from "./backoff.ts";
import { retryAfterOf } from "./retry-after.ts";
import type { RetryBudget } from "./retry-budget.ts";

/** What is told before the wait for another attempt. */
export interface RetryNotice {
  /** The number of the attempt that has failed. */
  readonly attempt: number;
  /** How long it is until the next one. */
  readonly delayMs: number;
}

export interface RetryOptions {
  /** How many attempts there are at most, the first one included; 3 by default. `Infinity` is allowed. */
  attempts?: number | undefined;
  /** How long to wait before each further attempt; `exponential()` by default. */
  backoff?: Backoff | undefined;
  /**
   * No further attempt begins when so many milliseconds have passed since the call. One that has begun
   * is not cut short: for that there is `attemptMs`, and a `timeout` around it all.
   */
  maxElapsedMs?: number | undefined;
  /** After so many milliseconds an attempt is cancelled, to fail with a TimeoutError. */
  attemptMs?: number | undefined;
  /** Shared by many calls, which it keeps from retrying too much together. */
  budget?: RetryBudget | undefined;
  /**
   * Whether to retry after this failure. By default after any that no other retry has given up before:
   * nested retries do not multiply.
   */
  retryIf?: ((error: unknown, attempt: Attempt) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * How many milliseconds the failure asks to wait, at least, if it does. By default its `retryAfterMs`,
   * or what the headers of its `response` say; see the function `retryAfterMs`.
   */
  retryAfter?: ((error: unknown) => number | undefined) | undefined;
  /** Called before each wait for another attempt. What it throws is reported. */
  onRetry?: ((error: unknown, notice: RetryNotice) => unknown) | undefined;
  /** Cancels the attempts, and the waits between them. */
  signal?: AbortSignal | undefined;
  /** How a TimeoutError and the tree of waits call it. */
  name?: string | undefined;
}

/** The options with their defaults. */
export interface CheckedRetryOptions extends RetryOptions {
  readonly attempts: number;
  readonly backoff: Backoff;
  readonly maxElapsedMs: number;
  readonly retryAfter: (error: unknown) => number | undefined;
}

/** What it is called in the messages of errors. */
export const RETRY = "retry";

/** It has no memory, so one will do. */
const usualBackoff = exponential();

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function readRetryOptions(options: RetryOptions | undefined): CheckedRetryOptions {
  checkName(RETRY, options);
  const {
    attempts = 3,
    backoff = usualBackoff,
    maxElapsedMs = Infinity,
    attemptMs,
    budget,
    retryIf,
    retryAfter = retryAfterOf,
    onRetry,
    signal,
  } = options ?? {};
  checkCount(RETRY, "attempts", attempts);
  checkMs(RETRY, "maxElapsedMs", maxElapsedMs);
  if (attemptMs !== undefined) checkMs(RETRY, "attemptMs", attemptMs);
  checkFunction(RETRY, "backoff", backoff);
  checkFunction(RETRY, "retryAfter", retryAfter);
  if (retryIf !== undefined) checkFunction(RETRY, "retryIf", retryIf);
  if (onRetry !== undefined) checkFunction(RETRY, "onRetry", onRetry);
  // By what it does, since it may be another copy's.
  if (budget !== undefined && typeof budget?.tryWithdraw !== "function") {
    throw new TypeError(
      `Cannot ${RETRY}: "budget" must be a RetryBudget, received ${seen(budget)}`,
    );
  }
  if (signal !== undefined) checkSignal(signal);
  return { ...options, attempts, backoff, maxElapsedMs, retryAfter };
}
