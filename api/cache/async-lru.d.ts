import type { WaitOptions } from "../cancel/sleep.ts";
import type { AsyncLruOptions, AsyncLruStats, CacheDump, LruSetOptions } from "./async-lru-options.ts";
import { type CacheLease } from "./cache-leases.ts";
import { TieredCache } from "./tiered-cache.ts";
export declare class AsyncLru<K, V> extends TieredCache<K, V> {
    #private;
    readonly name: string | undefined;
    constructor(options?: AsyncLruOptions<K, V>);
    get(key: K, options?: WaitOptions): Promise<V>;
    getMany(keys: Iterable<K>, options?: WaitOptions): Promise<V[]>;
    prefetch(key: K): void;
    refresh(key: K, options?: WaitOptions): Promise<V>;
    lease(key: K, options?: WaitOptions): Promise<CacheLease<V>>;
    set(key: K, value: V, options?: LruSetOptions): void;
    delete(key: K): boolean;
    clear(): void;
    restore(dump: CacheDump<K, V>): void;
    stats(): AsyncLruStats;
}
