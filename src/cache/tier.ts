import { checkFunction, checkMs, seen } from "../internal/arguments.ts";
import { cancellable } from "../cancel/cancellable.ts";
import { now } from "../cancel/clock.ts";
import { isOurs } from "../cancel/ownership.ts";
import { sleep } from "../cancel/sleep.ts";
import type { CacheLoad } from "./cache-load.ts";
import { isValue } from "./cache-store.ts";
import type { CacheTier, TierValue } from "./cache-tier.ts";
import type { Home } from "./home.ts";
import { tellFailure, TierWrites } from "./tier-writes.ts";

/** How often it is looked whether another process has loaded: at first, and at most. */
const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 500;

/** Stands for an answer of a tier that has failed: a load asks it nothing more. */
const FAILED: unique symbol = Symbol("failed");

type Found<V> = TierValue<V> | typeof FAILED | undefined;

const TAKE = "take an answer of the second level";

/** The second level of one cache. */
export class Tier<K, V> extends TierWrites<K, V> {
  readonly #leaseMs: number;
  readonly #aheadMs: number;
  /** Leases of the keys that this process loads. */
  readonly #leases = new WeakMap<CacheLoad<K, V>, () => unknown>();
  /** Loads whose values came from here. */
  readonly #found = new WeakSet<CacheLoad<K, V>>();

  /**
   * @param leaseMs How long another process may keep this one from loading.
   * @param aheadMs How long before its end a value is loaded ahead: then one that is no newer does not count.
   */
  constructor(tier: CacheTier<K, V>, leaseMs: number, aheadMs: number, home: Home) {
    super(tier, home);
    this.#leaseMs = leaseMs;
    this.#aheadMs = aheadMs;
  }

  /** The value that is here, else what `fn` loads, once among all processes if the tier has leases. */
  async load(load: CacheLoad<K, V>, fn: () => V | PromiseLike<V>): Promise<V> {
    const before = this.before(load.entry.key);
    if (before !== undefined) await cancellable(before, { signal: load.scope.signal });
    const found = (await this.#find(load)) ?? (await this.#findInTurn(load));
    return found === undefined || found === FAILED ? fn() : found.value;
  }

  /** A load has ended. What is kept is written here, unless it came from here. */
  landed(load: CacheLoad<K, V>): void {
    const { entry } = load;
    const release = this.#leases.get(load);
    if (load.kept && !entry.failed && !this.#found.has(load)) {
      this.set(entry.key, entry.value!, entry.ttlMs);
    }
    if (release !== undefined) this.release(entry.key, release);
  }

  /** Waits until nobody else loads the key, or has loaded it. */
  async #findInTurn(load: CacheLoad<K, V>): Promise<Found<V>> {
    if (this.tier.lease === undefined) return undefined;
    // Who holds the lease may die, and who comes next has the same time. Nobody waits for the third one.
    const until = now() + 2 * this.#leaseMs;
    for (let ms = FIRST_POLL_MS; ; ms = Math.min(2 * ms, LAST_POLL_MS)) {
      const mayLoad = await this.#lease(load);
      if (mayLoad === FAILED) return FAILED;
      if (!mayLoad) await sleep(Math.min(ms, until - now()), { signal: load.scope.signal });
      // Whoever had the lease before may have loaded it.
      const found = await this.#find(load);
      if (mayLoad || found !== undefined || now() >= until) return found;
    }
  }

  /** Whether nobody else loads the key now. */
  #lease(load: CacheLoad<K, V>): Promise<boolean | typeof FAILED> {
    return this.#ask(load, "lease()", async (signal) => {
      const release = await this.tier.lease!(load.entry.key, { leaseMs: this.#leaseMs, signal });
      if (release === undefined || release === null) return false;
      checkFunction(TAKE, "release", release);
      // Before anybody looks whether it is wanted still.
      this.#leases.set(load, release);
      return true;
    });
  }

  #find(load: CacheLoad<K, V>): Promise<Found<V>> {
    return this.#ask(load, "get()", async (signal) => {
      const { entry } = load;
      const found = await this.tier.get(entry.key, { signal });
      if (found === undefined || found === null) return undefined;
      if (typeof found !== "object") {
        const expected = `"value" must be in an object, received ${seen(found)}`;
        throw new TypeError(`Cannot ${TAKE}: ${expected}`);
      }
      if (found.ttlMs !== undefined) checkMs(TAKE, "ttlMs", found.ttlMs);
      const ahead = isValue(entry) && entry.freshUntil > now();
      const { ttlMs = ahead ? 0 : Infinity } = found;
      if (ttlMs <= (ahead ? this.#aheadMs : 0)) return undefined;
      this.#found.add(load);
      load.ttlMs = found.ttlMs;
      return found;
    });
  }

  /** Asks for the sake of a load, which may be cancelled meanwhile. */
  async #ask<T>(
    { scope }: CacheLoad<K, V>,
    what: string,
    fn: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | typeof FAILED> {
    let answer: T | typeof FAILED = FAILED;
    try {
      answer = await fn(scope.signal);
    } catch (error) {
      if (!isOurs(scope, error)) tellFailure(what, error);
    }
    scope.throwIfCancelled();
    return answer;
  }
}
