import type { CancelScope } from "../cancel/scope.ts";
import type { Keeping } from "./cache-load.ts";
import type { DropReason, SetOptions } from "./cache-store.ts";
import type { CacheTier } from "./cache-tier.ts";
import type { LoadTimeStats } from "./load-times.ts";
import type { MemoCacheStats } from "./memo-cache.ts";
import type { MemoCacheOptions } from "./memo-options.ts";

/** What happened in a cache. */
export interface CacheEvent<K> {
  readonly kind: "hit" | "staleHit" | "miss" | "load" | "failure" | "eviction";
  readonly key: K;
  /** What a load has failed with. */
  readonly error?: unknown;
}

export interface AsyncLruOptions<K, V> extends MemoCacheOptions<K, V> {
  /**
   * Loads the value of a key, in a scope of its own. What it sets on `keeping` goes before the options.
   * Without it, the cache is to be given to `memoize`, or only has what was set.
   */
  load?:
    | ((key: K, scope: CancelScope, keeping: Keeping<NoInfer<V>>) => V | PromiseLike<V>)
    | undefined;
  /** By which part, from 0 to 1, a time to live is made shorter at random, so that not all end together. */
  jitter?: number | undefined;
  /** Whether each hit makes the value fresh for its whole time again. */
  sliding?: boolean | undefined;
  /** A value that is asked for so shortly before the end of its time is loaded anew behind the callers. */
  refreshAheadMs?: number | undefined;
  /** By what a value can be invalidated together with others. */
  tagsOf?: ((value: V, key: K) => Iterable<string>) | undefined;
  /** Gets each value that the cache lets go of, once nobody holds a lease of it. What it throws is reported. */
  dispose?: ((value: V, key: K, reason: DropReason) => unknown) | undefined;
  /** A second level that processes share. */
  tier?: CacheTier<K, V> | undefined;
  /** How long one process may keep the others from loading the same key; 10,000 by default. */
  tierLeaseMs?: number | undefined;
  /** Told what happens. What it throws is reported. */
  onEvent?: ((event: CacheEvent<K>) => unknown) | undefined;
  /** How `waitTree` calls its loads. */
  name?: string | undefined;
}

/** How a value that is put into a cache is kept, in place of what the options of the cache say. */
export interface LruSetOptions extends SetOptions {
  /** By what it can be invalidated together with others, in place of what `tagsOf` says. */
  tags?: Iterable<string> | undefined;
}

export interface AsyncLruStats extends MemoCacheStats {
  /** How many loads are under way. */
  readonly loading: number;
  /** How long loads took, failed ones included, cancelled ones not. */
  readonly loadMs: LoadTimeStats;
}

/** What `dump()` gives and `restore()` takes: as JSON can have it, if keys and values can be had so. */
export interface CacheDump<K, V> {
  /** When it was made, by the clock on the wall. */
  readonly at: number;
  readonly entries: readonly {
    readonly key: K;
    readonly value: V;
    /** For how long it was fresh still; absent without an end. */
    readonly leftMs?: number;
    readonly size?: number;
    readonly tags?: readonly string[];
  }[];
}
