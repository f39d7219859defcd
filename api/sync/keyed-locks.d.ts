import type { RunOptions, WeightedRunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { Permit } from "./permit.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
import type { AcquireOptions, TryAcquireOptions } from "./semaphore.ts";
export interface KeyedLockStats {
    readonly keys: number;
    readonly held: number;
    readonly waiting: number;
}
declare abstract class KeyedLock<K> extends Primitive {
    #private;
    constructor(kind: string, total: number, options: PrimitiveOptions | undefined);
    get size(): number;
    has(key: K): boolean;
    stats(): KeyedLockStats;
}
export declare class KeyedSemaphore<K> extends KeyedLock<K> {
    constructor(permits: number, options?: PrimitiveOptions);
    acquire(key: K, options?: AcquireOptions): Promise<Permit>;
    tryAcquire(key: K, options?: TryAcquireOptions): Permit | undefined;
    run<T>(key: K, fn: () => T | PromiseLike<T>, options?: WeightedRunOptions): Promise<T>;
}
export declare class KeyedMutex<K> extends KeyedLock<K> {
    constructor(options?: PrimitiveOptions);
    acquire(key: K, options?: WaitOptions): Promise<Permit>;
    tryAcquire(key: K): Permit | undefined;
    run<T>(key: K, fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T>;
}
export {};
