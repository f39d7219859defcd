import { checkCount, checkFunction, checkMs, checkOptions, seen } from "../internal/arguments.ts";
import { call, react } from "../internal/react.ts";
import { callback } from "../cancel/callback.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { timeout } from "../cancel/timeout.ts";
import { Failures } from "../task/failures.ts";

/** What becomes of the other items when the function fails for one; see {@link EachOptions.onError}. */
export type OnError = "cancel" | "skip" | "collect";

export interface EachOptions<T = unknown> {
  /** How many calls of the function run at once. */
  concurrency: number;
  /** Cancels from outside. */
  signal?: AbortSignal | undefined;
  /**
   * After so many milliseconds a call is cancelled, and its item fails with a TimeoutError. Each call
   * then runs in a scope of its own, and holds its place until it has really ended.
   */
  itemTimeoutMs?: number | undefined;
  /**
   * What an item does that fails:
   *
   * - `"cancel"` (the default): the other calls are cancelled, and the failure is thrown as it is;
   * - `"skip"`: it is left out, and told to `onSkip`;
   * - `"collect"`: all others are tried, and in the end an AggregateError of all failures is thrown, in
   *   order of arrival.
   *
   * A source that fails, and a cancellation from outside, end it in each case.
   */
  onError?: OnError | undefined;
  /**
   * Is told each failure that `onError: "skip"` leaves out. Without it they go to the diagnostics channel
   * `corral`.
   */
  onSkip?: ((error: unknown, item: T, index: number) => unknown) | undefined;
}

/** What is called for each item. */
export type ItemFunction<T, R> = (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>;

/** Stands for the result of an item that has failed and is left out. */
export const SKIPPED: unique symbol = Symbol("skipped");

function optionally(action: string, name: string, value: unknown): void {
  if (value !== undefined) checkFunction(action, name, value);
}

/** What is done with each item, and what has failed. */
export class Each<T, R> {
  /** The caller's function itself, where no option asks for more. */
  readonly fn: ItemFunction<T, R | typeof SKIPPED>;
  readonly concurrency: number;
  readonly onError: OnError;
  readonly failures: Failures = new Failures();

  /** @throws {TypeError | RangeError} If an argument is not what it should be. */
  constructor(
    action: string,
    name: string,
    fn: ItemFunction<T, R>,
    options: EachOptions<T> & { readonly onDiscard?: unknown },
  ) {
    checkFunction(action, name, fn);
    checkOptions(action, options);
    checkCount(action, "concurrency", options?.concurrency);
    const { itemTimeoutMs, onError = "cancel", onSkip, onDiscard } = options;
    if (onError !== "cancel" && onError !== "skip" && onError !== "collect") {
      throw new TypeError(
        `Cannot ${action}: "onError" must be "cancel", "skip" or "collect", received ${seen(onError)}`,
      );
    }
    optionally(action, "onSkip", onSkip);
    optionally(action, "onDiscard", onDiscard);
    this.concurrency = options.concurrency;
    this.onError = onError;
    if (itemTimeoutMs !== undefined) {
      checkMs(action, "itemTimeoutMs", itemTimeoutMs);
      fn = limited(fn, itemTimeoutMs);
    }
    if (onError === "skip") {
      this.fn = tolerant(fn, (...what) => skipped(onSkip, ...what));
    } else if (onError === "collect") {
      this.fn = tolerant(fn, (error) => void this.failures.add(error));
    } else {
      this.fn = fn;
    }
  }

  /** What it all ends with, if anything has failed. To be asked once. */
  failure(): { readonly error: unknown } | undefined {
    if (this.failures.list.length === 0) return undefined;
    return { error: this.failures.error(this.onError === "collect" ? "aggregate" : "first") };
  }
}

/** Gives each call a time and a scope of its own. */
function limited<T, R>(fn: ItemFunction<T, R>, ms: number): ItemFunction<T, R> {
  return (item, index, { signal, name }) =>
    timeout(ms, (scope) => fn(item, index, scope), { signal, name: `item ${index} of ${name}` });
}

/** Makes a failure a result, unless it is the cancellation coming back. */
function tolerant<T, R>(
  fn: ItemFunction<T, R>,
  tell: (error: unknown, item: T, index: number, scope: CancelScope) => void,
): ItemFunction<T, R | typeof SKIPPED> {
  return (item, index, scope) =>
    react(
      call(() => fn(item, index, scope)),
      (value) => value,
      (error) => {
        if (isOurs(scope, error)) throw error;
        tell(error, item, index, scope);
        return SKIPPED;
      },
    );
}

function skipped<T>(
  onSkip: ((error: unknown, item: T, index: number) => unknown) | undefined,
  error: unknown,
  item: T,
  index: number,
  { name }: CancelScope,
): void {
  if (onSkip !== undefined) {
    callback("onSkip", () => onSkip(error, item, index));
    return;
  }
  report("note", {
    kind: "skipped-item",
    message: `Item ${index} of ${name} has failed and is left out: ${textOf(error)}`,
    detail: error,
  });
}
