/**
 * What an eviction policy keeps in each entry of a cache. Once it is removed it may come back with another key: what a
 * policy remembers of those that went out, it remembers by their keys.
 */
export interface Kept {
  readonly key: unknown;
  /** How much of the capacity it takes, above 0. It changes only while no policy has the entry. */
  readonly size: number;
  /** Which line of the policy it is in; undefined before it is admitted and after it is removed. */
  list: object | undefined;
  /** Its neighbours in that line. */
  previous: Kept | undefined;
  next: Kept | undefined;
  /** What the policy notes of it; 0 at first. */
  mark: number;
}

/**
 * Decides which entry of a cache goes when there is no room for another. The cache adds up the sizes, and
 * before it calls `admit()` it removes one `victim()` after the other until the new entry fits. So what has
 * just been stored is not evicted for its own sake.
 *
 * All calls take constant time, amortised over those before.
 */
export interface EvictionPolicy {
  /** Takes in an entry that can be evicted from now on: one that is loading is not admitted yet. */
  admit(entry: Kept): void;
  /** Notes that an admitted entry was asked for. */
  hit(entry: Kept): void;
  /** Lets go of an admitted entry, whether it is evicted, deleted or replaced. */
  remove(entry: Kept): void;
  /** The entry that goes next, which the caller removes then; undefined if there is none. */
  victim(): Kept | undefined;
}

/**
 * Makes the policy of one cache.
 *
 * @param capacity What the sizes of all entries may add up to.
 */
export type Eviction = (capacity: number) => EvictionPolicy;
