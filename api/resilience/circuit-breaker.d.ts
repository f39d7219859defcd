import { CancelScope } from "../cancel/scope.ts";
import { Primitive } from "../sync/primitive.ts";
import { type CircuitBreakerOptions, type CircuitState } from "./breaker-options.ts";
export interface CircuitRunOptions {
    signal?: AbortSignal | undefined;
}
export interface CircuitBreakerStats {
    readonly state: CircuitState;
    readonly successes: number;
    readonly failures: number;
    readonly probing: number;
    readonly rejected: number;
}
export declare class CircuitBreaker extends Primitive {
    #private;
    constructor(options: CircuitBreakerOptions);
    get state(): CircuitState;
    run<T>(fn: (scope: CancelScope) => T | PromiseLike<T>, options?: CircuitRunOptions): Promise<T>;
    trip(): void;
    reset(): void;
    stats(): CircuitBreakerStats;
}
