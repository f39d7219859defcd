import { checkCount, checkFunction, checkOptions } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { runtime } from "../internal/runtime.ts";
import { currentNode } from "../cancel/ambient.ts";
import { ClosedError } from "../cancel/errors.ts";
import { Slots } from "../cancel/slots.ts";
import { ignore } from "../cancel/tree.ts";
import { fail, grantAll, park, placeOf, refusal, type Wait, WaitQueue } from "../cancel/wait.ts";

export interface LimitRunOptions {
  /** Ends the wait in line, and nothing else: a call that has begun is waited for. */
  signal?: AbortSignal | undefined;
}

/** A limit on how many calls run at once; see {@link limit}. */
export interface Limit {
  /** Calls `fn` as soon as there is a place, and gives what it gives. */
  <T>(fn: () => T | PromiseLike<T>, options?: LimitRunOptions): Promise<T>;
  /**
   * Calls `fn` for each item under the limit, and gives the results in the order of the items. When one
   * fails, those of this call that wait in line are dropped, the running ones waited for, and the first
   * failure is thrown.
   */
  map<T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R | PromiseLike<R>,
    options?: LimitRunOptions,
  ): Promise<R[]>;
  /** How many calls run. */
  readonly active: number;
  /** How many wait in line. */
  readonly pending: number;
  /** How many may run at once. More start at once; fewer come into force as calls end. */
  concurrency: number;
  /** Rejects all that wait in line with a ClosedError. Running calls go on. */
  clear(): void;
  /** Waits until nothing runs and nothing waits in line. */
  onIdle(options?: LimitRunOptions): Promise<void>;
}

/** What waits in line: the function alone, or with the signal that may abort before it begins. */
type Call = (() => unknown) | { readonly fn: () => unknown; readonly signal: AbortSignal };

class Limiter {
  readonly slots: Slots;
  readonly #idle: WaitQueue<void> = new WaitQueue("limit idle", this);
  // Shared by all calls, so that a call that finds a place makes one promise and no closure.
  readonly #succeeded = <T>(value: T): T => {
    this.#leave();
    return value;
  };
  readonly #failed = (error: unknown): never => {
    this.#leave();
    throw error;
  };

  constructor(concurrency: number) {
    this.slots = new Slots(concurrency, "limit", this);
  }

  run<T>(
    fn: () => T | PromiseLike<T>,
    options?: LimitRunOptions,
    waits?: Wait<Wait>[],
  ): Promise<T> {
    try {
      checkFunction("run under a limit", "fn", fn);
      checkOptions("run under a limit", options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.slots.enter()) {
        // The hop is paid after the start, so that the order of starts never depends on the budget.
        const result = this.#call(fn);
        const hop = spend();
        if (hop === undefined) return result;
        result.catch(ignore);
        return hop.then(() => result);
      }
      const queued: Call = signal === undefined ? fn : { fn, signal };
      const wait = this.slots.queue(place, signal, queued);
      // A promise reaction runs in the async context in which it was made: the caller's.
      const result = wait.promise.then(Limiter.#begin) as Promise<T>;
      wait.promise = result as never;
      waits?.push(wait);
      return result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  static #begin(this: void, wait: Wait): unknown {
    const limiter = wait.line.target as Limiter;
    const queued = wait.payload as Call;
    limiter.slots.begin();
    const plain = typeof queued === "function";
    const no = refusal(currentNode(), plain ? undefined : queued.signal);
    if (no === undefined) return limiter.#call(plain ? queued : queued.fn);
    // Cancelled after the place was handed over: nothing starts any more, and the place goes on.
    limiter.#leave();
    wait.promise.then(undefined, ignore);
    return no;
  }

  #call<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    return react(call(fn), this.#succeeded as (value: T) => T, this.#failed);
  }

  #leave(): void {
    this.slots.leave();
    if (this.slots.held === 0) grantAll(this.#idle, undefined);
  }

  async map<T, R>(
    items: Iterable<T>,
    fn: (item: T, index: number) => R | PromiseLike<R>,
    options?: LimitRunOptions,
  ): Promise<R[]> {
    checkFunction("run under a limit", "fn", fn);
    const results: R[] = [];
    const calls: Promise<void>[] = [];
    const waits: Wait<Wait>[] = [];
    const failures: unknown[] = [];
    const failed = (error: unknown): void => {
      if (failures.length > 0 && error === failures[0]) return;
      failures.push(error);
      if (failures.length === 1) for (const wait of waits) fail(wait, error);
    };
    const work = async (item: T, index: number): Promise<void> => {
      if (failures.length > 0) return;
      try {
        results[index] = await fn(item, index);
      } catch (error) {
        // Known before the place is given back, so that no other item gets it.
        failed(error);
      }
    };
    let count = 0;
    try {
      for (const item of items) {
        const index = count++;
        calls.push(this.run(() => work(item, index), options, waits).catch(failed));
      }
    } catch (error) {
      failed(error);
    }
    await Promise.all(calls);
    if (failures.length > 0) {
      const [first] = failures;
      if (first instanceof Error && failures.length > 1) {
        const known = runtime.failures.get(first) ?? [];
        runtime.failures.set(first, [...new Set([first, ...known, ...failures])]);
      }
      throw first;
    }
    return results;
  }

  clear(): void {
    const { line } = this.slots;
    for (let wait = line.first; wait !== undefined; wait = line.first) {
      fail(wait, new ClosedError("Cannot run under a limit: the line was cleared"));
    }
  }

  onIdle(options?: LimitRunOptions): Promise<void> {
    try {
      checkOptions("run under a limit", options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.slots.held === 0 && this.slots.line.length === 0) {
        return spend() ?? Promise.resolve();
      }
      return park(this.#idle, place, signal).promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/**
 * Limits how many calls run at once.
 *
 * Calls begin in the order in which they were made; one that finds a place begins at once, and one that
 * waited begins in the async context of its caller. A place is held until the function has really
 * ended: a timeout around the call does not free it while the work goes on.
 *
 * @param concurrency A positive integer, or `Infinity`.
 * @throws {TypeError | RangeError} If `concurrency` is anything else.
 * @example
 * ```ts
 * import { limit } from "corral";
 *
 * const four = limit(4);
 * const urls = ["https://example.com/1", "https://example.com/2"];
 * const pages = await Promise.all(urls.map((url) => four(() => fetch(url))));
 * ```
 */
export function limit(concurrency: number): Limit {
  checkCount("create a limit", "concurrency", concurrency);
  const limiter = new Limiter(concurrency);
  const { slots } = limiter;
  const run = <T>(fn: () => T | PromiseLike<T>, options?: LimitRunOptions): Promise<T> =>
    limiter.run(fn, options);
  return Object.defineProperties(run, {
    map: { value: limiter.map.bind(limiter) },
    clear: { value: limiter.clear.bind(limiter) },
    onIdle: { value: limiter.onIdle.bind(limiter) },
    active: { get: () => slots.held },
    pending: { get: () => slots.line.length },
    concurrency: {
      get: () => slots.total,
      set: (value: number) => {
        checkCount("change a limit", "concurrency", value);
        slots.total = value;
      },
    },
  }) as unknown as Limit;
}
