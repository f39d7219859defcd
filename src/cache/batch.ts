import { checkCount, checkFunction, checkMs, checkOptions, seen } from "../internal/arguments.ts";
import { ready, rejected } from "../internal/budget.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { checkName, type PrimitiveOptions } from "../sync/primitive.ts";
import { BatchLoader, type BatchStats } from "./batch-loader.ts";
import { Whole } from "./batch-many.ts";

export interface BatchOptions<K> extends PrimitiveOptions {
  /** How many keys a batch has at most; `Infinity` by default. One that is full goes at once. */
  max?: number | undefined;
  /**
   * How long keys are collected: a batch goes when its first key has waited so long. By default, and for
   * zero and less, it goes in the next turn of the event loop, with all that was asked for in this one.
   * `Infinity` waits for `flush()`, or for a full batch.
   */
  windowMs?: number | undefined;
  /** How many batches are under way at most; `Infinity` by default. */
  concurrency?: number | undefined;
  /**
   * Tells keys from one another: two for which it gives the same are one. By default the key itself; all
   * are compared as those of a Map.
   */
  key?: ((key: K) => unknown) | undefined;
}

/** A function that loads what belongs to a key, together with others; see {@link batch}. */
export interface Batched<K, V> {
  /**
   * Loads what belongs to the key, with the next batch. A cancelled call rejects at once.
   *
   * @throws {DeadlockError} If `loadMany` awaits it, and can never get a place for it: where that is proved.
   */
  (key: K, options?: WaitOptions): Promise<V>;
  /**
   * Loads what belongs to each of the keys, and gives it in their order. When one fails, the call does
   * not wait for the others, and rejects with that error; `failuresOf` tells of those that failed with it.
   *
   * @throws {TypeError} If `keys` is not iterable.
   */
  many(keys: Iterable<K>, options?: WaitOptions): Promise<V[]>;
  /** Sends the keys of the moment without waiting for more; those that find no free place go when there is one. */
  flush(): void;
  /** How many keys wait to be sent. */
  readonly pending: number;
  /** Figures of the moment: a frozen object. */
  stats(): BatchStats;
}

/** What is loaded for each key: an Error is what those who asked for the key reject with. */
type Result<V> = V | Error;

const LOAD = "load";

/**
 * Makes one call of many: loads by key that are asked for at about the same time are made together.
 *
 * Keys are collected for the rest of the turn of the event loop, or for `windowMs`, or until there are
 * `max`. One that was asked for several times meanwhile is sent once. Then `loadMany` is called with the
 * keys, in the order in which they came. It gives an array of as many results, in the order of the keys,
 * or a Map. An Error among them rejects those who asked for its key, and nobody else; what a Map does not
 * have is `undefined`. What `loadMany` throws is what all of the batch reject with. With `concurrency`,
 * batches wait for each other, and collect keys meanwhile.
 *
 * Nothing is remembered: a key that is asked for while a batch is under way with it is loaded again, in a
 * later one. To remember, give the function to a cache as its loader.
 *
 * A caller that is cancelled, by its scope or its signal, rejects at once and alone. A key that nobody
 * waits for any more is not sent; a batch under way that nobody waits for any more is cancelled. The call
 * belongs to none of its callers: it runs in the async context in which `batch()` was called, and in a
 * scope of its own. Its deadline is the latest of those who waited when it began.
 *
 * @param loadMany Gets a fresh array, and the scope of the batch.
 * @throws {TypeError | RangeError} If an argument is not what it should be. Its calls reject with a
 * TypeError if `loadMany` does not give a result for each key.
 * @example
 * ```ts
 * import { batch } from "corral";
 *
 * const names = new Map([[1, "Ada"], [2, "Grace"]]);
 * const nameOf = batch(async (ids: readonly number[]) => {
 *   console.log(ids.join()); // 1,2,3
 *   return ids.map((id) => names.get(id) ?? new Error(`nobody has the number ${id}`));
 * });
 * const [ada, grace, nobody] = await Promise.allSettled([nameOf(1), nameOf(2), nameOf(3)]);
 * console.log(ada.status, grace.status, nobody.status); // fulfilled fulfilled rejected
 * ```
 */
export function batch<K, V>(
  loadMany: (
    keys: readonly K[],
    scope: CancelScope,
  ) => readonly Result<V>[] | PromiseLike<readonly Result<V>[]>,
  options?: BatchOptions<K>,
): Batched<K, V>;
/** The same for results in a Map, which may have none for a key. */
export function batch<K, V>(
  loadMany: (
    keys: readonly K[],
    scope: CancelScope,
  ) => ReadonlyMap<K, Result<V>> | PromiseLike<ReadonlyMap<K, Result<V>>>,
  options?: BatchOptions<K>,
): Batched<K, V | undefined>;
export function batch<K, V>(
  loadMany: (keys: readonly K[], scope: CancelScope) => unknown,
  options?: BatchOptions<K>,
): Batched<K, V> {
  const action = "create a batch";
  checkFunction(action, "loadMany", loadMany);
  const name = checkName(action, options) ?? (loadMany.name || undefined);
  const { max = Infinity, windowMs = 0, concurrency = Infinity, key: idOf } = options ?? {};
  checkCount(action, "max", max);
  checkMs(action, "windowMs", windowMs);
  checkCount(action, "concurrency", concurrency);
  if (idOf !== undefined) checkFunction(action, "key", idOf);
  const loader = new BatchLoader<K, V>({ loadMany, max, windowMs, concurrency, name });

  function load(key: K, how?: WaitOptions): Promise<V> {
    try {
      checkOptions(LOAD, how);
      const id = idOf === undefined ? key : idOf(key);
      const signal = how?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const wait = loader.want(key, id, place, signal);
      loader.watch(LOAD, wait, wait.promise);
      return wait.promise;
    } catch (error) {
      return rejected(error);
    }
  }

  function many(keys: Iterable<K>, how?: WaitOptions): Promise<V[]> {
    try {
      checkOptions(LOAD, how);
      if (typeof (keys as Iterable<K> | null | undefined)?.[Symbol.iterator] !== "function") {
        throw new TypeError(`Cannot ${LOAD}: "keys" must be iterable, received ${seen(keys)}`);
      }
      // All of them before any is wanted: what gives them may throw.
      const all = Array.from(keys);
      const ids = idOf === undefined ? all : all.map((key) => idOf(key));
      const signal = how?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (all.length === 0) return ready([]);
      const whole = new Whole<V>();
      for (const [i, key] of all.entries()) loader.want(key, ids[i], place, signal, whole);
      const result = whole.result();
      loader.watch(LOAD, whole.parts[0]!, result);
      return result;
    } catch (error) {
      return rejected(error);
    }
  }

  return Object.defineProperties(load, {
    many: { value: many },
    flush: { value: () => loader.flush() },
    pending: { get: () => loader.stats.pending },
    stats: { value: () => Object.freeze(loader.stats) },
  }) as Batched<K, V>;
}
