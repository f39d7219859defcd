import { cancellable } from "../cancel/cancellable.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { AsyncLruOptions, LruSetOptions } from "./async-lru-options.ts";
import type { CacheEntry } from "./cache-entry.ts";
import type { CacheLoad } from "./cache-load.ts";
import type { EntryLoad } from "./entry-load.ts";
import type { LoadFunction } from "./memo-cache.ts";
import { TaggedCache } from "./tagged-cache.ts";
import { Tier } from "./tier.ts";

/** A cache that may have a second level. */
export class TieredCache<K, V> extends TaggedCache<K, V> {
  readonly #tier: Tier<K, V> | undefined;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: AsyncLruOptions<K, V>) {
    super(options);
    const { refreshAheadMs = 0, sliding, tier, tierLeaseMs = 10_000 } = options;
    // A hit makes it fresh for its whole time again: then it is not near its end.
    this.aheadMs = sliding === true ? 0 : refreshAheadMs;
    this.#tier = tier && new Tier(tier, tierLeaseMs, refreshAheadMs, this.home);
  }

  override set(key: K, value: V, options?: LruSetOptions): void {
    super.set(key, value, options);
    const entry = this.table.get(key);
    if (entry === undefined) this.#tier?.delete(key);
    else this.#tier?.set(key, value, entry.ttlMs);
  }

  override delete(key: K): boolean {
    this.#tier?.delete(key);
    return super.delete(key);
  }

  override clear(): void {
    this.#tier?.clear(this.table.keys());
    super.clear();
  }

  /** Waits until all that is to be written to the second level, or deleted there, is. */
  settled(options?: WaitOptions): Promise<void> {
    return cancellable(this.#tier?.settled() ?? Promise.resolve(), options);
  }

  /** @internal */
  override begin(
    entry: CacheEntry<K, V>,
    load: LoadFunction<K, V>,
    keepAlive?: boolean,
  ): EntryLoad<K, V> {
    const tier = this.#tier;
    if (tier === undefined) return super.begin(entry, load, keepAlive);
    return super.begin(entry, (it) => tier.load(it as CacheLoad<K, V>, () => load(it)), keepAlive);
  }

  /** @internal A load that asks the second level nothing. */
  beginAnew(entry: CacheEntry<K, V>, load: LoadFunction<K, V>): EntryLoad<K, V> {
    entry.load = undefined;
    return super.begin(entry, load);
  }

  /** @internal */
  override doubted(load: CacheLoad<K, V>): void {
    // What was invalidated may be in the second level, under a key of which nothing is known here.
    this.#tier?.delete(load.entry.key);
  }

  /** @internal */
  override landed(load: CacheLoad<K, V>, failed: boolean, outcome: unknown): V | Promise<never> {
    const result = super.landed(load, failed, outcome);
    this.#tier?.landed(load);
    return result;
  }
}
