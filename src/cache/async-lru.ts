import { checkIterable, checkOptions } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import { callback } from "../cancel/callback.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { quiet } from "../cancel/tree.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { gather } from "../task/gather.ts";
import type {
  AsyncLruOptions,
  AsyncLruStats,
  CacheDump,
  CacheEvent,
  LruSetOptions,
} from "./async-lru-options.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { type CacheLease, CacheLeases, type Claim } from "./cache-leases.ts";
import type { CacheLoad } from "./cache-load.ts";
import type { EntryLoad } from "./entry-load.ts";
import { type DropReason, isValue } from "./cache-store.ts";
import { DueCalls } from "./due-calls.ts";
import type { LoadFunction } from "./memo-cache.ts";
import { TieredCache } from "./tiered-cache.ts";

/**
 * A cache that loads what it does not have: each key once, however many ask for it at the same time.
 *
 * It keeps up to `max` values, and lets go of one when another comes. A load runs in a scope of its own and
 * in the async context in which the cache was made. Each caller's signal, scope and deadline count for that
 * caller alone; when the last has left, the load is cancelled. A failure goes to all who waited, and is not
 * kept. `undefined` and `null` are values.
 *
 * After an invalidation (`delete`, `deleteTag`, `deleteWhere`, `clear`, `set`) nothing is written that was loaded
 * before it; who waited for that gets it all the same. Capacity never rejects anybody: what does not fit is
 * given and not kept.
 *
 * @example
 * ```ts
 * import { AsyncLru } from "corral";
 *
 * let loads = 0;
 * const users = new AsyncLru<number, string>({
 *   max: 100,
 *   ttlMs: 60_000,
 *   load: async (id) => `user ${id}, load ${++loads}`,
 * });
 * const [a, b] = await Promise.all([users.get(1), users.get(1)]);
 * console.log(a === b, a); // true user 1, load 1
 * users.delete(1);
 * console.log(await users.get(1)); // user 1, load 2
 * ```
 */
