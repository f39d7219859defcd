import { CancelScope } from "./scope.ts";
export interface ShieldOptions {
    timeoutMs: number;
    signal?: AbortSignal | undefined;
    name?: string | undefined;
}
export declare function shield<T>(fn: (scope: CancelScope) => T | PromiseLike<T>, options: ShieldOptions): Promise<T>;
