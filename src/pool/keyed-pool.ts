import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import type { Lease } from "./lease.ts";
import { acquireFrom, runWith, tryAcquireFrom, warmUp } from "./pool-calls.ts";
import type { KeyedPoolStats } from "./pool-counts.ts";
import type { KeyedPoolOptions, PoolAcquireOptions, PoolCloseOptions } from "./pool-options.ts";
import { keyedPoolSettings } from "./pool-settings.ts";
import { PoolStore } from "./pool-store.ts";

const CREATE = "create a keyed pool";

/**
 * A pool for each key, under one total: connections by host, by tenant, by shard. Of one key there are at
 * most `max`, of all keys together at most `total`.
 *
 * Those who wait for a key are served first come, first served. No key holds up another: who waits since
 * all of its key are in use leaves the total to the others. While the total is what is short, the keys take
 * turns, and an idle resource of the key that was used least recently makes room for a key that needs one.
 * A key that has nothing and that nobody waits for is forgotten.
 *
 * @example
 * ```ts
 * import { KeyedPool } from "corral";
 *
 * const sockets = new KeyedPool({
 *   max: 2,
 *   total: 3,
 *   create: (host: string) => ({ host }),
 *   destroy: ({ host }) => console.log(`closed one to ${host}`),
 * });
 * for (const host of ["a", "b", "c"]) await sockets.run(host, () => {});
 * console.log(sockets.keys, sockets.idle); // 3 3
 * await sockets.run("d", ({ host }) => console.log(`use one to ${host}`));
 * await sockets.close();
 * // closed one to a
 * // use one to d
 * // closed one to b
 * // closed one to c
 * // closed one to d
 * ```
 */
export class KeyedPool<K, T> extends Primitive implements AsyncDisposable {
  readonly #store: PoolStore<K, T>;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: KeyedPoolOptions<K, T>) {
    super(CREATE, options);
    this.#store = new PoolStore(keyedPoolSettings(CREATE, options), this);
  }

  /** How many keys have resources, or calls that wait for one. */
  get keys(): number {
    return this.#store.shelves.size;
  }

  /** How many resources there are of all keys, those included that are being made or ended. */
  get size(): number {
    return this.#store.size;
  }

  /** How many nobody uses. */
  get idle(): number {
    return this.stats().idle;
  }

  /** How many are leased, being reset, or being validated. */
  get busy(): number {
    return this.stats().busy;
  }

  /** How many callers wait in line. */
  get waiting(): number {
    return this.stats().waiting;
  }

  /** Whether it was closed: no call is let in any more. */
  get closed(): boolean {
    return this.#store.closing.begun;
  }

  /**
   * Waits for a lease of a resource of the key; see `Pool.acquire()`.
   *
   * @throws {PoolTimeoutError} If the time was over first.
   * @throws {ClosedError} If the pool is closed, or was terminated meanwhile.
   * @throws What `create` has failed with, unless `onCreateError` is `"retry"`; what `max` throws.
   * @throws {DeadlockError} If it is awaited in a function of `run()` that holds what it waits for.
   */
  acquire(key: K, options?: PoolAcquireOptions): Promise<Lease<T>> {
    return acquireFrom(this.#store, key, options);
  }

  /**
   * Takes a lease if something of the key is idle that can be used at once, and that overtakes nobody.
   *
   * @throws {ClosedError} If the pool is closed.
   */
  tryAcquire(key: K, options?: Pick<PoolAcquireOptions, "name">): Lease<T> | undefined {
    return tryAcquireFrom(this.#store, key, options);
  }

  /**
   * Calls `fn` with a resource of the key, and gives what it gives; see `Pool.run()`.
   *
   * @throws As `acquire()`, and what `fn` throws.
   */
  run<R>(
    key: K,
    fn: (value: T, scope: CancelScope) => R | PromiseLike<R>,
    options?: PoolAcquireOptions,
  ): Promise<R> {
    return runWith(this.#store, key, fn, options);
  }

  /**
   * Waits until there are `count` resources of the key, and has them made, as far as the total allows.
   *
   * @throws As `Pool.warm()`.
   */
  warm(key: K, count: number, options?: WaitOptions): Promise<void> {
    return warmUp(this.#store, key, count, options);
  }

  /** Replaces all resources of a key: those that are idle at once, those in use when they come back. */
  expire(key: K): void {
    const shelf = this.#store.shelves.get(key);
    if (shelf !== undefined) this.#store.expire(shelf);
  }

  /** Replaces all resources of all keys. */
  expireAll(): void {
    this.#store.expire();
  }

  /** Closes the pool; see `Pool.close()`. */
  close(options?: PoolCloseOptions): Promise<void> {
    return this.#store.closing.close(options);
  }

  /** Closes the pool without a grace: what is leased is destroyed now. */
  terminate(): Promise<void> {
    return this.#store.closing.terminate();
  }

  /** As `close()`, which nothing cuts short. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#store.closing.dispose();
  }

  override stats(): KeyedPoolStats {
    const { size } = this.#store.shelves;
    return Object.freeze({ ...this.#store.stats(), keys: size });
  }

  /** @internal */
  override get kind(): string {
    return "KeyedPool";
  }
}
