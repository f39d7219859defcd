import { type MemoCacheOptions } from "./memo-options.ts";
export type DropReason = "evicted" | "replaced" | "deleted" | "unkept";
export interface SetOptions {
    ttlMs?: number | undefined;
    size?: number | undefined;
}
export declare function isValue(entry: {
    readonly kept: boolean;
    readonly failed: boolean;
} | undefined): boolean;
export declare class CacheStore<K, V> {
    #private;
    constructor(options: MemoCacheOptions<K, V>);
    get size(): number;
    get totalSize(): number;
    peek(key: K): V | undefined;
    has(key: K): boolean;
    set(key: K, value: V, options?: SetOptions): void;
    delete(key: K): boolean;
    clear(): void;
}
