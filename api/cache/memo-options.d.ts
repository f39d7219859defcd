import type { Eviction } from "./eviction-policy.ts";
export interface MemoCacheOptions<K, V> {
    max?: number | undefined;
    maxSize?: number | undefined;
    sizeOf?: ((value: V, key: K) => number) | undefined;
    ttlMs?: number | ((value: V, key: K) => number) | undefined;
    staleWhileRevalidateMs?: number | undefined;
    staleIfErrorMs?: number | undefined;
    negativeTtlMs?: number | undefined;
    isNegative?: ((result: PromiseSettledResult<V>, key: K) => boolean) | undefined;
    keepAlive?: boolean | undefined;
    eviction?: Eviction | undefined;
}
export declare const CREATE = "create a cache";
export declare function checkCacheOptions<K, V>(options: MemoCacheOptions<K, V>): void;
export declare function checkSize(action: string, size: unknown): void;
