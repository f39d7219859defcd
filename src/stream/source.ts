import { seen } from "../internal/arguments.ts";
import { call } from "../internal/react.ts";
import { cancellable } from "../cancel/cancellable.ts";
import { TimeoutError } from "../cancel/errors.ts";
import { report } from "../cancel/report.ts";
import { shield } from "../cancel/shield.ts";

/** How long the `return()` of a source may take: it is cleanup that the library owns. */
const CLOSE_MS = 5_000;

/** The iterator of a sync or an async iterable. */
export type Source<T> =
  | { readonly async: false; readonly iterator: Iterator<T> }
  | { readonly async: true; readonly iterator: AsyncIterator<T> };

/** @throws {TypeError} If `items` is no iterable. */
export function sourceOf<T>(action: string, items: Iterable<T> | AsyncIterable<T>): Source<T> {
  if (typeof items === "object" && items !== null && Symbol.asyncIterator in items) {
    return { async: true, iterator: items[Symbol.asyncIterator]() };
  }
  const iterable = items as Iterable<T> | null | undefined;
  if (iterable === null || typeof iterable?.[Symbol.iterator] !== "function") {
    throw new TypeError(
      `Cannot ${action}: "items" must be an iterable or an async iterable, received ${seen(items)}`,
    );
  }
  return { async: false, iterator: iterable[Symbol.iterator]() };
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
  if (source.iterator.return === undefined) return;
  try {
    await shield(
      (scope) =>
        cancellable(
          call(() => source.iterator.return!()),
          { signal: scope.signal },
        ),
      {
        timeoutMs: CLOSE_MS,
      },
    );
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    report("warning", {
      kind: "stuck",
      message: `A source was not closed within ${CLOSE_MS} ms`,
      detail: source.iterator,
    });
  }
}