export class AsyncLru<K, V> extends TieredCache<K, V> {
  readonly name: string | undefined;
  readonly #leases = new CacheLeases<K, V>();
  readonly #load: LoadFunction<K, V>;
  /** What the user is to be told. */
  readonly #due = new DueCalls();

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: AsyncLruOptions<K, V> = {}) {
    super(options);
    const { load, name } = options;
    this.name = name;
    this.#load = (it) => {
      if (load !== undefined) return load(it.entry.key, it.scope, it as CacheLoad<K, V>);
      throw new TypeError('Cannot get a value: "load" must be a function, received undefined');
    };
  }

  /**
   * Gives the value of a key: at once if there is a fresh one, else when it is loaded.
   *
   * @param key Compared as the keys of a Map are.
   * @throws What the load has failed with; the same for all who waited.
   * @throws {DeadlockError} If the call comes from the key's own load, or from one that it waits for. That
   * is known while deadlocks are looked for, and of loads that somebody can cancel.
   */
  get(key: K, options?: WaitOptions): Promise<V> {
    try {
      checkOptions("get a value", options);
      const signal = options?.signal;
      return this.give(key, signal) ?? this.wait(key, this.#load, signal);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Gives the values of several keys, in their order. Each is loaded alone, all at the same time: a `batch`
   * makes one call of the loads.
   *
   * @throws The first failure; the waits for the others end then.
   */
  async getMany(keys: Iterable<K>, options?: WaitOptions): Promise<V[]> {
    checkOptions("get values", options);
    checkIterable("get values", "keys", keys);
    const jobs = Array.from(
      keys,
      (key) =>
        ({ signal }: CancelScope): Promise<V> =>
          this.get(key, { signal }),
    );
    // What has come is in the cache.
    return gather(jobs, { signal: options?.signal, onDiscard: () => {} });
  }

  /** Loads a key that has no fresh value, for those who will ask for it. A failure is told as an event. */
  prefetch(key: K): void {
    if (!this.has(key)) this.start(this.begin(this.entryOf(key), this.#load, true));
    this.#due.run();
  }

  /**
   * Loads a key anew, whatever a second level has. Until that has ended, callers get the value that there is.
   * A load that is under way writes nothing any more.
   *
   * @returns The new value; with `staleIfErrorMs`, the one that there was if the load fails.
   */
  refresh(key: K, options?: WaitOptions): Promise<V> {
    try {
      checkOptions("refresh a value", options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const load = this.beginAnew(this.entryOf(key), this.#load);
      const result = load.lead(place, signal);
      this.#due.run();
      return result;
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * As `get()`, and holds the value: it is not disposed before the lease is released, even if the cache lets
   * go of it.
   */
  lease(key: K, options?: WaitOptions): Promise<CacheLease<V>> {
    try {
      checkOptions("lease a value", options);
      const signal = options?.signal;
      // Claimed before a load begins: that may let go of the value at once. By the time that the wait is
      // over, another one may be in its place.
      let claim: Claim<K, V> | undefined;
      let wait = super.give(key, signal);
      if (wait === undefined) {
        wait = super.wait(key, this.#load, signal, (entry, load) => {
          claim = this.#leases.claim(entry, load);
        });
      } else {
        const entry = this.table.get(key);
        const load = entry?.kept === false ? entry.load : undefined;
        claim = this.#leases.claim(entry, load);
      }
      const leased = this.#leases.hold(claim!, wait);
      // A caller who is cancelled need not look at what it gets.
      void wait.catch(() => {
        if (refusal(placeOf(signal), signal) !== undefined) void quiet(leased);
      });
      this.#due.run();
      return leased;
    } catch (error) {
      return rejected(error);
    }
  }

  override set(key: K, value: V, options?: LruSetOptions): void {
    super.set(key, value, options);
    this.#due.run();
  }

  override delete(key: K): boolean {
    const had = super.delete(key);
    this.#due.run();
    return had;
  }

  override clear(): void {
    super.clear();
    this.#due.run();
  }

  override restore(dump: CacheDump<K, V>): void {
    try {
      super.restore(dump);
    } finally {
      this.#due.run();
    }
  }

  override stats(): AsyncLruStats {
    const { loads: loading } = this.doubts;
    return Object.freeze({ ...super.stats(), loading, loadMs: this.times.stats() });
  }

  /** @internal */
  override give(key: K, signal: AbortSignal | undefined): Promise<V> | undefined {
    const given = super.give(key, signal);
    this.#due.run();
    return given;
  }

  /** @internal */
  override wait(
    key: K,
    load: LoadFunction<K, V>,
    signal: AbortSignal | undefined,
    seen?: (entry: CacheEntry<K, V>, load: EntryLoad<K, V> | undefined) => void,
  ): Promise<V> {
    const wait = super.wait(key, load, signal, seen);
    this.#due.run();
    return wait;
  }

  /** @internal */
  override begun(load: CacheLoad<K, V>): void {
    super.begun(load);
    this.#tell("load", load.entry);
  }

  /** @internal */
  override missed(entry: CacheEntry<K, V>): void {
    this.#tell("miss", entry);
  }

  /** @internal */
  override served(entry: CacheEntry<K, V>, left: number): void {
    if (this.options.sliding === true && left > 0 && left < Infinity && !entry.failed) {
      entry.freshUntil += entry.ttlMs - left;
    }
    this.#tell(left > 0 ? "hit" : "staleHit", entry);
  }

  /** @internal */
  override admitted(entry: CacheEntry<K, V>, how: LruSetOptions | undefined): void {
    super.admitted(entry, how);
    (how as Partial<CacheLoad<K, V>>).kept = true;
  }

  /** @internal */
  override dropped(
    entry: CacheEntry<K, V>,
    value: V,
    reason: DropReason,
    instead: V | undefined,
  ): void {
    super.dropped(entry, value, reason, instead);
    if (reason === "evicted") this.#tell("eviction", entry);
    if (entry.failed || (reason === "replaced" && value === instead)) return;
    const dispose = this.options.dispose && (() => this.#dispose(value, entry.key, reason));
    if (!this.#leases.drop(entry, dispose) && dispose !== undefined) this.#due.add(dispose);
  }

  /** @internal */
  override unkept(value: V, key: K): void {
    this.#due.add(() => this.#dispose(value, key, "unkept"));
  }

  /** @internal */
  override landed(load: CacheLoad<K, V>, failed: boolean, outcome: unknown): V | Promise<never> {
    if (failed && !load.abandoned) this.#tell("failure", load.entry, outcome);
    const { entry } = load;
    const before = entry.value;
    const result = super.landed(load, failed, outcome);
    const value = outcome as V;
    // What is given in place of a failure is the entry's own; so may be what the load gives.
    const isOwn = load.kept || failed || (isValue(entry) && entry.value === value);
    // What was in place, or is by now, is disposed when the cache lets go of it.
    const isKnown =
      value === before || value === load.given || value === this.table.get(entry.key)?.value;
    const unkept = isOwn
      ? undefined
      : (): void => void (isKnown || this.#dispose(value, entry.key, "unkept"));
    if (!(result instanceof Promise)) this.#leases.landed(load, unkept);
    else if (unkept !== undefined) this.#due.add(unkept);
    this.#due.run();
    return result;
  }

  #dispose(value: V, key: K, reason: DropReason): void {
    const { dispose } = this.options;
    if (dispose !== undefined) callback("dispose", () => dispose(value, key, reason));
  }

  #tell(kind: CacheEvent<K>["kind"], { key }: CacheEntry<K, V>, error?: unknown): void {
    const { onEvent } = this.options;
    if (onEvent === undefined) return;
    this.#due.add(() => callback("onEvent", () => onEvent(Object.freeze({ kind, key, error }))));
  }
}
