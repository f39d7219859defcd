import type { Kept } from "./eviction-policy.ts";
import type { EntryLoad } from "./entry-load.ts";
export declare class CacheEntry<K, V> implements Kept {
    key: K;
    size: number;
    list: object | undefined;
    previous: Kept | undefined;
    next: Kept | undefined;
    mark: number;
    kept: boolean;
    failed: boolean;
    value: V | undefined;
    promise: Promise<V> | undefined;
    load: EntryLoad<K, V> | undefined;
    freshUntil: number;
    ttlMs: number;
    users: number;
    constructor(key: K);
}
