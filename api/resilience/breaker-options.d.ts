import type { PrimitiveOptions } from "../sync/primitive.ts";
import { type Outcomes } from "./breaker-window.ts";
export type CircuitState = "closed" | "open" | "half-open";
export interface BreakerOptions extends PrimitiveOptions {
    openMs: number;
    probes?: number | undefined;
    isFailure?: ((error: unknown) => boolean) | undefined;
    onStateChange?: ((state: CircuitState, previous: CircuitState) => unknown) | undefined;
}
export interface ConsecutiveBreakerOptions extends BreakerOptions {
    failures: number;
    ratio?: undefined;
}
interface RatioBreakerOptions extends BreakerOptions {
    ratio: number;
    minimum: number;
    failures?: undefined;
}
export interface CountBreakerOptions extends RatioBreakerOptions {
    count: number;
    windowMs?: undefined;
}
export interface WindowBreakerOptions extends RatioBreakerOptions {
    windowMs: number;
    count?: undefined;
}
export type CircuitBreakerOptions = ConsecutiveBreakerOptions | CountBreakerOptions | WindowBreakerOptions;
export declare const CREATE = "create a circuit breaker";
export declare function readBreakerOptions(options: CircuitBreakerOptions): () => Outcomes;
export {};
