import type { CacheEntry } from "./cache-entry.ts";
import type { CacheLoad } from "./cache-load.ts";
export interface CacheLease<V> {
    readonly value: V;
    release(): void;
    [Symbol.dispose](): void;
}
export declare class CacheLeases<K, V> {
    #private;
    hold(entry: CacheEntry<K, V> | undefined, load: CacheLoad<K, V> | undefined, wait: Promise<V>): Promise<CacheLease<V>>;
    landed(load: CacheLoad<K, V>, dispose: (() => void) | undefined): void;
    drop(entry: CacheEntry<K, V>, dispose: (() => void) | undefined): boolean;
}
