import type { CancelScope } from "../cancel/scope.ts";
import type { MappedStream } from "./mapped-stream.ts";
import { type StreamOptions, streamOf } from "./stream-of.ts";
import type { StreamSource } from "./source.ts";

export interface MapStreamOptions<T = unknown, R = unknown> extends StreamOptions<T> {
  /** Gets each result that nobody has taken; by default it is disposed, if it can be. */
  onDiscard?: ((value: R) => unknown) | undefined;
}

/**
 * Calls `fn` for each item, at most `concurrency` at a time, and gives the results while others are
 * under way: in the order of the items, or with `ordered: false` as they come.
 *
 * Nothing is read before the first `next()`. From then on, items that have begun and whose results the
 * reader has not taken are never more than `concurrency + buffer`, so a slow reader slows the source
 * down. In order, one slow item holds up what comes after it: a `buffer` keeps the places busy meanwhile.
 *
 * When a call or the source fails, the other calls are cancelled and waited for, the source is closed,
 * and `next()` throws the failure as it is; what was ready by then is given first. `onError` says what
 * else an item's failure may do. Leaving the loop, or disposing the stream, cancels the calls and waits
 * for them, closes the source, and drops what was not taken; it throws what has failed that the reader
 * was not told.
 *
 * The stream belongs to the scope in which it was made, and to its signal: one that is left open there is
 * cancelled, waited for and reported. A loop that is cancelled in a scope of its own does not leave it, since
 * another may go on. All calls run in one scope, which each gets, and in the async context of the first
 * `next()`; what they open and leave open, such as another stream, is closed when they have ended. A call
 * that reads or leaves its own stream gets a DeadlockError; without ambient scopes, where that is not
 * known, it waits for ever.
 *
 * @param items Any iterable, async iterable or ReadableStream. It is closed (`return()`) on every way out but its end.
 * @throws {TypeError | RangeError} If `concurrency` is no positive integer (or `Infinity`), or another
 * option is not what it should be.
 * @example
 * ```ts
 * import { mapStream, sleep } from "corral";
 *
 * const work = async (ms: number) => {
 *   await sleep(ms);
 *   return `${ms} ms`;
 * };
 * for await (const result of mapStream([20, 1, 10], work, { concurrency: 2 })) console.log(result);
 * // 20 ms
 * // 1 ms
 * // 10 ms
 * ```
 */
export function mapStream<T, R>(
  items: StreamSource<T>,
  fn: (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>,
  options: MapStreamOptions<T, R>,
): MappedStream<R> {
  const names = { name: "mapStream", action: "map a stream", argument: "fn" };
  return streamOf(names, items, fn, options, {
    select: (value) => ({ value, done: false }),
    onDiscard: options?.onDiscard,
  });
}
