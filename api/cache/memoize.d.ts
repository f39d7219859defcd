import { MemoCache } from "./memo-cache.ts";
import type { MemoCacheOptions } from "./memo-options.ts";
export type AnyFunction = (this: any, ...args: any[]) => unknown;
export type ValueOf<F extends AnyFunction> = Awaited<ReturnType<F>>;
export interface MemoizeOptions<F extends AnyFunction> extends MemoCacheOptions<unknown, ValueOf<F>> {
    key?: ((this: ThisParameterType<F>, ...args: Parameters<F>) => unknown) | undefined;
    cache?: MemoCache<any, ValueOf<F>> | undefined;
}
export type Memoized<F extends AnyFunction> = (F extends (...args: never) => Promise<unknown> ? F : (this: ThisParameterType<F>, ...args: Parameters<F>) => Promise<ValueOf<F>>) & {
    readonly cache: MemoCache<unknown, ValueOf<F>>;
    keyOf(...args: Parameters<F>): unknown;
};
export declare function memoize<F extends AnyFunction>(fn: F, options?: MemoizeOptions<F>): Memoized<F>;
export declare function memoizedBy(fn: AnyFunction, key: AnyFunction | undefined, cache: MemoCache<unknown, unknown>): AnyFunction;
