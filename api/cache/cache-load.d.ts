import type { Doubt } from "./cache-doubts.ts";
import { EntryLoad } from "./entry-load.ts";
export interface Keeping<V> {
    readonly previous: V | undefined;
    ttlMs: number | undefined;
    size: number | undefined;
    tags: Iterable<string> | undefined;
}
export declare class CacheLoad<K, V> extends EntryLoad<K, V> implements Keeping<V> {
    static sample: CacheLoad<never, never>;
    ttlMs: number | undefined;
    size: number | undefined;
    tags: Iterable<string> | undefined;
    kept: boolean;
    since: number;
    previousLoad: CacheLoad<K, V> | undefined;
    nextLoad: CacheLoad<K, V> | undefined;
    doubt: Doubt | undefined;
    older: CacheLoad<K, V> | undefined;
    given: V | undefined;
    get previous(): V | undefined;
}
