import { checkCount, checkFunction, checkOptions, seen } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { within } from "../cancel/ambient.ts";
import { isOurs } from "../cancel/ownership.ts";
import { CancelScope } from "../cancel/scope.ts";
import { failureOf, finish, openScope } from "../cancel/scope-life.ts";
import { Failures } from "./failures.ts";

/** A function that is given the scope it runs in. */
export type Job<T> = (scope: CancelScope) => T | PromiseLike<T>;

export interface FanOutOptions {
  /** How many functions run at once; by default all. */
  concurrency?: number | undefined;
  /** Cancels all from outside. */
  signal?: AbortSignal | undefined;
  /** After so many milliseconds all are cancelled, and the call rejects with a TimeoutError. */
  timeoutMs?: number | undefined;
}

/** The end of one job: what it returned, or what it failed with. */
export type Ended = (index: number, failed: boolean, outcome: unknown) => void;

/** Functions that run side by side in one scope, without a task for each. */
export class FanOut {
  readonly scope: CancelScope;
  readonly failures: Failures = new Failures();
  readonly #jobs: readonly Job<unknown>[];
  readonly #concurrency: number;
  readonly #ended: Ended;
  #next = 0;
  #running = 0;
  /** The cancellation that was there before it began: that one keeps no job from its first step. */
  #before: unknown = undefined;
  /** Whether a job was cancelled, or not even started for that. */
  #interrupted = false;
  #resolve: (() => void) | undefined = undefined;

  constructor(
    action: string,
    jobs: readonly Job<unknown>[],
    options: FanOutOptions | undefined,
    ended: Ended,
  ) {
    checkOptions(action, options);
    const { concurrency = Infinity, signal, timeoutMs } = options ?? {};
    checkCount(action, "concurrency", concurrency);
    jobs.forEach((job, index) => checkFunction(action, `fns[${index}]`, job));
    this.scope = new CancelScope({
      name: action,
      ...(signal !== undefined && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
    this.#jobs = jobs;
    this.#concurrency = concurrency;
    this.#ended = ended;
  }

  /**
   * Runs them, and when all have ended gives what `value` makes of it.
   *
   * Fails with the first failure; else, when a job was cancelled, with what the scope ends with.
   */
  run<T>(value: (interrupted: boolean) => T): Promise<T> {
    openScope(this.scope);
    this.#before = this.scope.error;
    return new Promise<void>((resolve) => {
      this.#resolve = resolve;
      within(this.scope, () => this.#start());
    }).then(() => {
      const { scope } = this;
      if (this.failures.list.length > 0) return finish(scope, true, this.failures.error("first"));
      try {
        return finish(scope, false, value(this.#interrupted));
      } catch (error) {
        return finish(scope, true, failureOf(scope, error));
      }
    }) as Promise<T>;
  }

  /** Starts the next ones. Those still in line when the scope is cancelled are never started. */
  #start(): void {
    while (this.#running < this.#concurrency && this.#next < this.#jobs.length) {
      if (this.scope.error !== this.#before) {
        this.#interrupted = true;
        break;
      }
      this.#launch(this.#next++);
    }
    if (this.#running === 0) this.#resolve!();
  }

  #launch(index: number): void {
    this.#running++;
    void react(
      call(() => this.#jobs[index]!(this.scope)),
      (value) => this.#end(index, false, value),
      (error) => this.#end(index, true, error),
    );
  }

  #end(index: number, failed: boolean, outcome: unknown): void {
    if (failed && isOurs(this.scope, outcome)) this.#interrupted = true;
    this.#ended(index, failed, outcome);
    this.#running--;
    const hop = spend();
    if (hop === undefined) this.#start();
    else void hop.then(() => this.#start());
  }
}

/** The functions of a tuple, a record or an iterable, and how to give the results that shape. */
export function jobsOf(
  action: string,
  fns: unknown,
): { jobs: Job<unknown>[]; shape: (results: unknown[]) => unknown } {
  if (typeof fns !== "object" || fns === null) {
    throw new TypeError(
      `Cannot ${action}: "fns" must be an iterable or a record of functions, received ${seen(fns)}`,
    );
  }
  if (Symbol.iterator in fns) {
    return { jobs: [...(fns as Iterable<Job<unknown>>)], shape: (results) => results };
  }
  const keys = Object.keys(fns);
  return {
    jobs: Object.values(fns as Record<string, Job<unknown>>),
    shape: (results) => Object.fromEntries(keys.map((key, index) => [key, results[index]])),
  };
}
