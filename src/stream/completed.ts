import { checkFunction, checkOptions, isThenable, seen } from "../internal/arguments.ts";
import { call } from "../internal/react.ts";
import { cancellable } from "../cancel/cancellable.ts";
import { discard } from "../cancel/discard.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { quiet } from "../cancel/tree.ts";
import type { Job } from "../task/fan-out.ts";
import type { MappedStream } from "./mapped-stream.ts";
import { streamOf } from "./stream-of.ts";
import type { StreamSource } from "./source.ts";

/** How one piece of work has ended; `index` says which it was. */
export type Completion<T> =
  | { readonly index: number; readonly status: "fulfilled"; readonly value: T }
  | { readonly index: number; readonly status: "rejected"; readonly reason: unknown };

export interface CompletedOptions<T = unknown> {
  /** How many functions run, and how many promises are looked at, at once. */
  concurrency: number;
  /** Cancels from outside. */
  signal?: AbortSignal | undefined;
  /** Gets each value that nobody has taken; by default it is disposed, if it can be. */
  onDiscard?: ((value: T) => unknown) | undefined;
}

const ACTION = "wait for completions";

/** What {@link completed} waits for: a function that is given the scope it runs in, or a promise. */
export type Work<T> = Job<T> | PromiseLike<T>;

/**
 * Gives how each piece of work has ended, in the order in which they do. One that fails ends nothing. As
 * asyncio's `as_completed`.
 *
 * Functions are begun in their order, at most `concurrency` at a time. Leaving the loop cancels those
 * that run and waits for them. Promises cannot be cancelled: they are left to themselves then. In an
 * array or a set they count as handled from the start, so that one that rejects early or is never read is
 * no unhandled rejection. In all else it is like `mapStream` with `ordered: false`: nothing begins before the
 * first `next()`, and never more than `concurrency` pieces have begun and were not read.
 *
 * @param items An iterable or async iterable of functions or promises, or both.
 * @throws {TypeError | RangeError} If `concurrency` is no positive integer (or `Infinity`), or another
 * option is not what it should be.
 * @example
 * ```ts
 * import { completed, sleep } from "corral";
 *
 * const jobs = [30, 10, 20].map((ms) => () => sleep(ms).then(() => ms));
 * for await (const { index } of completed(jobs, { concurrency: 3 })) console.log(index);
 * // 1
 * // 2
 * // 0
 * ```
 */
export function completed<T>(
  items: StreamSource<Work<T>>,
  options: CompletedOptions<T>,
): MappedStream<Completion<T>> {
  checkOptions(ACTION, options);
  const { concurrency, signal, onDiscard } = options ?? {};
  if (onDiscard !== undefined) checkFunction(ACTION, "onDiscard", onDiscard);
  const stream = streamOf(
    { name: "completed", action: ACTION, argument: "items" },
    items,
    (one: Work<T>, index, scope) => complete(one, index, scope, onDiscard),
    { concurrency, signal, ordered: false },
    {
      select: (completion) => ({ value: completion, done: false }),
      onDiscard: (completion: Completion<T>) => unread(completion, onDiscard),
    },
  );
  if (Array.isArray(items) || items instanceof Set) {
    for (const one of items as Iterable<unknown>) if (one instanceof Promise) void quiet(one);
  }
  return stream;
}

async function complete<T>(
  one: Work<T>,
  index: number,
  scope: CancelScope,
  onDiscard: ((value: T) => unknown) | undefined,
): Promise<Completion<T>> {
  const isPromise = isThenable(one);
  if (!isPromise && typeof one !== "function") {
    throw new TypeError(
      `Cannot ${ACTION}: each of "items" must be a function or a promise, received ${seen(one)}`,
    );
  }
  try {
    const value = await (isPromise
      ? cancellable(one, { signal: scope.signal, onDiscard })
      : call(() => one(scope)));
    return { index, status: "fulfilled", value };
  } catch (reason) {
    if (isOurs(scope, reason)) throw reason;
    return { index, status: "rejected", reason };
  }
}

/** What has ended, and nobody has taken it. */
function unread<T>(
  completion: Completion<T>,
  onDiscard: ((value: T) => unknown) | undefined,
): void {
  if (completion.status === "fulfilled") {
    discard("onDiscard", completion.value, onDiscard);
    return;
  }
  report("note", {
    kind: "lost-failure",
    message: `Item ${completion.index} of completed has failed, and nobody has read it: ${textOf(completion.reason)}`,
    detail: completion.reason,
  });
}
