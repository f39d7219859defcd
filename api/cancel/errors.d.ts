export declare abstract class BrandedError extends Error {
    static [Symbol.hasInstance](value: unknown): boolean;
}
export declare class CancelledError extends BrandedError {
    readonly name: "AbortError";
    readonly code: "ABORT_ERR";
    readonly reason: unknown;
    constructor(reason?: unknown);
}
export declare class TimeoutError extends BrandedError {
    readonly name: "TimeoutError";
    readonly deadline: number;
    readonly scopeName: string | undefined;
    constructor(deadline: number, afterMs?: number, scopeName?: string);
}
export declare class ClosedError extends BrandedError {
    readonly name: "ClosedError";
}
export declare class LaggedError extends BrandedError {
    readonly name: "LaggedError";
    readonly missed: number;
    constructor(missed: number);
}
export declare class DeadlockError extends BrandedError {
    readonly name: "DeadlockError";
}
