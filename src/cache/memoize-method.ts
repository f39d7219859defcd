import { checkFunction, checkOptions, seen } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import { Home } from "./home.ts";
import { MemoCache } from "./memo-cache.ts";
import { type AnyFunction, memoizedBy, type MemoizeOptions, type ValueOf } from "./memoize.ts";
import { checkCacheOptions } from "./memo-options.ts";

/** How a method is memoized: as a function, with a cache for each instance. */
export type MemoizeMethodOptions<F extends AnyFunction> = Omit<MemoizeOptions<F>, "cache">;

/** A method of the same type, which gives promises. */
export type MemoizedMethod<F extends AnyFunction> = (F extends (...args: never) => Promise<unknown>
  ? F
  : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<ValueOf<F>>) & {
  /** The cache of an instance. */
  cacheOf(instance: WeakKey): MemoCache<unknown, ValueOf<F>>;
};

// oxlint-disable-next-line typescript/no-explicit-any -- what every async function is assignable to
type AsyncFunction = (this: any, ...args: any[]) => Promise<unknown>;

const MEMOIZE = "memoize a method";

/**
 * Memoizes a method: each instance has a cache of its own, which goes with it.
 *
 * @throws {TypeError | RangeError} If an argument is not what it should be. A call that has no object as its
 * `this` rejects with a TypeError.
 * @example
 * ```ts
 * import { memoizeMethod } from "corral";
 *
 * class Shop {
 *   calls = 0;
 *   price = memoizeMethod(async function (this: Shop, item: string) {
 *     return `${item}, call ${++this.calls}`;
 *   });
 * }
 * const shop = new Shop();
 * console.log(await shop.price("tea"), await shop.price("tea")); // tea, call 1 tea, call 1
 * ```
 */
export function memoizeMethod<F extends AnyFunction>(
  method: F,
  options?: MemoizeMethodOptions<F>,
): MemoizedMethod<F> {
  checkFunction(MEMOIZE, "method", method);
  checkOptions(MEMOIZE, options);
  checkCacheOptions(options ?? {});
  const key = options?.key;
  if (key !== undefined) checkFunction(MEMOIZE, "key", key);
  // Of the one who memoizes: an instance's first caller is not its owner.
  const home = new Home();
  const methods = new WeakMap<WeakKey, AnyFunction & { cache: MemoCache<unknown, unknown> }>();
  const of = (instance: WeakKey): AnyFunction & { cache: MemoCache<unknown, unknown> } => {
    if ((typeof instance !== "object" && typeof instance !== "function") || instance === null) {
      throw new TypeError(
        `Cannot call a memoized method: "this" must be an object, received ${seen(instance)}`,
      );
    }
    let own = methods.get(instance);
    if (own === undefined) {
      own = memoizedBy(method, key, new MemoCache(options as never, home)) as never;
      methods.set(instance, own);
    }
    return own;
  };
  function call(this: WeakKey, ...args: unknown[]): unknown {
    try {
      return of(this).apply(this, args);
    } catch (error) {
      return rejected(error);
    }
  }
  return Object.defineProperties(call, {
    cacheOf: { value: (instance: WeakKey) => of(instance).cache },
    name: { value: method.name },
  }) as never;
}

/**
 * A decorator that memoizes the method it is put on; see `memoizeMethod`.
 *
 * @example
 * ```ts
 * import { memoized } from "corral";
 *
 * class Shop {
 *   @memoized({ ttlMs: 60_000 })
 *   async price(item: string): Promise<number> {
 *     return item.length;
 *   }
 * }
 * console.log(await new Shop().price("tea")); // 3
 * ```
 */
export function memoized<F extends AsyncFunction>(
  options?: MemoizeMethodOptions<F>,
): (method: F, context: ClassMethodDecoratorContext) => F {
  return (method) => memoizeMethod(method, options) as unknown as F;
}
