import type { CancelScope } from "../cancel/scope.ts";
import type { EachOptions } from "./each.ts";
import { mapAll } from "./mapping.ts";
import type { StreamSource } from "./source.ts";

export interface MapOptions<T = unknown, R = unknown> extends EachOptions<T> {
  /** Gets each result that nobody will, because the call failed; by default it is disposed, if it can be. */
  onDiscard?: ((value: R) => unknown) | undefined;
}

/**
 * Calls `fn` for each item, at most `concurrency` at a time, and gives the results in the order of the
 * items.
 *
 * Calls begin in the order of the items. An item is taken from the source only when there is a place for
 * it. When a call or the source fails, the others are cancelled and waited for, the source is closed,
 * and the first failure is thrown as it is; `onError` says what else an item's failure may do. All calls
 * run in one scope, which each gets; with `itemTimeoutMs` each has one of its own. Beginning is a cancel
 * point, and so is each item: in a cancelled scope no further one is begun. A failure is never hidden by
 * a cancellation.
 *
 * @param items Any iterable, async iterable or ReadableStream. It is closed (`return()`) on every way out but its end.
 * @throws {AggregateError} If an item has failed, with `onError: "collect"`.
 * @throws {TypeError | RangeError} If `concurrency` is no positive integer (or `Infinity`), or another
 * option is not what it should be.
 * @example
 * ```ts
 * import { map } from "corral";
 *
 * const pages = await map(
 *   ["https://example.com/1", "https://example.com/2"],
 *   async (url, _index, scope) => (await fetch(url, { signal: scope.signal })).text(),
 *   { concurrency: 8 },
 * );
 * ```
 */
export function map<T, R>(
  items: StreamSource<T>,
  fn: (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>,
  options: MapOptions<T, R>,
): Promise<R[]> {
  return mapAll("map", "map", items, fn, options, true);
}
