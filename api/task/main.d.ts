import { CancelScope } from "../cancel/scope.ts";
export interface MainOptions {
    signals?: readonly string[];
    graceMs?: number;
}
export declare function main<T>(fn: (scope: CancelScope) => T | PromiseLike<T>, options?: MainOptions): Promise<T | undefined>;
