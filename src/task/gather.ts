import { discard } from "../cancel/discard.ts";
import { isOurs } from "../cancel/ownership.ts";
import { FanOut, type FanOutOptions, type Job, jobsOf } from "./fan-out.ts";

export interface GatherOptions extends FanOutOptions {
  /**
   * Gets each value that nobody will, because another function failed or the call was cancelled. By
   * default it is disposed, if it has `Symbol.asyncDispose` or `Symbol.dispose`.
   */
  onDiscard?: ((value: unknown) => unknown) | undefined;
}

/** What the functions of a tuple or a record resolve to, in the same shape. */
export type Gathered<T> = {
  -readonly [K in keyof T]: T[K] extends Job<infer R> ? Awaited<R> : never;
};

/** Like {@link Gathered}, with the end of each as `Promise.allSettled` gives it. */
export type GatheredSettled<T> = {
  -readonly [K in keyof T]: T[K] extends Job<infer R> ? PromiseSettledResult<Awaited<R>> : never;
};

/**
 * Runs functions side by side and gives their results in the shape in which they came: a tuple, a
 * record, an array for any other iterable.
 *
 * When one fails, the others are cancelled and waited for, and the first failure is thrown as it is
 * (more: {@link failuresOf}). All run in one scope, which each gets as its argument. With `concurrency`
 * they start in order as places become free; those not started by the time of a cancellation never are.
 *
 * @throws {TimeoutError} If `timeoutMs` was over first.
 * @example
 * ```ts
 * import { gather } from "corral";
 *
 * const { user, posts } = await gather({
 *   user: async (scope) => (await fetch("/user", { signal: scope.signal })).json(),
 *   posts: async (scope) => (await fetch("/posts", { signal: scope.signal })).json(),
 * });
 * ```
 */
export function gather<const T extends readonly Job<unknown>[]>(
  fns: T,
  options?: GatherOptions,
): Promise<Gathered<T>>;
export function gather<R>(fns: Iterable<Job<R>>, options?: GatherOptions): Promise<Awaited<R>[]>;
export function gather<T extends { [K in keyof T]: Job<unknown> }>(
  fns: T,
  options?: GatherOptions,
): Promise<Gathered<T>>;
export function gather(fns: unknown, options?: GatherOptions): Promise<unknown> {
  try {
    const { jobs, shape } = jobsOf("gather", fns);
    const results: unknown[] = Array.from({ length: jobs.length });
    const arrived: unknown[] = [];
    const fanOut: FanOut = new FanOut("gather", jobs, options, (index, failed, outcome) => {
      if (!failed) {
        results[index] = outcome;
        arrived.push(outcome);
      } else if (!isOurs(fanOut.scope, outcome) && fanOut.failures.add(outcome)) {
        fanOut.scope.cancel(outcome);
      }
    });
    const run = fanOut.run((interrupted) => {
      if (interrupted) fanOut.scope.throwIfCancelled();
      return shape(results);
    });
    return run.catch((error: unknown) => {
      for (const value of arrived) discard("onDiscard", value, options?.onDiscard);
      throw error;
    });
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Runs functions side by side to their ends, and tells how each has ended; a failure cancels nobody.
 *
 * @throws The cancellation, when it was cancelled from outside or `timeoutMs` was over, and a function
 * ended for that.
 */
export function gatherSettled<const T extends readonly Job<unknown>[]>(
  fns: T,
  options?: FanOutOptions,
): Promise<GatheredSettled<T>>;
export function gatherSettled<R>(
  fns: Iterable<Job<R>>,
  options?: FanOutOptions,
): Promise<PromiseSettledResult<Awaited<R>>[]>;
export function gatherSettled<T extends { [K in keyof T]: Job<unknown> }>(
  fns: T,
  options?: FanOutOptions,
): Promise<GatheredSettled<T>>;
export function gatherSettled(fns: unknown, options?: FanOutOptions): Promise<unknown> {
  try {
    const { jobs, shape } = jobsOf("gather", fns);
    const results: PromiseSettledResult<unknown>[] = Array.from({ length: jobs.length });
    const fanOut = new FanOut("gather", jobs, options, (index, failed, outcome) => {
      results[index] = failed
        ? { status: "rejected", reason: outcome }
        : { status: "fulfilled", value: outcome };
    });
    return fanOut.run((interrupted) => {
      if (interrupted) fanOut.scope.throwIfCancelled();
      return shape(results);
    });
  } catch (error) {
    return Promise.reject(error);
  }
}
