import type { Kept } from "./eviction-policy.ts";
import type { EntryLoad } from "./entry-load.ts";

/** What a cache has of one key: a value, or a load of it, or both. */
export class CacheEntry<K, V> implements Kept {
  key: K;
  size = 0;
  list: object | undefined = undefined;
  previous: Kept | undefined = undefined;
  next: Kept | undefined = undefined;
  mark = 0;
  /** Whether it has a value, or a failure, and with that a place that the policy knows of. */
  kept = false;
  /** Whether it is a failure that is kept; then `promise` is there, and is rejected. */
  failed = false;
  value: V | undefined = undefined;
  /** What callers get, from the first who waits for the value. */
  promise: Promise<V> | undefined = undefined;
  /** The load that may write to it. */
  load: EntryLoad<K, V> | undefined = undefined;
  /** Until when it is fresh, on the clock of `now()`. */
  freshUntil: number = Infinity;
  /** How long it was to be fresh. */
  ttlMs: number = Infinity;
  /** How many have it in hand: loads that have not landed, and calls of the user's functions. */
  users = 0;

  constructor(key: K) {
    this.key = key;
  }
}
