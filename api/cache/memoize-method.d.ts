import { MemoCache } from "./memo-cache.ts";
import { type AnyFunction, type MemoizeOptions, type ValueOf } from "./memoize.ts";
export type MemoizeMethodOptions<F extends AnyFunction> = Omit<MemoizeOptions<F>, "cache">;
export type MemoizedMethod<F extends AnyFunction> = (F extends (...args: never) => Promise<unknown> ? F : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<ValueOf<F>>) & {
    cacheOf(instance: WeakKey): MemoCache<unknown, ValueOf<F>>;
};
type AsyncFunction = (this: any, ...args: any[]) => Promise<unknown>;
export declare function memoizeMethod<F extends AnyFunction>(method: F, options?: MemoizeMethodOptions<F>): MemoizedMethod<F>;
export declare function memoized<F extends AsyncFunction>(options?: MemoizeMethodOptions<F>): (method: F, context: ClassMethodDecoratorContext) => F;
export {};
