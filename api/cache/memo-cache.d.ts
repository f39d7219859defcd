import { CacheStore } from "./cache-store.ts";
import { EntryLoad } from "./entry-load.ts";
import { Home } from "./home.ts";
import type { MemoCacheOptions } from "./memo-options.ts";
export interface MemoCacheStats {
    readonly size: number;
    readonly totalSize: number;
    readonly hits: number;
    readonly staleHits: number;
    readonly misses: number;
    readonly loads: number;
    readonly failures: number;
    readonly evictions: number;
}
export type LoadFunction<K, V> = (load: EntryLoad<K, V>) => V | PromiseLike<V>;
export declare class MemoCache<K, V> extends CacheStore<K, V> {
    #private;
    constructor(options?: MemoCacheOptions<K, V>, home?: Home);
    stats(): MemoCacheStats;
}
