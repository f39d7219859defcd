import { Permit } from "./permit.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
export interface TryBorrowOptions {
    key?: unknown;
}
export interface BorrowOptions extends TryBorrowOptions {
    signal?: AbortSignal | undefined;
}
export interface CapacityLimiterStats {
    readonly total: number;
    readonly borrowed: number;
    readonly waiting: number;
}
export declare class CapacityLimiter extends Primitive {
    #private;
    constructor(total: number, options?: PrimitiveOptions);
    get total(): number;
    set total(total: number);
    get owners(): readonly unknown[];
    get available(): number;
    get waiting(): number;
    acquire(options?: BorrowOptions): Promise<Permit>;
    tryAcquire(options?: TryBorrowOptions): Permit | undefined;
    run<T>(fn: () => T | PromiseLike<T>, options?: BorrowOptions): Promise<T>;
    stats(): CapacityLimiterStats;
}
