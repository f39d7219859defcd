import { CancelScope } from "../cancel/scope.ts";
export interface HedgeOptions<T> {
    delayMs: number;
    max?: number | undefined;
    signal?: AbortSignal | undefined;
    onLoser?: ((result: PromiseSettledResult<T>, attempt: number) => unknown) | undefined;
    name?: string | undefined;
}
export declare function hedge<T>(fn: (scope: CancelScope, attempt: number) => T | PromiseLike<T>, options: HedgeOptions<T>): Promise<T>;
