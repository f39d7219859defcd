import { checkCount, checkInteger } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { waitOn } from "../sync/wait-on.ts";
import { KeyedTotal, KeyPlaces } from "./keyed-places.ts";
import type { LimitOptions } from "./limit.ts";
import { onTimeoutIn } from "./limit-section.ts";

/** How much a key may have. */
export interface KeyAllowance {
  /** How many calls of the key may run at once: a positive integer, or `Infinity`. */
  readonly concurrency: number;
  /**
   * How many calls of the key start in a round, while several keys have calls that could start and the
   * total is what is short. A positive integer; 1 by default.
   */
  readonly share?: number | undefined;
}

/** What each key may have, or a function that says so of one. */
export type PerKey<K> = number | ((key: K) => number | KeyAllowance);

export interface KeyedOptions extends LimitOptions {
  /** How many calls may run at once, of all keys together: a positive integer, or `Infinity` (the default). */
  total?: number | undefined;
}

/** The figures of a limit by key. */
export interface KeyedLimitStats {
  /** How many keys run or wait for something. */
  readonly keys: number;
  readonly active: number;
  readonly pending: number;
  readonly zombies: number;
  readonly total: number;
}

const CREATE = "create a keyed limit";
const RUN = "run under a keyed limit";
const ANSWER = "perKey(key)";

/** A limit on how many calls of each key run at once, and of all keys together; see {@link keyed}. */
export class KeyedLimit<K> extends Primitive {
  readonly #perKey: PerKey<K>;
  readonly #places: KeyedTotal<K>;

  /** @internal */
  constructor(perKey: PerKey<K>, options: KeyedOptions | undefined) {
    super(CREATE, options);
    if (typeof perKey !== "function") {
      checkCount(CREATE, "perKey", perKey, "a positive integer or a function");
    }
    const { total = Infinity } = options ?? {};
    checkCount(CREATE, "total", total);
    this.#perKey = perKey;
    this.#places = new KeyedTotal(total, onTimeoutIn(CREATE, options), this);
  }

  /**
   * Calls `fn` as soon as the key and the total have a place, and gives what it gives. The signal ends
   * the wait in line: a call that has begun is waited for.
   *
   * @throws {ClosedError} If `clear()` was called while it waited.
   * @throws {DeadlockError} If it is awaited in a call that holds what it waits for, and so could never
   * begin; see `setDeadlockDetection`.
   */
  run<T>(key: K, fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T> {
    const known = this.#places.keys.get(key);
    if (known !== undefined) return known.run(RUN, fn, options, 1);
    let places: KeyPlaces<K>;
    try {
      places = this.#open(key);
    } catch (error) {
      return rejected(error);
    }
    const result = places.run(RUN, fn, options, 1);
    // It may have been refused.
    places.idle();
    return result;
  }

  #open(key: K): KeyPlaces<K> {
    const perKey = this.#perKey;
    if (typeof perKey === "number") return new KeyPlaces(this.#places, key, perKey, 1);
    const allowance: unknown = perKey(key);
    let concurrency = allowance;
    let share: unknown;
    if (typeof allowance === "object" && allowance !== null) {
      ({ concurrency, share } = allowance as KeyAllowance);
      checkCount(RUN, `${ANSWER}.concurrency`, concurrency);
      if (share !== undefined) checkInteger(RUN, `${ANSWER}.share`, share);
    } else {
      checkCount(RUN, ANSWER, concurrency, "a positive integer or an object");
    }
    // The function may have called this with the same key.
    return (
      this.#places.keys.get(key) ??
      new KeyPlaces(this.#places, key, concurrency as number, (share ?? 1) as number)
    );
  }

  /** How many keys run or wait for something. The others are forgotten. */
  get size(): number {
    return this.#places.keys.size;
  }

  /** How many calls run. */
  get active(): number {
    return this.#places.held;
  }

  /** How many calls wait in line. */
  get pending(): number {
    return this.#places.pending;
  }

  /** How many calls were cancelled, or have timed out, and have not ended. */
  get zombies(): number {
    return this.#places.calls.zombies;
  }

  /** How many calls of a key run. */
  activeOf(key: K): number {
    return this.#places.keys.get(key)?.held ?? 0;
  }

  /** How many calls of a key wait in line. */
  pendingOf(key: K): number {
    return this.#places.keys.get(key)?.line.length ?? 0;
  }

  /**
   * How many calls may run at once, of all keys together. More start at once; fewer come into force as
   * calls end.
   */
  get total(): number {
    return this.#places.total;
  }

  /** @throws {TypeError | RangeError} If it is neither a positive integer nor `Infinity`. */
  set total(total: number) {
    checkCount("change a keyed limit", "total", total);
    this.#places.total = total;
  }

  /** Rejects all that wait in line with a ClosedError. Running calls go on. */
  clear(): void;
  /** Rejects all calls of a key that wait in line. */
  clear(key: K): void;
  clear(...of: readonly K[]): void {
    const { keys } = this.#places;
    // Not by the value: `undefined` is a key, too.
    const cleared = of.length === 0 ? [...keys.values()] : of.flatMap((key) => keys.get(key) ?? []);
    for (const places of cleared) places.clear(RUN);
    for (const places of cleared) places.handOver();
  }

  /** Waits until nothing runs and nothing waits in line. */
  onIdle(options?: WaitOptions): Promise<void> {
    const idle = {
      line: this.#places.calls.idlers,
      take: () => (this.size === 0 ? { value: undefined } : undefined),
    };
    return waitOn("wait for a keyed limit to be idle", idle, options);
  }

  override stats(): KeyedLimitStats {
    const { size: keys, active, pending, zombies, total } = this;
    return Object.freeze({ keys, active, pending, zombies, total });
  }

  /** @internal */
  override get kind(): string {
    return "KeyedLimit";
  }
}

/**
 * Limits how many calls of each key run at once, and how many of all keys together: so many requests to
 * a host, so many jobs of a tenant. Keys are compared as those of a Map are.
 *
 * Calls of one key begin in the order in which they were made, each in the async context of its caller.
 * One begins at once if the key and the total have a place; calls that wait for a place of their own key
 * are in nobody's way. A place of the total that comes free goes to the keys that could use it, by
 * turns, in the same step: however much one key has asked for, another gets its share in each round.
 * Handing a place over takes constant time. A place is held until the function has really ended. A key
 * of which nothing runs and nothing waits is forgotten.
 *
 * @param perKey How many calls of a key may run at once: a positive integer, or `Infinity`; or a
 * function that says so, or gives an object with the `share` of the key besides. It is asked when a key
 * that is not known is used; what it throws rejects that call.
 * @throws {TypeError | RangeError} If `perKey` or an option is anything else.
 * @example
 * ```ts
 * import { keyed } from "corral";
 *
 * const perHost = keyed<string>(2, { total: 20 });
 * const hosts = ["a.example", "b.example", "b.example", "b.example"];
 * const calls = hosts.map((host) => perHost.run(host, async () => `answer of ${host}`));
 * console.log(perHost.activeOf("b.example"), perHost.pendingOf("b.example")); // 2 1
 * console.log((await Promise.all(calls)).length, perHost.size); // 4 0
 * ```
 */
export function keyed<K>(perKey: PerKey<K>, options?: KeyedOptions): KeyedLimit<K> {
  return new KeyedLimit(perKey, options);
}
