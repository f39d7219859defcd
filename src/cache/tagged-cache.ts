import { checkFunction, checkOptions, seen } from "../internal/arguments.ts";
import { now } from "../cancel/clock.ts";
import type { AsyncLruOptions, CacheDump, LruSetOptions } from "./async-lru-options.ts";
import { CacheDoubts } from "./cache-doubts.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { CacheLoad } from "./cache-load.ts";
import { type DropReason, isValue } from "./cache-store.ts";
import { checkDump } from "./cache-dump.ts";
import { CacheTags, tagsIn } from "./cache-tags.ts";
import { type LoadFunction, MemoCache } from "./memo-cache.ts";
import { LoadTimes } from "./load-times.ts";
import { plainOptions } from "./plain-options.ts";

const NONE: readonly string[] = [];

/** A cache whose values can be invalidated together, and looked through. */
export class TaggedCache<K, V> extends MemoCache<K, V> {
  /** @internal */
  readonly options: AsyncLruOptions<K, V>;
  /** @internal */
  readonly times: LoadTimes = new LoadTimes();
  /** @internal */
  readonly doubts: CacheDoubts<K, V> = new CacheDoubts((load) => this.doubted(load));
  readonly #tags = new CacheTags<K, V>();

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: AsyncLruOptions<K, V>) {
    super(plainOptions(options));
    this.options = options;
  }

  override set(key: K, value: V, options?: LruSetOptions): void {
    checkOptions("keep a value", options);
    super.set(key, value, { ...options, tags: this.#tagsOf(options, key, value) } as LruSetOptions);
  }

  /**
   * Invalidates the values that have the tag, and those of loads under way that turn out to have it.
   *
   * @returns How many values went.
   */
  deleteTag(tag: string): number {
    if (typeof tag !== "string") {
      throw new TypeError(`Cannot delete a tag: "tag" must be a string, received ${seen(tag)}`);
    }
    this.doubts.addTag(tag);
    return this.#deleteAll(this.#tags.with(tag));
  }

  /**
   * Invalidates the values for which the predicate is true, and asks it about those of loads under way, too.
   * It looks at all values.
   *
   * @returns How many values went.
   * @throws What the predicate throws about a value that is there; nothing has changed then.
   */
  deleteWhere(predicate: (value: V, key: K) => boolean): number {
    checkFunction("delete values", "predicate", predicate);
    const matching: CacheEntry<K, V>[] = [];
    for (const entry of this.table.values()) {
      if (isValue(entry) && predicate(entry.value!, entry.key)) matching.push(entry);
    }
    this.doubts.addPredicate(predicate);
    return this.#deleteAll(matching);
  }

  /** The keys and values that are fresh, in no order that means anything. */
  *entries(): IterableIterator<[K, V]> {
    for (const entry of this.table.values()) {
      if (this.isFresh(entry)) yield [entry.key, entry.value!];
    }
  }

  /** The fresh values, to be restored in another process. */
  dump(): CacheDump<K, V> {
    const entries: CacheDump<K, V>["entries"][number][] = [];
    for (const [key, value] of this.entries()) {
      const entry = this.table.get(key)!;
      const leftMs = this.left(entry);
      const tags = this.#tags.of(entry);
      entries.push({
        key,
        value,
        ...(leftMs < Infinity && { leftMs }),
        ...((this.options.maxSize ?? Infinity) < Infinity && { size: entry.size }),
        ...(tags.length > 0 && { tags }),
      });
    }
    return { at: Date.now(), entries };
  }

  /**
   * Puts in place what was dumped and is fresh still; in a second level nothing changes.
   *
   * @throws {TypeError | RangeError} If it is no dump; nothing has changed then.
   */
  restore(dump: CacheDump<K, V>): void {
    checkDump(dump);
    const goneMs = Math.max(0, Date.now() - dump.at);
    for (const { key, value, leftMs = Infinity, size, tags = [] } of dump.entries) {
      const ttlMs = leftMs - goneMs;
      if (ttlMs > 0) super.set(key, value, { ttlMs, size, tags } as LruSetOptions);
    }
  }

  /** @internal Called for a load whose value may turn out to have been invalidated. */
  doubted(_load: CacheLoad<K, V>): void {}

  /** @internal */
  override create(
    entry: CacheEntry<K, V>,
    load: LoadFunction<K, V>,
    keepAlive: boolean,
  ): CacheLoad<K, V> {
    entry.users++;
    const made = new CacheLoad<K, V>(entry, load, this, keepAlive);
    let older = entry.load as CacheLoad<K, V> | undefined;
    while (older?.abandoned === true) older = older.older;
    made.older = older;
    return made;
  }

  /** @internal Not for another key: leases, calls that are due and loads that began before may have it. */
  override evicted(): void {}

  /** @internal */
  override mayWrite(entry: CacheEntry<K, V>, load: object): boolean {
    let one = entry.load as CacheLoad<K, V> | undefined;
    while (one !== undefined && one !== load) one = one.older;
    return one !== undefined;
  }

  /** @internal */
  override ended(load: CacheLoad<K, V>, failed: boolean): void {
    const { entry } = load;
    // What began before it is older than what it has given.
    const rest = failed ? load.older : undefined;
    load.older = undefined;
    let newer = entry.load as CacheLoad<K, V>;
    if (newer === load) {
      entry.load = rest;
      return;
    }
    while (newer.older !== load) newer = newer.older!;
    newer.older = rest;
  }

  /** @internal */
  override begun(load: CacheLoad<K, V>): void {
    load.since = now();
    this.doubts.begin(load);
  }

  /** @internal */
  override mayKeep(load: CacheLoad<K, V>, value: V): boolean {
    const tags = this.#tagsOf(load, load.entry.key, value);
    load.tags = tags;
    return !this.doubts.include(load, tags, value);
  }

  /** @internal */
  override admitted(entry: CacheEntry<K, V>, how: LruSetOptions | undefined): void {
    if (!entry.failed) this.#tags.set(entry, how!.tags as string[]);
  }

  /** @internal */
  override dropped(
    entry: CacheEntry<K, V>,
    _value: V,
    _reason: DropReason,
    _instead: V | undefined,
  ): void {
    this.#tags.remove(entry);
  }

  /** @internal */
  override landed(load: CacheLoad<K, V>, failed: boolean, outcome: unknown): V | Promise<never> {
    const result = super.landed(load, failed, outcome);
    this.doubts.end(load);
    if (!load.abandoned) this.times.add(now() - load.since);
    return result;
  }

  #tagsOf(how: LruSetOptions | undefined, key: K, value: V): readonly string[] {
    const tags = how?.tags ?? this.options.tagsOf?.(value, key);
    return tags === undefined ? NONE : tagsIn("keep a value", tags);
  }

  #deleteAll(entries: readonly CacheEntry<K, V>[]): number {
    for (const entry of entries) {
      // What is told of one may have let go of the next, or replaced it.
      if (entry.kept && this.table.get(entry.key) === entry) this.delete(entry.key);
    }
    return entries.length;
  }
}
