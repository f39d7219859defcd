import { EntryList, unlink } from "./entry-list.ts";
import type { EvictionPolicy, Kept } from "./eviction-policy.ts";

class Lru extends EntryList implements EvictionPolicy {
  admit(entry: Kept): void {
    this.push(entry);
  }

  hit(entry: Kept): void {
    this.renew(entry);
  }

  remove(entry: Kept): void {
    unlink(entry);
  }

  victim(): Kept | undefined {
    return this.oldest;
  }
}

/** Least recently used: an entry that is hit becomes the newest, and the oldest goes. */
export function lru(): EvictionPolicy {
  return new Lru();
}
