import type { CacheEntry } from "./cache-entry.ts";
import type { CacheLoad } from "./cache-load.ts";
import type { EntryLoad } from "./entry-load.ts";
import { isValue } from "./cache-store.ts";

/** A value that is not disposed before it is given back. */
export interface CacheLease<V> {
  readonly value: V;
  /** Gives it back. Doing so again does nothing. */
  release(): void;
  [Symbol.dispose](): void;
}

/** One value, and how many hold it. */
interface Holding {
  count: number;
  /** Disposes it; there once the cache has let go of it. */
  dispose: (() => void) | undefined;
  /** Whether it is of those who got it without a lease: it was never kept, and nobody has held it. */
  shared: boolean;
}

/** What a caller is to hold: a value that is there, or the one of a load. */
export interface Claim<K, V> {
  readonly load: CacheLoad<K, V> | undefined;
  readonly holding: Holding | undefined;
}

/** Who holds which value: what is held outlives its place in the cache. */
export class CacheLeases<K, V> {
  readonly #held = new Map<CacheEntry<K, V>, Holding>();
  /** How many wait for the value of a load in order to hold it. */
  readonly #awaited = new WeakMap<CacheLoad<K, V>, number>();
  /** The value of a load that has ended, for those who waited. */
  readonly #landed = new WeakMap<CacheLoad<K, V>, Holding>();

  /**
   * Claims what the load gives, from the moment on at which it is there; without a load, what the entry has.
   * Each claim is to be held.
   */
  claim(entry: CacheEntry<K, V> | undefined, its: EntryLoad<K, V> | undefined): Claim<K, V> {
    const load = its as CacheLoad<K, V> | undefined;
    if (load !== undefined) this.#awaited.set(load, (this.#awaited.get(load) ?? 0) + 1);
    const holds = load === undefined && isValue(entry);
    return { load, holding: holds ? this.#hold(entry!, 1) : undefined };
  }

  /**
   * Holds what was claimed, when it is there.
   *
   * @param wait The caller's own.
   */
  async hold({ load, holding }: Claim<K, V>, wait: Promise<V>): Promise<CacheLease<V>> {
    try {
      const value = await wait;
      holding ??= this.#landed.get(load!)!;
      holding.shared = false;
      return lease(value, holding);
    } catch (error) {
      // The value may have come between the cancellation of this wait and now.
      if (load !== undefined) holding = this.#landed.get(load);
      if (holding !== undefined) giveBack(holding);
      else if (load !== undefined) this.#awaited.set(load, this.#awaited.get(load)! - 1);
      throw error;
    }
  }

  /**
   * A load has ended with a value.
   *
   * @param dispose Disposes the value, if the cache does not keep it.
   */
  landed(load: CacheLoad<K, V>, dispose: (() => void) | undefined): void {
    const count = this.#awaited.get(load) ?? 0;
    // What others have got is theirs.
    const shared = load.awaited;
    if (count === 0) {
      if (!shared) dispose?.();
      return;
    }
    this.#landed.set(
      load,
      dispose === undefined ? this.#hold(load.entry, count) : { count, dispose, shared },
    );
  }

  /**
   * The cache lets go of the value that the entry had.
   *
   * @param dispose Disposes it, once nobody holds it any more.
   * @returns Whether somebody holds it.
   */
  drop(entry: CacheEntry<K, V>, dispose: (() => void) | undefined): boolean {
    const holding = this.#held.size === 0 ? undefined : this.#held.get(entry);
    if (holding === undefined) return false;
    this.#held.delete(entry);
    if (holding.count === 0) return false;
    holding.dispose = dispose;
    return true;
  }

  #hold(entry: CacheEntry<K, V>, count: number): Holding {
    let holding = this.#held.get(entry);
    if (holding === undefined)
      this.#held.set(entry, (holding = { count: 0, dispose: undefined, shared: false }));
    holding.count += count;
    return holding;
  }
}

function giveBack(holding: Holding): void {
  if (--holding.count === 0 && !holding.shared) holding.dispose?.();
}

function lease<V>(value: V, holding: Holding): CacheLease<V> {
  let held = true;
  const release = (): void => {
    if (!held) return;
    held = false;
    giveBack(holding);
  };
  return { value, release, [Symbol.dispose]: release };
}
