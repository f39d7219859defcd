import type { CancelScope } from "../cancel/scope.ts";
export declare class Attempt {
    readonly number: number;
    readonly scope: CancelScope;
    readonly error: unknown;
    get signal(): AbortSignal;
}
