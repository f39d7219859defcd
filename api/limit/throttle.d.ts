import { type Coalesced } from "./coalesce.ts";
export interface ThrottleOptions {
    leading?: boolean | undefined;
    trailing?: boolean | undefined;
    signal?: AbortSignal | undefined;
}
export declare function throttle<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, perMs: number, options?: ThrottleOptions): Coalesced<A, R>;
