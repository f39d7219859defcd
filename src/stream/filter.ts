import type { CancelScope } from "../cancel/scope.ts";
import { ignore } from "../cancel/tree.ts";
import type { MappedStream } from "./mapped-stream.ts";
import { type StreamOptions, streamOf } from "./stream-of.ts";
import type { StreamSource } from "./source.ts";

export interface FilterOptions<T = unknown> extends StreamOptions<T> {
  /**
   * Gets each item that has passed and that nobody has taken. By default nothing is done with it: it is
   * its source's.
   */
  onDiscard?: ((item: T) => unknown) | undefined;
}

/**
 * Gives the items for which `predicate` returns or resolves to something truthy, at most `concurrency`
 * of them being looked at at a time. In all else it is like `mapStream`.
 *
 * @throws {TypeError | RangeError} If `concurrency` is no positive integer (or `Infinity`), or another
 * option is not what it should be.
 * @example
 * ```ts
 * import { filter } from "corral";
 *
 * const even = async (n: number) => n % 2 === 0;
 * for await (const n of filter([1, 2, 3, 4], even, { concurrency: 2 })) console.log(n);
 * // 2
 * // 4
 * ```
 */
export function filter<T, S extends T>(
  items: StreamSource<T>,
  predicate: (item: T, index: number, scope: CancelScope) => item is S,
  options: FilterOptions<T>,
): MappedStream<S>;
export function filter<T>(
  items: StreamSource<T>,
  predicate: (item: T, index: number, scope: CancelScope) => unknown,
  options: FilterOptions<T>,
): MappedStream<T>;
export function filter<T>(
  items: StreamSource<T>,
  predicate: (item: T, index: number, scope: CancelScope) => unknown,
  options: FilterOptions<T>,
): MappedStream<T> {
  const names = { name: "filter", action: "filter", argument: "predicate" };
  return streamOf(names, items, predicate, options, {
    select: (passes, item: T) => (passes ? { value: item, done: false } : undefined),
    onDiscard: options?.onDiscard ?? ignore,
  });
}
