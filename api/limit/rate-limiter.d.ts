import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { type RateChange, type RateLimiterOptions } from "./rate-settings.ts";
import { type Reply } from "./retry-after.ts";
export interface RateRunOptions extends WaitOptions {
    weight?: number | undefined;
}
export interface ObserveOptions {
    maxMs?: number | undefined;
}
export interface RateReservation {
    readonly waitMs: number;
    cancel(): void;
}
export interface RateLimiterStats {
    readonly limit: number;
    readonly perMs: number;
    readonly available: number;
    readonly waiting: number;
    readonly pausedMs: number;
}
export declare class RateLimiter extends Primitive {
    #private;
    constructor(options: RateLimiterOptions);
    get limit(): number;
    get perMs(): number;
    get burst(): number;
    get waiting(): number;
    acquire(n?: number, options?: WaitOptions): Promise<void>;
    tryAcquire(n?: number): boolean;
    reserve(n?: number): RateReservation;
    run<T>(fn: () => T | PromiseLike<T>, options?: RateRunOptions): Promise<T>;
    configure(change: RateChange): void;
    pauseUntil(time: number): void;
    observe<T extends Reply>(reply: T, options?: ObserveOptions): T;
    stats(): RateLimiterStats;
}
