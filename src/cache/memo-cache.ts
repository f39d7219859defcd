import { ready, spend } from "../internal/budget.ts";
import { runtime } from "../internal/runtime.ts";
import { refused, type ScopeNode } from "../cancel/tree.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { CacheStore, isValue, type SetOptions } from "./cache-store.ts";
import { EntryLoad } from "./entry-load.ts";
import { Home } from "./home.ts";
import type { MemoCacheOptions } from "./memo-options.ts";

/** Figures of a cache. */
export interface MemoCacheStats {
  /** How many results it has, those included that are no longer fresh. */
  readonly size: number;
  /** What their sizes add up to. */
  readonly totalSize: number;
  /** Calls that got a fresh result at once. */
  readonly hits: number;
  /** Calls that got at once a value whose time was over, while it was loaded anew. */
  readonly staleHits: number;
  /** Calls that had to wait for a load. */
  readonly misses: number;
  /** Loads that were begun, those behind the callers included. */
  readonly loads: number;
  /** Loads that have failed; those that were cancelled are not among them. */
  readonly failures: number;
  /** Results that went because there was no room. */
  readonly evictions: number;
}

/** How the value of an entry is loaded. */
export type LoadFunction<K, V> = (load: EntryLoad<K, V>) => V | PromiseLike<V>;

