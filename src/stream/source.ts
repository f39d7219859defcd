import { seen } from "../internal/arguments.ts";
import { call } from "../internal/react.ts";
import { cancellable } from "../cancel/cancellable.ts";
import { report } from "../cancel/report.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { shield } from "../cancel/shield.ts";
import type { ReadableLike } from "../channel/web-streams.ts";
import { isStream, StreamReader } from "./stream-reader.ts";

/** How long the `return()` of a source may take: it is cleanup that the library owns. */
const CLOSE_MS = 5_000;

/** What items are read from: an iterable, an async iterable, or a `ReadableStream` of any make. */
export type StreamSource<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T> | ReadableLike<T>;

/** The items that a source gives. */
export type SourceItem<S> =
  S extends AsyncIterable<infer T>
    ? T
    : S extends Iterable<infer T>
      ? T
      : S extends ReadableStream<infer T>
        ? T
        : S extends ReadableLike<infer T>
          ? T
          : never;

/** The iterator of a sync or an async iterable. */
export type Source<T> =
  | { readonly async: false; readonly iterator: Iterator<T> }
  | { readonly async: true; readonly iterator: AsyncIterator<T> };

/**
 * @param name What the error calls it.
 * @throws {TypeError} If `items` is no iterable, or a stream that somebody reads.
 */
export function sourceOf<T>(action: string, items: StreamSource<T>, name = "items"): Source<T> {
  if (isStream(items)) {
    return { async: true, iterator: new StreamReader<T>(action, name, items) };
  }
  const asynchronous = items as AsyncIterable<T> | null | undefined;
  if (typeof asynchronous?.[Symbol.asyncIterator] === "function") {
    return { async: true, iterator: asynchronous[Symbol.asyncIterator]() };
  }
  const iterable = items as Iterable<T> | null | undefined;
  if (typeof iterable?.[Symbol.iterator] === "function") {
    return { async: false, iterator: iterable[Symbol.iterator]() };
  }
  throw new TypeError(
    `Cannot ${action}: "${name}" must be an iterable or an async iterable, received ${seen(items)}`,
  );
}

/**
 * Closes a source that was not read to its end, so that its `finally` blocks run.
 *
 * @throws What its `return()` throws. One that does not come back in time is reported and left alone.
 */
export async function closeSource(source: Source<unknown>): Promise<void> {
  if (!source.async) {
    source.iterator.return?.();
    return;
  }
  // The language takes `null` for none, too.
  if (source.iterator.return === undefined || source.iterator.return === null) return;
  let bound: CancelScope | undefined;
  try {
    await shield(
      (scope) => {
        bound = scope;
        return cancellable(
          call(() => source.iterator.return!()),
          { signal: scope.signal },
        );
      },
      { timeoutMs: CLOSE_MS },
    );
  } catch (error) {
    // One of its own is a failure.
    if (bound?.timeout === undefined || error !== bound.timeout) throw error;
    report("warning", {
      kind: "stuck",
      message: `A source was not closed within ${CLOSE_MS} ms`,
      detail: source.iterator,
    });
  }
}
