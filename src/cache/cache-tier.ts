import { checkFunction, seen } from "../internal/arguments.ts";

/** What a second level has of a key. */
export interface TierValue<V> {
  readonly value: V;
  /**
   * For how long it is fresh still: what is at its end already does not count. If it is not given, the options
   * of the cache say it.
   */
  readonly ttlMs?: number | undefined;
}

/**
 * A second level of a cache, such as Redis, that processes share. What it throws is reported, and taken as
 * if it had nothing: then a deletion leaves what is there until its time is over.
 *
 * What one process does to a key is done in order, one thing after the other; of what waits for its turn, the
 * last counts. A load waits for what was to be done to its key before. So nothing that was loaded before an
 * invalidation is written or found after it, as far as one process goes: another one may load meanwhile what
 * it writes later, and what its own first level has, it has until its time is over.
 *
 * A tier bounds its own time, by a `timeout()` for one: loads wait for it. Its methods run in no scope of the
 * caller's; `get` and `lease` run in that of the load. All run in the async context in which the cache was made. Keys
 * must mean the same in each process: those that `memoize` makes of arguments do not for what it compares by identity.
 */
export interface CacheTier<K, V> {
  /** Looks for a value. */
  get(
    key: K,
    options: { readonly signal: AbortSignal },
  ): TierValue<V> | undefined | PromiseLike<TierValue<V> | undefined>;
  /** Puts a value in place; the callers of the load do not wait for it. If it fails, the key is deleted. */
  set(key: K, value: V, options: { readonly ttlMs: number }): unknown;
  /** Deletes a key, which may not be there. */
  delete(key: K): unknown;
  /** Deletes all; without it, `clear()` of the cache deletes the keys that this process knows of. */
  clear?(): unknown;
  /**
   * Lets one process load a key at a time: gives what is to be called when it has, or `undefined` while
   * another one holds the lease. It ends by itself after `leaseMs`. Whoever does not get it looks again and
   * again for the value and for the lease, for twice that time at most.
   */
  lease?(
    key: K,
    options: { readonly leaseMs: number; readonly signal: AbortSignal },
  ): (() => unknown) | undefined | PromiseLike<(() => unknown) | undefined>;
}

const CREATE = "create a cache";

/** @throws {TypeError} If it is no tier. */
export function checkTier(tier: CacheTier<never, never>): void {
  if (typeof tier !== "object" || tier === null) {
    throw new TypeError(`Cannot ${CREATE}: "tier" must be an object, received ${seen(tier)}`);
  }
  for (const name of ["get", "set", "delete"] as const) {
    checkFunction(CREATE, `tier.${name}`, tier[name]);
  }
  for (const name of ["clear", "lease"] as const) {
    if (tier[name] !== undefined) checkFunction(CREATE, `tier.${name}`, tier[name]);
  }
}
