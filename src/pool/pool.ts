import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import type { Lease } from "./lease.ts";
import { acquireFrom, runWith, tryAcquireFrom, warmUp } from "./pool-calls.ts";
import type { PoolStats } from "./pool-counts.ts";
import type { PoolAcquireOptions, PoolCloseOptions, PoolOptions } from "./pool-options.ts";
import { poolSettings } from "./pool-settings.ts";
import { PoolStore } from "./pool-store.ts";
import type { Shelf } from "./shelf.ts";

const CREATE = "create a pool";

/**
 * Lends out resources that are dear to make: connections, browsers, workers. At most `max` of them are
 * there at a time.
 *
 * First come, first served: what comes back is handed to the first in line in the same step. Of those that
 * are idle, the one that was used last is used next, so that what is not needed grows old, and goes.
 *
 * @example
 * ```ts
 * import { Pool } from "corral";
 *
 * let made = 0;
 * const pool = new Pool({ max: 2, create: () => ({ id: ++made }) });
 *
 * const answer = await pool.run((connection) => `from ${connection.id}`);
 * console.log(answer); // from 1
 * {
 *   await using lease = await pool.acquire();
 *   console.log(lease.value.id, pool.busy, pool.idle); // 1 1 0
 * }
 * console.log(pool.busy, pool.idle); // 0 1
 * await pool.close();
 * ```
 */
export class Pool<T> extends Primitive implements AsyncDisposable {
  readonly #store: PoolStore<undefined, T>;
  readonly #shelf: Shelf<undefined, T>;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: PoolOptions<T>) {
    super(CREATE, options);
    this.#store = new PoolStore(poolSettings(CREATE, options), this);
    this.#shelf = this.#store.shelf(undefined);
    this.#store.settle(this.#shelf);
  }

  /** How many there are, those included that are being made or ended. */
  get size(): number {
    return this.#store.size;
  }

  /** How many nobody uses. */
  get idle(): number {
    return this.#shelf.idle.size;
  }

  /** How many are leased, being reset, or being validated. */
  get busy(): number {
    return this.#shelf.busy;
  }

  /** How many callers wait in line. */
  get waiting(): number {
    return this.#shelf.line.length;
  }

  /** Whether it was closed: no call is let in any more. */
  get closed(): boolean {
    return this.#store.closing.begun;
  }

  /**
   * Waits for a lease of a resource, to be released by whoever got it. One that was granted is the caller's,
   * even if a timeout or an abort comes in the same moment; `cancellable(pool.acquire())` releases it then.
   *
   * @throws {PoolTimeoutError} If the time was over first.
   * @throws {ClosedError} If the pool is closed, or was terminated meanwhile.
   * @throws What `create` has failed with, unless `onCreateError` is `"retry"`.
   * @throws {DeadlockError} If it is awaited in a function of `run()` that holds what it waits for.
   */
  acquire(options?: PoolAcquireOptions): Promise<Lease<T>> {
    return acquireFrom(this.#store, undefined, options);
  }

  /**
   * Takes a lease if something is idle that can be used at once, and that overtakes nobody.
   *
   * @throws {ClosedError} If the pool is closed.
   */
  tryAcquire(options?: Pick<PoolAcquireOptions, "name">): Lease<T> | undefined {
    return tryAcquireFrom(this.#store, undefined, options);
  }

  /**
   * Calls `fn` with a resource, and gives what it gives, once the resource was given back. The signal ends
   * the wait for a resource and cancels the scope of `fn`; `timeoutMs` is for the wait alone. It calls `fn`
   * at once when a resource is idle.
   *
   * @throws As `acquire()`, and what `fn` throws.
   */
  run<R>(
    fn: (value: T, scope: CancelScope) => R | PromiseLike<R>,
    options?: PoolAcquireOptions,
  ): Promise<R> {
    return runWith(this.#store, undefined, fn, options);
  }

  /**
   * Waits until there are `count` resources, `min` by default, and has them made.
   *
   * @throws What `create` has failed with, unless `onCreateError` is `"retry"`.
   * @throws {ClosedError} If the pool is closed.
   * @throws {TypeError | RangeError} If `count` is no non-negative integer, or more than `max`.
   */
  warm(count?: number, options?: WaitOptions): Promise<void> {
    return warmUp(this.#store, undefined, count ?? this.#store.settings.min, options);
  }

  /**
   * Replaces all resources that there are: those that are idle at once, those in use when they come back.
   * To be called when a password was changed, or a server was replaced.
   */
  expire(): void {
    this.#store.expire();
  }

  /**
   * Closes the pool. No new calls are let in; those in line are still served, and what comes back is
   * destroyed. When `graceMs` is over, those who still wait reject with ClosedError, and what is still
   * leased is destroyed, which is reported with the names of its holders; the scope of a function that runs
   * with it is cancelled. A cancellation ends the grace
   * likewise, and is answered when all has ended. Further calls join in.
   *
   * @returns When everything was destroyed.
   */
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

  override stats(): PoolStats {
    return Object.freeze({ ...this.#store.stats(), max: this.#shelf.max });
  }

  /** @internal */
  override get kind(): string {
    return "Pool";
  }
}
