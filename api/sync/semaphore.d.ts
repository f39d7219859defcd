import type { WeightedRunOptions } from "../cancel/run-options.ts";
import type { Permit } from "./permit.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
export interface TryAcquireOptions {
    weight?: number | undefined;
}
export interface AcquireOptions extends TryAcquireOptions {
    signal?: AbortSignal | undefined;
}
export interface SemaphoreStats {
    readonly permits: number;
    readonly available: number;
    readonly waiting: number;
}
export declare class Semaphore extends Primitive {
    #private;
    constructor(permits: number, options?: PrimitiveOptions);
    get available(): number;
    get waiting(): number;
    acquire(options?: AcquireOptions): Promise<Permit>;
    tryAcquire(options?: TryAcquireOptions): Permit | undefined;
    run<T>(fn: () => T | PromiseLike<T>, options?: WeightedRunOptions): Promise<T>;
    resize(permits: number): void;
    stats(): SemaphoreStats;
}
