import { type Backoff, exponential, now, RetryBudget, type RetryBudgetOptions } from "../index.ts";
import { checkCount, checkFunction, checkMs, checkObject, CREATE, wrong } from "./arguments.ts";
import { type GaveUp, type HttpFailure, HttpStatusError, mayPass } from "./errors.ts";
import type { Prepared } from "./request.ts";

/** When and how often a request is sent again. */
export interface HttpRetryOptions {
  /** How many attempts there are at most, the first one included; 3 by default. */
  attempts?: number | undefined;
  /** Methods that may be sent again: GET, HEAD, OPTIONS, PUT, DELETE. Others are with an `Idempotency-Key`. */
  methods?: readonly string[] | undefined;
  /** Statuses that may not come again: 408, 413, 425, 429, 500, 502, 503, 504. */
  statuses?: readonly number[] | undefined;
  /** How long to wait before each further attempt; `exponential()` by default. */
  backoff?: Backoff | undefined;
  /** A server that asks to wait longer is not waited for; 60,000 by default. */
  maxRetryAfterMs?: number | undefined;
  /**
   * What keeps all retries of the pool to a share of its requests: by default `{ ratio: 0.2, minPerSecond: 1 }`.
   * One RetryBudget may be shared with others; `false` sets no limit.
   */
  budget?: RetryBudget | RetryBudgetOptions | false | undefined;
  /** Asked about each failure that would be retried. What it throws, the request fails with. */
  retryIf?: ((failure: HttpFailure) => boolean | PromiseLike<boolean>) | undefined;
}

const usualMethods = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];
const usualStatuses = [408, 413, 425, 429, 500, 502, 503, 504];

/** What a failure is followed by: another attempt after a while, or the reason why there is none. */
export type Verdict = { readonly delayMs: number } | { readonly gaveUp: GaveUp | undefined };

export class RetryPolicy {
  readonly attempts: number;
  readonly maxRetryAfterMs: number;
  readonly budget: RetryBudget | undefined;
  readonly #methods: ReadonlySet<string>;
  readonly #statuses: ReadonlySet<number>;
  readonly #backoff: Backoff;
  readonly #retryIf: HttpRetryOptions["retryIf"];

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: HttpRetryOptions | false | undefined) {
    if (options !== false) checkObject(CREATE, "retry", options);
    const how = options === false ? { attempts: 1 } : (options ?? {});
    const { attempts = 3, methods = usualMethods, statuses = usualStatuses } = how;
    const { backoff = exponential(), maxRetryAfterMs = 60_000, budget, retryIf } = how;
    checkCount(CREATE, "retry.attempts", attempts);
    checkMs(CREATE, "retry.maxRetryAfterMs", maxRetryAfterMs);
    checkFunction(CREATE, "retry.backoff", backoff);
    checkFunction(CREATE, "retry.retryIf", retryIf);
    for (const [name, list] of Object.entries({ methods, statuses })) {
      if (!Array.isArray(list)) {
        throw new TypeError(wrong(CREATE, `retry.${name}`, "an array", list));
      }
    }
    if (budget !== false) checkObject(CREATE, "retry.budget", budget);
    this.attempts = attempts;
    this.maxRetryAfterMs = maxRetryAfterMs;
    this.budget = budgetOf(budget);
    this.#methods = new Set(methods);
    this.#statuses = new Set(statuses);
    this.#backoff = backoff;
    this.#retryIf = retryIf;
  }

  isTransient(status: number): boolean {
    return this.#statuses.has(status);
  }

  /** Whether sending the request a second time does no harm. */
  isSafe(request: Prepared): boolean {
    return request.init.retry === "unsafe" || this.#isIdempotent(request);
  }

  /** Whether it may be sent twice at once, though nothing has failed. */
  mayHedge(request: Prepared): boolean {
    const { hedge } = request.init;
    if (hedge === false || !request.replayable) return false;
    return this.#isIdempotent(request) || (hedge === true && this.isSafe(request));
  }

  #isIdempotent({ method, headers }: Prepared): boolean {
    return this.#methods.has(method) || headers.has("idempotency-key");
  }

  /**
   * @param number How many attempts there were.
   * @param askedMs How long the server asks to wait.
   * @param deadline When there is no time any more.
   */
  async judge(
    request: Prepared,
    failure: HttpFailure,
    number: number,
    askedMs: number,
    deadline: number,
  ): Promise<Verdict> {
    if (!this.#mayRetry(failure) || request.init.retry === false || this.attempts === 1) {
      return { gaveUp: undefined };
    }
    if (!this.isSafe(request)) return { gaveUp: "unsafe" };
    if (!request.replayable) return { gaveUp: "body" };
    if (number >= this.attempts) return { gaveUp: "attempts" };
    if (this.#retryIf !== undefined && !(await this.#retryIf(failure)))
      return { gaveUp: undefined };
    const backoffMs = this.#backoff(number, undefined);
    checkMs("retry a request", "backoff", backoffMs);
    const delayMs = Math.max(backoffMs, askedMs);
    if (askedMs > this.maxRetryAfterMs || now() + delayMs >= deadline) return { gaveUp: "tooLate" };
    if (this.budget?.tryWithdraw() === false) return { gaveUp: "budget" };
    return { delayMs };
  }

  #mayRetry(failure: HttpFailure): boolean {
    if (failure instanceof HttpStatusError) return this.isTransient(failure.status);
    return mayPass(failure);
  }
}

function budgetOf(budget: HttpRetryOptions["budget"]): RetryBudget | undefined {
  if (budget === false) return undefined;
  // By what it does, since it may be another copy's.
  if (typeof (budget as RetryBudget | undefined)?.tryWithdraw === "function") {
    return budget as RetryBudget;
  }
  return new RetryBudget({ ratio: 0.2, minPerSecond: 1, ...(budget as RetryBudgetOptions) });
}
