import { expect } from "vitest";
import type { AsyncLru } from "corral";
import { CacheEntry } from "../../src/cache/cache-entry.ts";

/** The entries that the eviction policy has, oldest first: of the default one. */
function inOrder<K, V>(cache: AsyncLru<K, V>): object[] {
  const entries: object[] = [];
  let entry = cache.policy.victim();
  for (; entry instanceof CacheEntry && entries.length <= cache.table.size; entry = entry.next) {
    entries.push(entry);
  }
  return entries;
}

/** That the cache has counted right, is within its bounds, and has nothing that nobody can reach. */
export function expectConsistent<K, V>(
  cache: AsyncLru<K, V>,
  { max = 1_000, maxSize = Infinity }: { max?: number; maxSize?: number } = {},
): void {
  const entries = [...cache.table.values()];
  const kept = entries.filter((entry) => entry.kept);
  const known = new Set(inOrder(cache));
  const total = kept.reduce((sum, entry) => sum + entry.size, 0);
  const stats = cache.stats();
  const facts = {
    "size is the number of results": cache.size === kept.length && stats.size === cache.size,
    "totalSize is the sum of their sizes":
      Math.abs(cache.totalSize - total) < 1e-9 && stats.totalSize === cache.totalSize,
    "there are no more than max": cache.size <= max,
    "they are no larger than maxSize": cache.totalSize <= maxSize,
    "the policy has each result once":
      known.size === kept.length &&
      inOrder(cache).length === kept.length &&
      kept.every((entry) => known.has(entry)),
    "each entry has a result or a load": entries.every((it) => it.kept || it.load !== undefined),
    "each entry is at its key": [...cache.table].every(([key, it]) => Object.is(key, it.key)),
  };
  expect(Object.entries(facts).filter(([, holds]) => !holds)).toEqual([]);
}
