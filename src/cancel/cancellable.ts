import { checkFunction, checkOptions, isThenable } from "../internal/arguments.ts";
import { call, react } from "../internal/react.ts";
import { detached } from "./ambient.ts";
import { discard } from "./discard.ts";
import { report, textOf } from "./report.ts";
import { CancelScope } from "./scope.ts";
import { attempt, endScope, openScope } from "./scope-life.ts";
import { refused } from "./tree.ts";
import { grant, park, placeOf, refusal, type Wait, WaitQueue } from "./wait.ts";

export interface CancellableOptions<T> {
  signal?: AbortSignal | undefined;
  /**
   * Gets the value that comes too late, after the wait was cancelled. By default it is disposed, if
   * it has `Symbol.asyncDispose` or `Symbol.dispose`.
   */
  onDiscard?: ((value: T) => unknown) | undefined;
}

/** What the promise holds of the wait for it: nothing any more once that was given up. */
interface Hold<T> {
  wait: Wait<T> | undefined;
  scope: CancelScope | undefined;
}

function letGo<T>(hold: Hold<T>): void {
  if (hold.scope?.ended === false) endScope(hold.scope);
  hold.wait = hold.scope = undefined;
}

// An abandoned promise may never settle: neither its scope nor its wait must be kept by it.
const promises = new WaitQueue<unknown>("promise", undefined, (wait) => {
  letGo(wait.payload as Hold<never>);
});

/**
 * Waits for a promise that cannot be cancelled, and leaves it to itself when the wait is cancelled.
 *
 * An abandoned promise that rejects later is no unhandled rejection: it is told to the diagnostics
 * channel. What it resolves to goes to `onDiscard`, so that `cancellable(pool.acquire())` loses nothing.
 *
 * @param work A promise; or a function that gets a signal for what can be cancelled, and makes one.
 */
export function cancellable<T>(
  work: PromiseLike<T> | ((signal: AbortSignal) => T | PromiseLike<T>),
  options?: CancellableOptions<T>,
): Promise<T> {
  try {
    checkOptions("wait for a promise", options);
    if (isThenable(work)) return waitFor(work, undefined, options);
    checkFunction("wait for a promise", "work", work);
    return begin(work, options);
  } catch (error) {
    return Promise.reject(error);
  }
}

function begin<T>(
  work: (signal: AbortSignal) => T | PromiseLike<T>,
  options: CancellableOptions<T> | undefined,
): Promise<T> {
  const signal = options?.signal;
  const no = refusal(placeOf(signal), signal);
  if (no !== undefined) return no;
  const scope = new CancelScope(signal === undefined ? undefined : { signal });
  openScope(scope);
  return waitFor(
    attempt(scope, () => work(scope.signal)),
    scope,
    options,
  );
}

function waitFor<T>(
  promise: PromiseLike<T>,
  scope: CancelScope | undefined,
  options: CancellableOptions<T> | undefined,
): Promise<T> {
  const signal = options?.signal;
  const place = placeOf(signal);
  const no = refusal(place, signal);
  const hold: Hold<T> = { wait: undefined, scope };
  if (no === undefined) hold.wait = park(promises as WaitQueue<T>, place, signal, hold);
  else letGo(hold);
  const result = no ?? hold.wait!.promise;
  watch(promise, hold, options?.onDiscard);
  return result;
}

function watch<T>(
  promise: PromiseLike<T>,
  hold: Hold<T>,
  // The options hold the signal too, which a promise that never settles must not keep.
  onDiscard: ((value: T) => unknown) | undefined,
): void {
  const succeeded = (value: T): void => {
    const { wait } = hold;
    letGo(hold);
    if (wait === undefined || !grant(wait, value)) {
      discard("onDiscard", value, onDiscard);
    }
  };
  const failed = (error: unknown): void => {
    const { wait } = hold;
    letGo(hold);
    if (wait === undefined || !grant(wait, refused(error))) {
      report("note", {
        kind: "late-rejection",
        message: `A promise rejected after its wait was cancelled: ${textOf(error)}`,
        detail: error,
      });
    }
  };
  const watched = call(() => promise);
  // Else the promise would keep the scope, which travels with its reactions, as long as it is pending.
  void detached(() => react(watched, succeeded, failed));
}
