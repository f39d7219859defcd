import { checkMs, checkOptions, isThenable } from "../internal/arguments.ts";
import { runtime } from "../internal/runtime.ts";
import { now } from "../cancel/clock.ts";
import { refused } from "../cancel/tree.ts";
import { CacheEntry } from "./cache-entry.ts";
import type { EvictionPolicy } from "./eviction-policy.ts";
import { checkCacheOptions, checkSize, type MemoCacheOptions } from "./memo-options.ts";
import { lru } from "./policy-lru.ts";

/** Why a cache lets go of a value; `"unkept"` is one that it never kept, and nobody waited for. */
export type DropReason = "evicted" | "replaced" | "deleted" | "unkept";

/** How a value that is put into a cache is kept, in place of what the options of the cache say. */
export interface SetOptions {
  /** For how long it is fresh. */
  ttlMs?: number | undefined;
  /** What it counts of `maxSize`. */
  size?: number | undefined;
}

const KEEP = "keep a value";

function isNothing(result: PromiseSettledResult<unknown>): boolean {
  return result.status === "fulfilled" && (result.value ?? undefined) === undefined;
}

/** Whether it has a value, be it stale. */
export function isValue(
  entry: { readonly kept: boolean; readonly failed: boolean } | undefined,
): boolean {
  return entry?.kept === true && !entry.failed;
}

