import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import type { Lease } from "./lease.ts";
import type { PoolStats } from "./pool-counts.ts";
import type { PoolAcquireOptions, PoolCloseOptions, PoolOptions } from "./pool-options.ts";
export declare class Pool<T> extends Primitive implements AsyncDisposable {
    #private;
    constructor(options: PoolOptions<T>);
    get size(): number;
    get idle(): number;
    get busy(): number;
    get waiting(): number;
    get closed(): boolean;
    acquire(options?: PoolAcquireOptions): Promise<Lease<T>>;
    tryAcquire(options?: Pick<PoolAcquireOptions, "name">): Lease<T> | undefined;
    run<R>(fn: (value: T, scope: CancelScope) => R | PromiseLike<R>, options?: PoolAcquireOptions): Promise<R>;
    warm(count?: number, options?: WaitOptions): Promise<void>;
    expire(): void;
    close(options?: PoolCloseOptions): Promise<void>;
    terminate(): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    stats(): PoolStats;
}
