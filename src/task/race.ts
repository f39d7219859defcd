import { checkFunction, checkOptions } from "../internal/arguments.ts";
import { callback } from "../cancel/callback.ts";
import { discard } from "../cancel/discard.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { FanOut, type Job, jobsOf } from "./fan-out.ts";

export interface RaceOptions<T> {
  /** Cancels all from outside. */
  signal?: AbortSignal | undefined;
  /** After so many milliseconds all are cancelled, and the call rejects with a TimeoutError. */
  timeoutMs?: number | undefined;
  /**
   * Gets how a loser ended that was not just cancelled: a value that came too late, or a failure. By
   * default late values are disposed, if they can be; failures go to the diagnostics channel as well.
   */
  onLoser?: ((result: PromiseSettledResult<T>, index: number) => unknown) | undefined;
}

/** Runs `fns` until one of them has won; the others are cancelled and waited for. */
function compete<T>(
  action: string,
  fns: Iterable<Job<T>>,
  options: RaceOptions<T> | undefined,
  wins: (failed: boolean) => boolean,
  nobody: (failures: unknown[]) => unknown,
): Promise<T> {
  checkOptions(action, options);
  const { onLoser, ...fanOutOptions } = options ?? {};
  if (onLoser !== undefined) checkFunction(action, "onLoser", onLoser);
  const { jobs } = jobsOf(action, fns);
  const failures: unknown[] = Array.from({ length: jobs.length });
  let winner: { failed: boolean; outcome: unknown } | undefined;
  const tell = (failure: unknown): void =>
    report("note", {
      kind: "loser-failed",
      message: `A loser of ${action}() failed: ${textOf(failure)}`,
      detail: failure,
    });
  const lost = (index: number, failed: boolean, outcome: unknown): void => {
    if (failed) tell(outcome);
    const result = failed
      ? ({ status: "rejected", reason: outcome } as const)
      : ({ status: "fulfilled", value: outcome as T } as const);
    if (onLoser !== undefined) callback("onLoser", () => onLoser(result, index));
    else if (!failed) discard("dispose", outcome, undefined);
  };
  const fanOut: FanOut = new FanOut(action, jobs, fanOutOptions, (index, failed, outcome) => {
    if (failed && isOurs(fanOut.scope, outcome)) return;
    if (winner !== undefined) {
      lost(index, failed, outcome);
    } else if (wins(failed)) {
      winner = { failed, outcome };
      if (failed) fanOut.failures.add(outcome);
      fanOut.scope.cancel(`${action} is won`);
    } else {
      failures[index] = outcome;
    }
  });
  if (jobs.length === 0) return Promise.reject(nobody([]));
  return fanOut.run((interrupted) => {
    if (winner !== undefined) return winner.outcome as T;
    if (!interrupted) throw nobody(failures);
    for (const failure of failures) if (failure !== undefined) tell(failure);
    return fanOut.scope.throwIfCancelled() as never;
  });
}

/**
 * Runs functions side by side until the first one ends, be it with a value or a failure. The others are
 * cancelled and waited for before the call does.
 *
 * @throws {RangeError} If there are no functions: nobody could win.
 */
export function race<T extends unknown[]>(
  fns: readonly [...{ [K in keyof T]: Job<T[K]> }],
  options?: RaceOptions<Awaited<T[number]>>,
): Promise<Awaited<T[number]>>;
export function race<R>(
  fns: Iterable<Job<R>>,
  options?: RaceOptions<Awaited<R>>,
): Promise<Awaited<R>>;
export function race<T>(fns: Iterable<Job<T>>, options?: RaceOptions<T>): Promise<T> {
  try {
    return compete(
      "race",
      fns,
      options,
      () => true,
      () => new RangeError('Cannot race: "fns" must not be empty, received no functions'),
    );
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Runs functions side by side until the first one succeeds. The others are cancelled and waited for
 * before the call does.
 *
 * @throws {AggregateError} If all have failed: their errors in the order of the functions.
 */
export function any<T extends unknown[]>(
  fns: readonly [...{ [K in keyof T]: Job<T[K]> }],
  options?: RaceOptions<Awaited<T[number]>>,
): Promise<Awaited<T[number]>>;
export function any<R>(
  fns: Iterable<Job<R>>,
  options?: RaceOptions<Awaited<R>>,
): Promise<Awaited<R>>;
export function any<T>(fns: Iterable<Job<T>>, options?: RaceOptions<T>): Promise<T> {
  try {
    return compete(
      "any",
      fns,
      options,
      (failed) => !failed,
      (failures) => new AggregateError(failures, "All functions have failed"),
    );
  } catch (error) {
    return Promise.reject(error);
  }
}
