import { checkFunction, checkOptions, seen } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import { argumentsKey, isOwnKey } from "./argument-key.ts";
import { signalIn, withSignal } from "./argument-signal.ts";
import { type LoadFunction, MemoCache } from "./memo-cache.ts";
import type { MemoCacheOptions } from "./memo-options.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- what every function is assignable to
export type AnyFunction = (this: any, ...args: any[]) => unknown;

/** What the function gives, awaited. */
export type ValueOf<F extends AnyFunction> = Awaited<ReturnType<F>>;

export interface MemoizeOptions<F extends AnyFunction> extends MemoCacheOptions<
  unknown,
  ValueOf<F>
> {
  /**
   * What calls have in common that share a result; compared as the keys of a Map are. By default the
   * arguments by value; see `memoize`.
   */
  key?: ((this: ThisParameterType<F>, ...args: Parameters<F>) => unknown) | undefined;
  /** A cache to use, an `AsyncLru` for one; the other options of a cache then say nothing. */
  // oxlint-disable-next-line typescript/no-explicit-any -- keys are what `key` makes of the arguments
  cache?: MemoCache<any, ValueOf<F>> | undefined;
}

/** A function of the same type, which gives promises. */
export type Memoized<F extends AnyFunction> = (F extends (...args: never) => Promise<unknown>
  ? F
  : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<ValueOf<F>>) & {
  /** The cache, by the keys of the calls. */
  readonly cache: MemoCache<unknown, ValueOf<F>>;
  /** The key of a call: `f.cache.delete(f.keyOf(1, 2))`. */
  keyOf(...args: Parameters<F>): unknown;
};

const MEMOIZE = "memoize";

/**
 * Remembers what an async function gave, and makes one call of those that come while one is under way.
 *
 * By default calls with equal arguments are the same call: primitives, and arrays, plain objects, Dates,
 * Maps, Sets and URLs by value, as they are when the call is made; all other objects and functions by
 * identity. `key` decides otherwise. An AbortSignal that is the last argument, or its property
 * `signal`, is no part of it: it ends that caller's wait, and the function gets a signal in its place
 * that aborts when all who wait have left.
 *
 * How long values are kept, and all about loads, callers and their signals, is as in an `AsyncLru`.
 *
 * @throws {TypeError | RangeError} If an argument is not what it should be. A call rejects with a TypeError
 * if an argument contains itself.
 * @example
 * ```ts
 * import { memoize } from "corral";
 *
 * let calls = 0;
 * const user = memoize(
 *   async (query: { id: number }) => `user ${query.id}, call ${++calls}`,
 *   { max: 500, ttlMs: 60_000 },
 * );
 * console.log(await user({ id: 1 })); // user 1, call 1
 * console.log(await user({ id: 1 })); // user 1, call 1
 * user.cache.clear();
 * console.log(await user({ id: 1 })); // user 1, call 2
 * ```
 */
export function memoize<F extends AnyFunction>(fn: F, options?: MemoizeOptions<F>): Memoized<F> {
  checkFunction(MEMOIZE, "fn", fn);
  checkOptions(MEMOIZE, options);
  const { key, cache = new MemoCache<unknown, ValueOf<F>>(options) } = options ?? {};
  if (key !== undefined) checkFunction(MEMOIZE, "key", key);
  if (typeof cache?.give !== "function") {
    throw new TypeError(`Cannot ${MEMOIZE}: "cache" must be a cache, received ${seen(cache)}`);
  }
  return memoizedBy(fn, key, cache as never) as Memoized<F>;
}

/** The function, remembered in a cache. */
export function memoizedBy(
  fn: AnyFunction,
  key: AnyFunction | undefined,
  cache: MemoCache<unknown, unknown>,
): AnyFunction {
  const keyOf = key ?? ((...args: unknown[]) => argumentsKey(args));
  function called(this: unknown, ...args: unknown[]): Promise<unknown> {
    const signal = signalIn(args);
    const id = keyOf.apply(this, args);
    return cache.give(id, signal) ?? cache.wait(id, loadOf(fn, this, args, signal), signal);
  }
  function memoized(this: unknown, only: unknown): Promise<unknown> {
    try {
      // What most calls are like is told at once, without an array of arguments.
      if (key !== undefined || arguments.length !== 1 || !isOwnKey(only)) {
        return called.apply(this, arguments as never);
      }
      return (
        cache.give(only, undefined) ??
        cache.wait(only, loadOf(fn, this, [only], undefined), undefined)
      );
    } catch (error) {
      return rejected(error);
    }
  }
  return Object.defineProperties(memoized, {
    cache: { value: cache },
    keyOf: { value: keyOf },
    name: { value: fn.name },
    length: { value: fn.length },
  });
}

function loadOf(
  fn: AnyFunction,
  self: unknown,
  args: readonly unknown[],
  signal: AbortSignal | undefined,
): LoadFunction<unknown, unknown> {
  return (load) =>
    fn.apply(
      self,
      (signal === undefined ? args : withSignal(args, load.scope.signal)) as unknown[],
    );
}
