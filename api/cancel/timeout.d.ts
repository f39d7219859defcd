import { CancelScope } from "./scope.ts";
export interface TimeoutOptions {
    signal?: AbortSignal | undefined;
    name?: string | undefined;
}
export declare function timeout<T>(ms: number, fn: (scope: CancelScope) => T | PromiseLike<T>, options?: TimeoutOptions): Promise<T>;
export declare function timeoutAt<T>(deadline: number, fn: (scope: CancelScope) => T | PromiseLike<T>, options?: TimeoutOptions): Promise<T>;
export interface MoveOnOptions<F> {
    fallback?: (() => F | PromiseLike<F>) | undefined;
    signal?: AbortSignal | undefined;
    name?: string | undefined;
}
export declare function moveOnAfter<T, F = undefined>(ms: number, fn: (scope: CancelScope) => T | PromiseLike<T>, options?: MoveOnOptions<F>): Promise<T | F>;
