import { CancelScope } from "../cancel/scope.ts";
export interface MainOptions {
    signals?: readonly string[] | undefined;
    graceMs?: number | undefined;
}
export declare function main<T>(fn: (scope: CancelScope) => T | PromiseLike<T>, options?: MainOptions): Promise<T | undefined>;
