import type { AsyncLruOptions, CacheDump, LruSetOptions } from "./async-lru-options.ts";
import { MemoCache } from "./memo-cache.ts";
export declare class TaggedCache<K, V> extends MemoCache<K, V> {
    #private;
    constructor(options: AsyncLruOptions<K, V>);
    set(key: K, value: V, options?: LruSetOptions): void;
    deleteTag(tag: string): number;
    deleteWhere(predicate: (value: V, key: K) => boolean): number;
    entries(): IterableIterator<[K, V]>;
    dump(): CacheDump<K, V>;
    restore(dump: CacheDump<K, V>): void;
}
