import { checkAmount, checkOptions } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import type { RunOptions, WeightedRunOptions } from "../cancel/run-options.ts";
import { weightIn } from "../cancel/section.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { Permit } from "./permit.ts";
import { Permits } from "./permits.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
import type { AcquireOptions, TryAcquireOptions } from "./semaphore.ts";

/** The figures of a lock by key. */
export interface KeyedLockStats {
  /** How many keys are held or waited for. */
  readonly keys: number;
  /** How many permits are held, of all keys. */
  readonly held: number;
  readonly waiting: number;
}

class KeyPermits<K> extends Permits {
  readonly #all: Map<K, Permits>;
  readonly #key: K;

  constructor(all: Map<K, Permits>, key: K, total: number, target: Primitive) {
    super(total, target instanceof KeyedMutex ? "keyed-mutex" : "keyed-semaphore", target);
    this.#all = all;
    this.#key = key;
  }

  override idle(): void {
    if (this.#all.get(this.#key) === this) this.#all.delete(this.#key);
  }
}

/** One line and a number of permits for each key. A key is forgotten as soon as nobody holds or wants it. */
abstract class KeyedLock<K> extends Primitive {
  readonly #keys = new Map<K, Permits>();
  readonly #total: number;
  readonly #action: string;
  readonly #run: string;

  constructor(kind: string, total: number, options: PrimitiveOptions | undefined) {
    super(`create ${kind}`, options);
    this.#total = total;
    this.#action = `acquire ${kind}`;
    this.#run = `run under ${kind}`;
  }

  #use<T>(key: K, use: (permits: Permits) => T): T {
    const known = this.#keys.get(key);
    if (known !== undefined) return use(known);
    const permits = new KeyPermits(this.#keys, key, this.#total, this);
    this.#keys.set(key, permits);
    try {
      return use(permits);
    } finally {
      // Refused: it was never held.
      permits.handOver();
    }
  }

  /** @internal */
  protected acquireOf(key: K, options: AcquireOptions | undefined): Promise<Permit> {
    try {
      checkOptions(this.#action, options);
      const weight = weightIn(options);
      return this.#use(key, (permits) => {
        if (weight !== 1) permits.checkWeight(this.#action, weight);
        return permits.acquire(this.#action, options, weight);
      });
    } catch (error) {
      return rejected(error);
    }
  }

  /** @internal */
  protected tryAcquireOf(key: K, options: TryAcquireOptions | undefined): Permit | undefined {
    checkOptions(this.#action, options);
    const weight = weightIn(options);
    return this.#use(key, (permits) => {
      if (weight !== 1) permits.checkWeight(this.#action, weight);
      return permits.tryAcquire(weight);
    });
  }

  /** @internal */
  protected runOf<T>(
    key: K,
    fn: () => T | PromiseLike<T>,
    options: WeightedRunOptions | undefined,
  ): Promise<T> {
    return this.#use(key, (permits) => permits.run(this.#run, fn, options, weightIn(options)));
  }

  /** How many keys are held or waited for. */
  get size(): number {
    return this.#keys.size;
  }

  /** Whether a key is held or waited for. */
  has(key: K): boolean {
    return this.#keys.has(key);
  }

  override stats(): KeyedLockStats {
    let held = 0;
    let waiting = 0;
    for (const permits of this.#keys.values()) {
      held += permits.held;
      waiting += permits.line.length;
    }
    return Object.freeze({ keys: this.#keys.size, held, waiting });
  }
}

/**
 * A semaphore for each key, as if made when it is first asked for. Keys are compared as those of a Map
 * are, and forgotten as soon as nobody holds or waits for one.
 *
 * @example
 * ```ts
 * import { KeyedSemaphore } from "corral";
 *
 * const perHost = new KeyedSemaphore<string>(2);
 * const length = await perHost.run("example.com", async () => {
 *   const response = await fetch("https://example.com/");
 *   return (await response.text()).length;
 * });
 * console.log(length > 0, perHost.size); // true 0
 * ```
 */
export class KeyedSemaphore<K> extends KeyedLock<K> {
  /**
   * @param permits How many there are of each key: a non-negative integer, or `Infinity`.
   * @throws {TypeError | RangeError} If `permits` is anything else.
   */
  constructor(permits: number, options?: PrimitiveOptions) {
    super("a keyed semaphore", permits, options);
    checkAmount("create a keyed semaphore", "permits", permits);
  }

  /** Waits for a permit of the key; see `Semaphore.acquire`. */
  acquire(key: K, options?: AcquireOptions): Promise<Permit> {
    return this.acquireOf(key, options);
  }

  /** Takes a permit of the key if one is free and nobody waits for it. */
  tryAcquire(key: K, options?: TryAcquireOptions): Permit | undefined {
    return this.tryAcquireOf(key, options);
  }

  /** Calls `fn` with a permit of the key; see `Semaphore.run`. */
  run<T>(key: K, fn: () => T | PromiseLike<T>, options?: WeightedRunOptions): Promise<T> {
    return this.runOf(key, fn, options);
  }

  /** @internal */
  override get kind(): string {
    return "KeyedSemaphore";
  }
}

/**
 * A mutex for each key, as if made when it is first asked for. Keys are compared as those of a Map are,
 * and forgotten as soon as nobody holds or waits for one.
 *
 * @example
 * ```ts
 * import { KeyedMutex } from "corral";
 *
 * const perAccount = new KeyedMutex<string>();
 * await Promise.all([
 *   perAccount.run("ada", () => console.log("ada's account, alone")),
 *   perAccount.run("bob", () => console.log("bob's account, meanwhile")),
 * ]);
 * console.log(perAccount.size);
 * // ada's account, alone
 * // bob's account, meanwhile
 * // 0
 * ```
 */
export class KeyedMutex<K> extends KeyedLock<K> {
  /** @throws {TypeError} If the options are no object. */
  constructor(options?: PrimitiveOptions) {
    super("a keyed mutex", 1, options);
  }

  /** Waits for the lock of the key; see `Mutex.acquire`. */
  acquire(key: K, options?: WaitOptions): Promise<Permit> {
    return this.acquireOf(key, options);
  }

  /** Takes the lock of the key if it is free and nobody waits for it. */
  tryAcquire(key: K): Permit | undefined {
    return this.tryAcquireOf(key, undefined);
  }

  /** Calls `fn` with the lock of the key held; see `Mutex.run`. */
  run<T>(key: K, fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T> {
    return this.runOf(key, fn, options);
  }

  /** @internal */
  override get kind(): string {
    return "KeyedMutex";
  }
}
