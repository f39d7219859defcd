import { type Coalesced } from "./coalesce.ts";
export interface DebounceOptions {
    leading?: boolean | undefined;
    maxWaitMs?: number | undefined;
    signal?: AbortSignal | undefined;
}
export declare function debounce<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, waitMs: number, options?: DebounceOptions): Coalesced<A, R>;
