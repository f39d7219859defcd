import { CancelScope } from "../cancel/scope.ts";
export interface FallbackOptions {
    handles?: ((error: unknown) => boolean) | undefined;
    signal?: AbortSignal | undefined;
    name?: string | undefined;
}
export declare function fallback<T, F>(fn: (scope: CancelScope) => T | PromiseLike<T>, otherwise: (error: unknown) => F | PromiseLike<F>, options?: FallbackOptions): Promise<T | F>;
