import { seen } from "../internal/arguments.ts";
import type { CacheEntry } from "./cache-entry.ts";

/**
 * Each tag once.
 *
 * @throws {TypeError} If they are no iterable of strings. A string is one, of its letters, but not meant.
 */
export function tagsIn(action: string, tags: unknown): string[] {
  const iterable = typeof tags === "object" && tags !== null && Symbol.iterator in tags;
  const all = iterable ? [...new Set(tags as Iterable<unknown>)] : [undefined];
  if (all.every((tag) => typeof tag === "string")) return all;
  throw new TypeError(
    `Cannot ${action}: "tags" must be an iterable of strings, received ${seen(tags)}`,
  );
}

/** Which entries have which tags. */
export class CacheTags<K, V> {
  readonly #entries = new Map<string, Set<CacheEntry<K, V>>>();
  readonly #tags = new Map<CacheEntry<K, V>, readonly string[]>();

  set(entry: CacheEntry<K, V>, tags: readonly string[]): void {
    if (tags.length === 0) return;
    this.#tags.set(entry, tags);
    for (const tag of tags) {
      const entries = this.#entries.get(tag);
      if (entries === undefined) this.#entries.set(tag, new Set([entry]));
      else entries.add(entry);
    }
  }

  remove(entry: CacheEntry<K, V>): void {
    if (this.#tags.size === 0) return;
    for (const tag of this.of(entry)) {
      const entries = this.#entries.get(tag)!;
      entries.delete(entry);
      if (entries.size === 0) this.#entries.delete(tag);
    }
    this.#tags.delete(entry);
  }

  of(entry: CacheEntry<K, V>): readonly string[] {
    return this.#tags.get(entry) ?? [];
  }

  /** Those that have the tag now. */
  with(tag: string): CacheEntry<K, V>[] {
    return [...(this.#entries.get(tag) ?? [])];
  }
}