/** The cache of a memoized function. */
export class MemoCache<K, V> extends CacheStore<K, V> {
  /** @internal So shortly before its end a value is loaded anew. */
  aheadMs = 0;
  /** @internal Where loads run, and what outlives its caller is made. */
  readonly home: Home;
  readonly #keepAlive: boolean;
  readonly #staleMs: number;
  readonly #staleIfErrorMs: number;
  /** An entry that nobody has any more. */
  #spare: CacheEntry<K, V> | undefined = undefined;
  #hits = 0;
  #staleHits = 0;
  #misses = 0;
  #loads = 0;
  #failures = 0;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: MemoCacheOptions<K, V> = {}, home: Home = new Home()) {
    super(options);
    this.home = home;
    this.#keepAlive = options.keepAlive === true;
    this.#staleMs = options.staleWhileRevalidateMs ?? 0;
    this.#staleIfErrorMs = options.staleIfErrorMs ?? -Infinity;
  }

  /** Figures of the moment: a frozen object. */
  stats(): MemoCacheStats {
    return Object.freeze({
      size: this.size,
      totalSize: this.totalSize,
      hits: this.#hits,
      staleHits: this.#staleHits,
      misses: this.#misses,
      loads: this.#loads,
      failures: this.#failures,
      evictions: this.evictions,
    });
  }

  /**
   * Gives what there is, if it is fresh and need not be loaded anew soon; or the promise of a load that many
   * wait for.
   *
   * @internal
   */
  give(key: K, signal: AbortSignal | undefined): Promise<V> | undefined {
    // Where no scope was ever opened there is none to be cancelled.
    let place: ScopeNode | undefined;
    if (runtime.opened || signal !== undefined) {
      place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
    }
    const entry = this.table.get(key);
    if (entry === undefined) return undefined;
    if (!entry.kept) {
      const joined = place === undefined ? entry.load?.joined() : undefined;
      if (joined === undefined) return undefined;
      this.#misses++;
      this.missed(entry);
      return joined;
    }
    const left = this.left(entry);
    if (left <= (entry.failed ? 0 : this.aheadMs)) return undefined;
    this.#hits++;
    this.served(entry, left);
    return this.#promiseOf(entry);
  }

  /**
   * To be called when there was nothing to give: gives a value that is to be loaded anew, or waits for
   * the load. Before either is begun, `seen` gets what this is about.
   *
   * @internal
   */
  wait(
    key: K,
    load: LoadFunction<K, V>,
    signal: AbortSignal | undefined,
    seen?: (entry: CacheEntry<K, V>, load: EntryLoad<K, V> | undefined) => void,
  ): Promise<V> {
    const entry = this.entryOf(key);
    if (isValue(entry)) {
      const left = this.left(entry);
      if (left > -this.#staleMs) {
        if (left > 0) this.#hits++;
        else this.#staleHits++;
        this.served(entry, left);
        seen?.(entry, undefined);
        const flight = this.begin(entry, load, true);
        const result = this.#promiseOf(entry);
        this.start(flight);
        return result;
      }
    }
    this.#misses++;
    this.missed(entry);
    const flight = this.begin(entry, load);
    seen?.(entry, flight);
    return flight.lead(placeOf(signal), signal);
  }

  /** @internal Calls the load's function, unless it was called. */
  start(load: EntryLoad<K, V>): void {
    if (!load.begun) this.home.run(load);
  }

  #promiseOf(entry: CacheEntry<K, V>): Promise<V> {
    const { value } = entry;
    let { promise } = entry;
    this.policy.hit(entry);
    if (promise === undefined) {
      promise = this.home.promiseOf(value!);
      // A value may have a getter named `then`, which may have let go of it.
      if (entry.kept && entry.value === value) entry.promise = promise;
    }
    return spend() === undefined ? promise : (ready(promise) as Promise<V>);
  }

  /** @internal The load of the entry that is under way, else a new one, which is to be started then. */
  begin(
    entry: CacheEntry<K, V>,
    load: LoadFunction<K, V>,
    keepAlive: boolean = this.#keepAlive,
  ): EntryLoad<K, V> {
    if (entry.load?.over !== false) {
      entry.load = this.create(entry, load, keepAlive);
      this.#loads++;
      this.begun(entry.load);
      // Of those who share it, one may want it whoever leaves.
    } else if (keepAlive) entry.load.pinned = true;
    return entry.load;
  }

  /** @internal */
  landed(load: EntryLoad<K, V>, failed: boolean, outcome: unknown): V | Promise<never> {
    const { entry, abandoned } = load;
    if (failed && !abandoned) {
      this.#failures++;
      // What was there when it began, unless it was invalidated since.
      if (isValue(entry) && this.left(entry) > -this.#staleIfErrorMs) {
        if (this.mayWrite(entry, load)) this.ended(load, failed);
        entry.users--;
        return entry.value!;
      }
    }
    if (this.mayWrite(entry, load)) {
      try {
        if (failed ? !abandoned : this.mayKeep(load, outcome as V)) {
          this.keep(entry, failed, outcome, load as SetOptions, load);
        } else if (!failed && entry.kept && this.mayWrite(entry, load)) {
          this.drop(entry, "deleted");
        }
      } catch (error) {
        failed = true;
        outcome = error;
      }
      // What was called meanwhile may have invalidated it.
      if (this.mayWrite(entry, load)) {
        this.ended(load, failed);
        if (entry.load === undefined && !entry.kept) this.table.delete(entry.key);
      }
    }
    entry.users--;
    return failed ? refused(outcome) : (outcome as V);
  }

  /** @internal */
  create(entry: CacheEntry<K, V>, load: LoadFunction<K, V>, keepAlive: boolean): EntryLoad<K, V> {
    entry.users++;
    return new EntryLoad(entry, load, this, keepAlive);
  }

  /** @internal */
  override newEntry(key: K): CacheEntry<K, V> {
    const entry = this.#spare;
    if (entry === undefined) return super.newEntry(key);
    this.#spare = undefined;
    entry.key = key;
    return entry;
  }

  /**
   * @internal The next key gets it. Evicted entries are old, and each would keep what is young alive until the next
   * full collection: the Map holds them in the tables that it has outgrown, each of which holds the next.
   */
  override evicted(entry: CacheEntry<K, V>): void {
    entry.key = undefined as never;
    entry.mark = 0;
    this.#spare = entry;
  }

  /** @internal Called when there is a result to give at once, maybe a stale value. */
  served(_entry: CacheEntry<K, V>, _left: number): void {}

  /** @internal Called when there is none. */
  missed(_entry: CacheEntry<K, V>): void {}

  /** @internal Called when a load has ended that might write. */
  ended(load: EntryLoad<K, V>, _failed: boolean): void {
    load.entry.load = undefined;
  }

  /** @internal Called when a load is about to begin; each of them lands. */
  begun(_load: EntryLoad<K, V>): void {}

  /** @internal Whether the value of a load may be kept. */
  mayKeep(_load: EntryLoad<K, V>, _value: V): boolean {
    return true;
  }
}
