import { type Backoff, RetryBudget, type RetryBudgetOptions } from "../index.ts";
import { type GaveUp, type HttpFailure } from "./errors.ts";
import type { Prepared } from "./request.ts";
export interface HttpRetryOptions {
    attempts?: number | undefined;
    methods?: readonly string[] | undefined;
    statuses?: readonly number[] | undefined;
    backoff?: Backoff | undefined;
    maxRetryAfterMs?: number | undefined;
    budget?: RetryBudget | RetryBudgetOptions | false | undefined;
    retryIf?: ((failure: HttpFailure) => boolean | PromiseLike<boolean>) | undefined;
}
export type Verdict = {
    readonly delayMs: number;
} | {
    readonly gaveUp: GaveUp | undefined;
};
export declare class RetryPolicy {
    #private;
    readonly attempts: number;
    readonly maxRetryAfterMs: number;
    readonly budget: RetryBudget | undefined;
    constructor(options: HttpRetryOptions | false | undefined);
    isTransient(status: number): boolean;
    isSafe(request: Prepared): boolean;
    mayHedge(request: Prepared): boolean;
    judge(request: Prepared, failure: HttpFailure, number: number, askedMs: number, deadline: number): Promise<Verdict>;
}
