import { checkFunction, checkMs } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { callback } from "../cancel/callback.ts";
import { now } from "../cancel/clock.ts";
import { CancelScope } from "../cancel/scope.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { Attempt } from "./attempt.ts";
import { markGivenUp, moment, wasGivenUp } from "./given-up.ts";
import { pause, pauses } from "./pause.ts";
import {
  type CheckedRetryOptions,
  readRetryOptions,
  RETRY,
  type RetryOptions,
} from "./retry-options.ts";
import { deadlineAround, isCut, isCutBy } from "./surroundings.ts";
import { withFailures } from "./with-failures.ts";

/** So many of the latest failures are kept, however many attempts there are. */
const MOST = 100;

/**
 * Calls `fn` until it succeeds, with a wait after each failure.
 *
 * The last failure is thrown as it is; {@link failuresOf} tells of those before it. It is thrown at once
 * when the next attempt would begin after a deadline around (a `timeout`) or after `maxElapsedMs`, or
 * when the budget is empty. A failure that says how long to wait (`retryAfterMs`, or the headers
 * of its `response`) is waited for as long at least.
 *
 * A cancellation from around is never retried, and ends the wait between two attempts at once. An attempt
 * that was over its `attemptMs`, or was cancelled by itself, has failed like any other.
 *
 * Retries that are nested do not multiply: what one has given up, another around it does not retry,
 * unless `retryIf` says so. Failures that are no objects cannot be told apart, and what was given up for
 * the lack of time before a deadline around may be retried by who has more time. Where calls share one
 * failure, as those that wait for one load do, the first that gives it up does so for all that run.
 *
 * @throws What the last attempt has failed with; the cancellation from around; what `retryIf`, `backoff`
 * or `retryAfter` throws, with the failures before it in `failuresOf`.
 * @throws {TypeError | RangeError} If an option is not what it should be.
 * @example
 * ```ts
 * import { constant, retry } from "corral";
 *
 * const answer = await retry(
 *   async (attempt) => {
 *     if (attempt.number < 3) throw new Error("not yet");
 *     return `attempt ${attempt.number}`;
 *   },
 *   { attempts: 5, backoff: constant(10) },
 * );
 * console.log(answer); // attempt 3
 * ```
 */
export async function retry<T>(
  fn: (attempt: Attempt) => T | PromiseLike<T>,
  options?: RetryOptions,
): Promise<T> {
  checkFunction(RETRY, "fn", fn);
  const how = readRetryOptions(options);
  const { signal, name, attemptMs: timeoutMs } = how;
  const no = refusal(placeOf(signal), signal);
  if (no !== undefined) return no;
  how.budget?.deposit();
  // Only a bound needs to know when it began, and most calls succeed at once.
  const latest = how.maxElapsedMs === Infinity ? Infinity : now() + how.maxElapsedMs;
  let delays: Delays | undefined;
  const failures: unknown[] = [];
  let error: unknown;
  for (let number = 1; ; number++) {
    const begun = moment();
    const scope = new CancelScope({ name, signal, timeoutMs });
    const attempt = new Attempt(number, scope, error);
    try {
      return await scope.run(() => fn(attempt));
    } catch (failure) {
      error = failure;
    }
    if (isCut(signal)) throw isCutBy(error, signal) ? error : withFailures(error, failures);
    let delayMs: number | undefined;
    try {
      delays ??= new Delays(how, latest);
      delayMs = await delays.next(error, attempt, begun);
    } catch (broken) {
      throw isCutBy(broken, signal) ? broken : withFailures(broken, [error, ...failures]);
    }
    if (delayMs === undefined) {
      await spend();
      throw withFailures(error, failures);
    }
    if (failures.push(error) > MOST) failures.shift();
    const { onRetry } = how;
    if (onRetry !== undefined) {
      const notice = { attempt: number, delayMs };
      callback("onRetry", () => onRetry(error, notice));
    }
    await pause(pauses("backoff", name), delayMs, placeOf(signal), signal);
    // The signal may have aborted between the end of the wait and this step.
    const late = refusal(placeOf(signal), signal);
    if (late !== undefined) return late;
  }
}

/** Decides after each failure whether there is another attempt, and when. */
class Delays {
  readonly #how: CheckedRetryOptions;
  readonly #latest: number;
  #backoffMs: number | undefined = undefined;

  constructor(how: CheckedRetryOptions, latest: number) {
    this.#how = how;
    this.#latest = latest;
  }

  /** How long to wait for the next attempt; `undefined` gives up. */
  async next(error: unknown, attempt: Attempt, begun: number): Promise<number | undefined> {
    const { attempts, budget, retryIf, signal } = this.#how;
    if (attempt.number < attempts) {
      const retries =
        retryIf === undefined ? !wasGivenUp(error, begun) : await retryIf(error, attempt);
      if (retries) {
        // While it was decided, the whole may have been cancelled: then nothing is asked for, or paid.
        const no = retryIf && refusal(placeOf(signal), signal);
        if (no !== undefined) return no;
        const delayMs = this.#delay(error, attempt.number);
        const next = now() + delayMs;
        if (next >= deadlineAround(signal)) return undefined;
        if (next < this.#latest && (budget?.tryWithdraw() ?? true)) return delayMs;
      }
    }
    // A single attempt is no retry that another could multiply.
    if (attempts > 1) markGivenUp(error);
    return undefined;
  }

  #delay(error: unknown, number: number): number {
    const { backoff, retryAfter } = this.#how;
    const backoffMs = backoff(number, this.#backoffMs);
    checkMs(RETRY, "backoff", backoffMs);
    this.#backoffMs = backoffMs;
    const asked = retryAfter(error) ?? 0;
    checkMs(RETRY, "retryAfter", asked);
    return Math.max(0, backoffMs, asked);
  }
}
