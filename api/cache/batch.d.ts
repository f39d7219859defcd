import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { type PrimitiveOptions } from "../sync/primitive.ts";
import { type BatchStats } from "./batch-loader.ts";
export interface BatchOptions<K> extends PrimitiveOptions {
    max?: number | undefined;
    windowMs?: number | undefined;
    concurrency?: number | undefined;
    key?: ((key: K) => unknown) | undefined;
}
export interface Batched<K, V> {
    (key: K, options?: WaitOptions): Promise<V>;
    many(keys: Iterable<K>, options?: WaitOptions): Promise<V[]>;
    flush(): void;
    readonly pending: number;
    stats(): BatchStats;
}
type Result<V> = V | Error;
export declare function batch<K, V>(loadMany: (keys: readonly K[], scope: CancelScope) => readonly Result<V>[] | PromiseLike<readonly Result<V>[]>, options?: BatchOptions<K>): Batched<K, V>;
export declare function batch<K, V>(loadMany: (keys: readonly K[], scope: CancelScope) => ReadonlyMap<K, Result<V>> | PromiseLike<ReadonlyMap<K, Result<V>>>, options?: BatchOptions<K>): Batched<K, V | undefined>;
export {};
