import type { CancelScope } from "../cancel/scope.ts";
import type { Keeping } from "./cache-load.ts";
import type { DropReason, SetOptions } from "./cache-store.ts";
import type { CacheTier } from "./cache-tier.ts";
import type { LoadTimeStats } from "./load-times.ts";
import type { MemoCacheStats } from "./memo-cache.ts";
import type { MemoCacheOptions } from "./memo-options.ts";
export interface CacheEvent<K> {
    readonly kind: "hit" | "staleHit" | "miss" | "load" | "failure" | "eviction";
    readonly key: K;
    readonly error?: unknown;
}
export interface AsyncLruOptions<K, V> extends MemoCacheOptions<K, V> {
    load?: ((key: K, scope: CancelScope, keeping: Keeping<NoInfer<V>>) => V | PromiseLike<V>) | undefined;
    jitter?: number | undefined;
    sliding?: boolean | undefined;
    refreshAheadMs?: number | undefined;
    tagsOf?: ((value: V, key: K) => Iterable<string>) | undefined;
    dispose?: ((value: V, key: K, reason: DropReason) => unknown) | undefined;
    tier?: CacheTier<K, V> | undefined;
    tierLeaseMs?: number | undefined;
    onEvent?: ((event: CacheEvent<K>) => unknown) | undefined;
    name?: string | undefined;
}
export interface LruSetOptions extends SetOptions {
    tags?: Iterable<string> | undefined;
}
export interface AsyncLruStats extends MemoCacheStats {
    readonly loading: number;
    readonly loadMs: LoadTimeStats;
}
export interface CacheDump<K, V> {
    readonly at: number;
    readonly entries: readonly {
        readonly key: K;
        readonly value: V;
        readonly leftMs?: number;
        readonly size?: number;
        readonly tags?: readonly string[];
    }[];
}
