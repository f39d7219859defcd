import { EntryList, unlink } from "./entry-list.ts";
import type { EvictionPolicy, Kept } from "./eviction-policy.ts";

/** Least recently used: an entry that is hit becomes the newest, and the oldest goes. */
export function lru(): EvictionPolicy {
  const entries = new EntryList();
  return {
    admit(entry: Kept) {
      entries.push(entry);
    },

    hit(entry: Kept) {
      if (entry === entries.previous) return;
      unlink(entry);
      entries.push(entry);
    },

    remove: unlink,

    victim: () => entries.oldest,
  };
}
