import { Attempt } from "./attempt.ts";
import { type RetryOptions } from "./retry-options.ts";
export declare function retry<T>(fn: (attempt: Attempt) => T | PromiseLike<T>, options?: RetryOptions): Promise<T>;
