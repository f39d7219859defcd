import type { CancelScope } from "../cancel/scope.ts";
import type { PrimitiveOptions } from "../sync/primitive.ts";
import type { Backoff } from "../resilience/backoff.ts";
import type { PoolEvent } from "./pool-event.ts";

/** What a pool has that does not depend on what is in it. All times are in milliseconds. */
export interface PoolSettings extends PrimitiveOptions {
  /** How long a call waits for a lease, unless it says so itself; `Infinity` by default. */
  acquireTimeoutMs?: number | undefined;
  /** How long `create` may take; 30 s by default. */
  createTimeoutMs?: number | undefined;
  /** How long `validate` may take; 5 s by default. */
  validateTimeoutMs?: number | undefined;
  /** How long `reset` may take before the resource is destroyed in its place; 5 s by default. */
  resetTimeoutMs?: number | undefined;
  /**
   * How long `destroy` may take, and a `create` that was cancelled, before the pool gives them up: that is
   * reported, and their place is free again. 5 s by default.
   */
  destroyTimeoutMs?: number | undefined;
  /** A resource that nobody has used for so long is destroyed, as long as more than `min` are left. */
  maxIdleMs?: number | undefined;
  /** A resource is replaced so long after its creation; one that is in use, when it comes back. */
  maxLifetimeMs?: number | undefined;
  /** By which part, from 0 to 1, a lifetime is made shorter at random, so that not all end together; 0.1 by default. */
  lifetimeJitter?: number | undefined;
  /** A resource is replaced after so many leases. */
  maxUses?: number | undefined;
  /** A resource is validated unless it was used so shortly before; 0 by default: always. */
  validateAfterIdleMs?: number | undefined;
  /**
   * What becomes of those who wait when `create` fails: the first of them rejects with its error
   * (`"reject"`, the default), or all wait on until it succeeds or their time is over (`"retry"`).
   */
  onCreateError?: "reject" | "retry" | undefined;
  /** How long to wait before `create` is called again after so many failures in a row. */
  backoff?: Backoff | undefined;
  /** A lease that is held for so long is reported; in development with the place where it was acquired. */
  leakWarnMs?: number | undefined;
}

/** How the resources of a pool are made, looked after and ended. */
export interface PoolOptions<T> extends PoolSettings {
  /**
   * Makes a resource. It is called in the async context that the pool was made in, not in that of the
   * caller who happened to need it: who leaves does not end it, and others use what it makes. Its scope is
   * cancelled when its time is over or the pool closes.
   */
  create: (scope: CancelScope) => T | PromiseLike<T>;
  /** Ends a resource, once for each; without it, one that is disposable is disposed. What it throws is reported. */
  destroy?: ((value: T, scope: CancelScope) => unknown) | undefined;
  /** Whether a resource can still be used: asked before it is leased. One for which it throws cannot. */
  validate?: ((value: T, scope: CancelScope) => boolean | PromiseLike<boolean>) | undefined;
  /** Makes a resource as good as new, when it comes back. If it fails, that is reported, and the resource destroyed. */
  reset?: ((value: T, scope: CancelScope) => unknown) | undefined;
  /** Whether an error with which the function of `run()` has failed means that the resource is to be destroyed. */
  isBroken?: ((error: unknown, value: T) => boolean) | undefined;
  /** How many are kept, however long nobody uses them; 0 by default. */
  min?: number | undefined;
  /** How many there are at most, those included that are being made or ended; 10 by default. */
  max?: number | undefined;
  /** Whether `min` are made at once, and made again when one ends; by default they are made when needed. */
  eager?: boolean | undefined;
  /** Told what happens. What it throws is reported. */
  onEvent?: ((event: PoolEvent<T, undefined>) => unknown) | undefined;
}

/** As {@link PoolOptions}, for a pool that has resources of many keys. */
export interface KeyedPoolOptions<K, T> extends PoolSettings {
  /** Makes a resource of a key; see `PoolOptions.create`. */
  create: (key: K, scope: CancelScope) => T | PromiseLike<T>;
  /** Ends a resource; see `PoolOptions.destroy`. */
  destroy?: ((value: T, key: K, scope: CancelScope) => unknown) | undefined;
  /** Whether a resource can still be used; see `PoolOptions.validate`. */
  validate?: ((value: T, key: K, scope: CancelScope) => boolean | PromiseLike<boolean>) | undefined;
  /** Makes a resource as good as new; see `PoolOptions.reset`. */
  reset?: ((value: T, key: K, scope: CancelScope) => unknown) | undefined;
  /** Whether an error of the function of `run()` means that the resource is to be destroyed. */
  isBroken?: ((error: unknown, value: T, key: K) => boolean) | undefined;
  /** How many there are at most of one key, or a function that says so of each; 10 by default. */
  max?: number | ((key: K) => number) | undefined;
  /** How many there are at most of all keys together; 100 by default. */
  total?: number | undefined;
  /** Told what happens. What it throws is reported. */
  onEvent?: ((event: PoolEvent<T, K>) => unknown) | undefined;
}

export interface PoolAcquireOptions {
  /** Ends the wait: it rejects with the signal's reason, as it is. */
  signal?: AbortSignal | undefined;
  /** How long to wait, in place of what the pool says. */
  timeoutMs?: number | undefined;
  /** How reports call the lease. */
  name?: string | undefined;
}

export interface PoolCloseOptions {
  /** How long leases may still be held, and those in line be served; 5 s by default. */
  graceMs?: number | undefined;
  /** Ends the grace: all is destroyed, and then the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}
