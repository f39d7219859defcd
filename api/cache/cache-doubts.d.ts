import type { CacheLoad } from "./cache-load.ts";
export interface Doubt {
    readonly tags: Set<string>;
    readonly predicates: ((value: never, key: never) => boolean)[];
}
export declare class CacheDoubts<K, V> {
    #private;
    loads: number;
    constructor(onDoubt: (load: CacheLoad<K, V>) => void);
    begin(load: CacheLoad<K, V>): void;
    end(load: CacheLoad<K, V>): void;
    addTag(tag: string): void;
    addPredicate(predicate: (value: V, key: K) => boolean): void;
    include(load: CacheLoad<K, V>, tags: readonly string[], value: V): boolean;
}
