import type { Attempt } from "./attempt.ts";
import { type Backoff } from "./backoff.ts";
import type { RetryBudget } from "./retry-budget.ts";
export interface RetryNotice {
    readonly attempt: number;
    readonly delayMs: number;
}
export interface RetryOptions {
    attempts?: number | undefined;
    backoff?: Backoff | undefined;
    maxElapsedMs?: number | undefined;
    attemptMs?: number | undefined;
    budget?: RetryBudget | undefined;
    retryIf?: ((error: unknown, attempt: Attempt) => boolean | PromiseLike<boolean>) | undefined;
    retryAfter?: ((error: unknown) => number | undefined) | undefined;
    onRetry?: ((error: unknown, notice: RetryNotice) => unknown) | undefined;
    signal?: AbortSignal | undefined;
    name?: string | undefined;
}
export interface CheckedRetryOptions extends RetryOptions {
    readonly attempts: number;
    readonly backoff: Backoff;
    readonly maxElapsedMs: number;
    readonly retryAfter: (error: unknown) => number | undefined;
}
export declare const RETRY = "retry";
export declare function readRetryOptions(options: RetryOptions | undefined): CheckedRetryOptions;