/** Results by key, of which it lets some go when there is no room. */
export class CacheStore<K, V> {
  /** @internal Of each key that it has a result of, or that is being loaded. */
  readonly table: Map<K, CacheEntry<K, V>> = new Map();
  /** @internal */
  readonly policy: EvictionPolicy;
  /** @internal */
  evictions = 0;
  readonly #ttlMs: number | ((value: V, key: K) => number);
  readonly #negativeTtlMs: number | undefined;
  readonly #isNegative: (result: PromiseSettledResult<V>, key: K) => boolean;
  readonly #sizeOf: ((value: V, key: K) => number) | undefined;
  readonly #max: number;
  readonly #maxSize: number;
  #size = 0;
  #totalSize = 0;
  /** The virtual clock that times are on, if any. Those of two clocks do not compare. */
  #clock: object | undefined = runtime.clock;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: MemoCacheOptions<K, V>) {
    checkCacheOptions(options);
    const { max = 1_000, maxSize = Infinity, eviction = lru } = options;
    this.#ttlMs = options.ttlMs ?? Infinity;
    this.#negativeTtlMs = options.negativeTtlMs;
    this.#isNegative = options.isNegative ?? isNothing;
    this.#sizeOf = options.sizeOf;
    this.#max = max;
    this.#maxSize = maxSize;
    this.policy = eviction(maxSize === Infinity ? max : maxSize);
  }

  /** How many results it has, those included that are no longer fresh. */
  get size(): number {
    return this.#size;
  }

  /** What the sizes of the results add up to. */
  get totalSize(): number {
    return this.#totalSize;
  }

  /** The value if it is fresh, else `undefined`: without a load, and without counting as asked for. */
  peek(key: K): V | undefined {
    const entry = this.table.get(key);
    return entry !== undefined && this.isFresh(entry) ? entry.value : undefined;
  }

  /** Whether there is a fresh value. */
  has(key: K): boolean {
    const entry = this.table.get(key);
    return entry !== undefined && this.isFresh(entry);
  }

  /**
   * Puts a value in place. A load of the key that is under way writes nothing any more; those who wait for it
   * get what it gives.
   *
   * @throws {TypeError | RangeError} If the value is a promise, or an option is not what it should be; what
   * `sizeOf`, `ttlMs` and `isNegative` throw. Nothing has changed then.
   */
  set(key: K, value: V, options?: SetOptions): void {
    checkOptions(KEEP, options);
    if (isThenable(value)) {
      throw new TypeError(`Cannot ${KEEP}: "value" must be no promise, received a promise`);
    }
    const entry = this.table.get(key) ?? new CacheEntry<K, V>(key);
    const before = entry.value;
    entry.users++;
    let kept: boolean;
    try {
      kept = this.keep(entry, false, value, options);
    } finally {
      entry.users--;
    }
    entry.load = undefined;
    if (kept) {
      this.table.set(key, entry);
      return;
    }
    this.table.delete(key);
    if (value !== before) this.unkept(value, key);
  }

  /**
   * Invalidates a key: its value goes, and a load that is under way writes nothing any more. Those who wait
   * for that get what it gives; a call from now on loads anew.
   *
   * @returns Whether there was a result or a load.
   */
  delete(key: K): boolean {
    const entry = this.table.get(key);
    if (entry !== undefined) this.forget(entry);
    return entry !== undefined;
  }

  /** Invalidates all keys. */
  clear(): void {
    for (const entry of this.table.values()) this.forget(entry);
  }

  /** @internal Lets go of all that there is of a key. */
  forget(entry: CacheEntry<K, V>): void {
    this.table.delete(entry.key);
    entry.load = undefined;
    if (entry.kept) this.drop(entry, "deleted");
  }

  /** @internal */
  entryOf(key: K): CacheEntry<K, V> {
    let entry = this.table.get(key);
    if (entry === undefined) this.table.set(key, (entry = this.newEntry(key)));
    return entry;
  }

  /** @internal */
  isFresh(entry: CacheEntry<K, V>): boolean {
    return isValue(entry) && this.left(entry) > 0;
  }

  /** @internal For how long an entry that is kept is fresh still. */
  left(entry: CacheEntry<K, V>): number {
    if (entry.freshUntil === Infinity) return Infinity;
    // First the clock: it may end the times that there are.
    const time = this.#now();
    return entry.freshUntil - time;
  }

  /**
   * Keeps a result, in an entry that the table may not have yet. Nothing has changed when it throws.
   *
   * @internal
   * @param load The load that it comes from.
   * @returns Whether it is kept.
   */
  keep(
    entry: CacheEntry<K, V>,
    failed: boolean,
    outcome: unknown,
    how: SetOptions | undefined,
    load?: object,
  ): boolean {
    const { key } = entry;
    const value = outcome as V;
    const negativeTtlMs = this.#negativeTtlMs;
    let ms = how?.ttlMs;
    if (failed || (ms === undefined && negativeTtlMs !== undefined)) {
      const isNegative = this.#isNegative;
      const result = { status: failed ? "rejected" : "fulfilled", value, reason: value };
      if (negativeTtlMs !== undefined && isNegative(result as never, key)) ms = negativeTtlMs;
      else if (failed) return false;
    }
    const ttlMs = this.#ttlMs;
    ms ??= typeof ttlMs === "function" ? ttlMs(value, key) : ttlMs;
    const counts = this.#maxSize < Infinity && !failed;
    const given = failed ? undefined : how?.size;
    const sizeOf = this.#sizeOf;
    const size = counts ? (given ?? sizeOf?.(value, key) ?? 1) : 1;
    checkMs(KEEP, "ttlMs", ms);
    checkSize(KEEP, given ?? size);
    // What was just called may have changed what there is of the key.
    if (load === undefined) {
      const other = this.table.get(key);
      if (other !== undefined && other !== entry) this.forget(other);
      // What has a load that may write is in the table.
    } else if (!this.mayWrite(entry, load)) return false;
    const fits = ms > 0 && size <= this.#maxSize;
    if (entry.kept) this.drop(entry, "replaced", fits ? value : undefined);
    if (!fits) return false;
    while (this.#size >= this.#max || this.#totalSize + size > this.#maxSize) this.#evict();
    entry.kept = true;
    entry.failed = failed;
    if (failed) entry.promise = refused(outcome);
    else entry.value = value;
    entry.size = size;
    entry.ttlMs = ms;
    entry.freshUntil = ms === Infinity ? ms : this.#now() + ms;
    this.#size++;
    this.#totalSize += size;
    this.policy.admit(entry);
    this.admitted(entry, how);
    return true;
  }

  /** @internal Whether what a load of the entry gives may be kept still: nobody has invalidated it. */
  mayWrite(entry: CacheEntry<K, V>, load: object): boolean {
    return entry.load === load;
  }

  /** @internal Takes an entry's result away. */
  drop(entry: CacheEntry<K, V>, reason: DropReason, instead?: V): void {
    this.policy.remove(entry);
    // Sums of fractions are not exact: what is left of them must not fill an empty cache.
    this.#totalSize = --this.#size === 0 ? 0 : this.#totalSize - entry.size;
    const value = entry.value!;
    entry.kept = false;
    entry.promise = entry.value = undefined;
    this.dropped(entry, value, reason, instead);
  }

  /** @internal */
  newEntry(key: K): CacheEntry<K, V> {
    return new CacheEntry<K, V>(key);
  }

  /** @internal Called with an entry that was evicted, that is not in the table, and that no load will write to. */
  evicted(_entry: CacheEntry<K, V>): void {}

  /** @internal Called when an entry has got a result. */
  admitted(_entry: CacheEntry<K, V>, _how: SetOptions | undefined): void {}

  /** @internal Called when an entry has lost its result, maybe to another one. */
  dropped(
    _entry: CacheEntry<K, V>,
    _value: V,
    _reason: DropReason,
    _instead: V | undefined,
  ): void {}

  /** @internal Called with a value that was to be put in place, and does not fit. */
  unkept(_value: V, _key: K): void {}

  #evict(): void {
    const entry = this.policy.victim() as CacheEntry<K, V>;
    this.evictions++;
    // A load that is under way has a key to write to still: nobody has invalidated it.
    const isGone = entry.load === undefined;
    if (isGone) this.table.delete(entry.key);
    this.drop(entry, "evicted");
    if (isGone && entry.users === 0) this.evicted(entry);
  }

  /** The times of another clock, a test's, say nothing about this one's: they are over. */
  #now(): number {
    if (this.#clock !== runtime.clock) {
      this.#clock = runtime.clock;
      for (const entry of this.table.values()) {
        if (entry.freshUntil < Infinity) entry.freshUntil = -Infinity;
      }
    }
    return now();
  }
}
