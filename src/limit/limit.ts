import { checkCount } from "../internal/arguments.ts";
import type { RunOptions, WeightedRunOptions } from "../cancel/run-options.ts";
import { weightIn } from "../cancel/section.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { WaitQueue } from "../cancel/wait.ts";
import { checkName, type PrimitiveOptions } from "../sync/primitive.ts";
import { waitOn } from "../sync/wait-on.ts";
import { mapIn } from "./limit-map.ts";
import { type Calls, LimitSection, type OnTimeout, onTimeoutIn } from "./limit-section.ts";

export interface LimitOptions extends PrimitiveOptions {
  /**
   * What becomes of a place when its call is cancelled, as by a timeout around it, and has not ended.
   * `"hold"` (the default) holds it until the call has really ended, which the caller waits for.
   * `"release"` gives it back at once, and the caller hears of the cancellation at once: then more calls
   * than the limit may run, and `zombies` says how many. A value that comes too late is dropped, a late
   * rejection goes to the diagnostics channel.
   */
  onTimeout?: OnTimeout | undefined;
}

/** How a call is run. The signal ends the wait in line: a call that has begun is waited for. */
export type LimitRunOptions = WeightedRunOptions;

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
    options?: RunOptions,
  ): Promise<R[]>;
  /** How many places are taken: of calls without a weight, how many run. */
  readonly active: number;
  /** How many wait in line. */
  readonly pending: number;
  /** How many calls were cancelled, or have timed out, and have not ended. */
  readonly zombies: number;
  /**
   * How many may run at once. More start at once; fewer come into force as calls end. A call that waits
   * and is heavier than that rejects with a RangeError.
   */
  concurrency: number;
  /** Rejects all that wait in line with a ClosedError. Running calls go on. */
  clear(): void;
  /** Waits until no place is taken and nothing waits in line. Calls whose place was released may run on. */
  onIdle(options?: WaitOptions): Promise<void>;
}

const RUN = "run under a limit";

/**
 * Limits how many calls run at once.
 *
 * Calls begin in the order in which they were made; one that finds a place begins at once, and one that
 * waited begins in the async context of its caller. A place is held until the function has really
 * ended: a timeout around the call does not free it while the work goes on.
 *
 * @param concurrency A positive integer, or `Infinity`.
 * @throws {TypeError | RangeError} If `concurrency` or an option is anything else.
 * @example
 * ```ts
 * import { limit } from "corral";
 *
 * const four = limit(4);
 * const urls = ["https://example.com/1", "https://example.com/2"];
 * const pages = await Promise.all(urls.map((url) => four(() => fetch(url))));
 * ```
 */
export function limit(concurrency: number, options?: LimitOptions): Limit {
  const action = "create a limit";
  checkCount(action, "concurrency", concurrency);
  const name = checkName(action, options);
  const calls: Calls = {
    zombies: 0,
    onTimeout: onTimeoutIn(action, options),
    idlers: new WaitQueue<void>("limit idle", { name }),
  };
  const section = new LimitSection(concurrency, "limit", calls);
  const idle = {
    line: calls.idlers,
    take: () => (section.held + section.line.length === 0 ? { value: undefined } : undefined),
  };
  const run = <T>(fn: () => T | PromiseLike<T>, how?: LimitRunOptions): Promise<T> =>
    section.run(RUN, fn, how, weightIn(how));
  return Object.defineProperties(run, {
    map: {
      value: <T, R>(
        items: Iterable<T>,
        fn: (item: T, index: number) => R | PromiseLike<R>,
        how?: RunOptions,
      ) => mapIn(section, RUN, items, fn, how),
    },
    clear: { value: () => section.clear(RUN) },
    onIdle: { value: (how?: WaitOptions) => waitOn(RUN, idle, how) },
    active: { get: () => section.held },
    pending: { get: () => section.line.length },
    zombies: { get: () => calls.zombies },
    concurrency: {
      get: () => section.total,
      set: (value: number) => {
        checkCount("change a limit", "concurrency", value);
        section.resize(RUN, value);
      },
    },
  }) as unknown as Limit;
}
