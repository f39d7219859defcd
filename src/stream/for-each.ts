import { ignore } from "../cancel/tree.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { EachOptions } from "./each.ts";
import { mapAll } from "./mapping.ts";
import type { StreamSource } from "./source.ts";

/** What {@link forEach} takes. */
export type ForEachOptions<T = unknown> = EachOptions<T>;

/**
 * Calls `fn` for each item, at most `concurrency` at a time, and keeps nothing of what it returns: the
 * memory it takes does not grow with the number of items. In all else it is like `map`.
 *
 * @param items Any iterable, async iterable or ReadableStream. It is closed (`return()`) on every way out but its end.
 * @throws {AggregateError} If an item has failed, with `onError: "collect"`.
 * @throws {TypeError | RangeError} If `concurrency` is no positive integer (or `Infinity`), or another
 * option is not what it should be.
 * @example
 * ```ts
 * import { forEach, sleep } from "corral";
 *
 * await forEach(
 *   ["a", "b", "c"],
 *   async (item, index) => {
 *     await sleep(10 - index);
 *     console.log(item);
 *   },
 *   { concurrency: 2, itemTimeoutMs: 1_000 },
 * );
 * // b
 * // a
 * // c
 * ```
 */
export function forEach<T>(
  items: StreamSource<T>,
  fn: (item: T, index: number, scope: CancelScope) => unknown,
  options: ForEachOptions<T>,
): Promise<void> {
  return mapAll("forEach", "run for each item", items, fn, options, false).then(ignore);
}
