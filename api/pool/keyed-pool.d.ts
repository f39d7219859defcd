import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import type { Lease } from "./lease.ts";
import type { KeyedPoolStats } from "./pool-counts.ts";
import type { KeyedPoolOptions, PoolAcquireOptions, PoolCloseOptions } from "./pool-options.ts";
export declare class KeyedPool<K, T> extends Primitive implements AsyncDisposable {
    #private;
    constructor(options: KeyedPoolOptions<K, T>);
    get keys(): number;
    get size(): number;
    get idle(): number;
    get busy(): number;
    get waiting(): number;
    get closed(): boolean;
    acquire(key: K, options?: PoolAcquireOptions): Promise<Lease<T>>;
    tryAcquire(key: K, options?: Pick<PoolAcquireOptions, "name">): Lease<T> | undefined;
    run<R>(key: K, fn: (value: T, scope: CancelScope) => R | PromiseLike<R>, options?: PoolAcquireOptions): Promise<R>;
    warm(key: K, count: number, options?: WaitOptions): Promise<void>;
    expire(key: K): void;
    expireAll(): void;
    close(options?: PoolCloseOptions): Promise<void>;
    terminate(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    stats(): KeyedPoolStats;
}
