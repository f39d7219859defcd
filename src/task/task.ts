import { inspect } from "../internal/inspect.ts";
import { checkOptions } from "../internal/arguments.ts";
import { ready } from "../internal/budget.ts";
import { runtime } from "../internal/runtime.ts";
import { currentNode } from "../cancel/ambient.ts";
import type { Clause } from "../cancel/clause.ts";
import { currentTask } from "../cancel/current-task.ts";
import { DeadlockError } from "../cancel/errors.ts";
import { isOurs } from "../cancel/ownership.ts";
import { CancelScope } from "../cancel/scope.ts";
import { endScope, failureOf, leaveOpenGroups } from "../cancel/scope-life.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { refused, type ScopeNode } from "../cancel/tree.ts";
import { holdsUp } from "./queued-sibling.ts";
import { grantAll, park, placeOf, refusal, WaitQueue } from "../cancel/wait.ts";

/**
 * `queued` (its group is full) → `running` → `succeeded`, `failed` or `cancelled`; a queued one that is
 * cancelled never runs. Cancelled is who was interrupted by its scope's cancellation; whoever returned
 * in spite of it has succeeded.
 */
export type TaskStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

// The first is the sample.
let count = -1;

/**
 * A child of a task group.
 *
 * Awaiting it waits for its result and leaves it running: when the waiting scope is cancelled, only the
 * wait ends. It rejects with the child's error, with the child's CancelledError if it was cancelled.
 */
export class Task<T> implements PromiseLike<T> {
  /** @internal Always there, for the reason that a wait is; see `WaitQueue`. */
  static sample: Task<never> = new Task("sample", "running");

  /** Unique in this copy of the library. */
  readonly id: number = ++count;
  readonly name: string;
  /** The scope that the child runs in. */
  readonly scope: CancelScope;
  /** @internal When it was made: whole milliseconds, monotonic. */
  readonly since: number = Math.trunc(runtime.time());
  #status: TaskStatus;
  #outcome: unknown = undefined;
  #waiting: WaitQueue | undefined = undefined;

  /** @internal Tasks come from `group.spawn()`. */
  constructor(name: string, status: "queued" | "running") {
    this.name = name === "" ? `task-${this.id}` : name;
    this.scope = new CancelScope({ name: this.name });
    this.scope.task = this;
    this.#status = status;
  }

  get status(): TaskStatus {
    return this.#status;
  }

  /** Cancels this child alone, which is no failure of its group. */
  cancel(reason?: unknown): void {
    this.scope.cancel(reason);
  }

  /**
   * @returns The value of a child that has succeeded.
   * @throws What the child rejected with, if it has failed or was cancelled.
   * @throws {TypeError} If it has not ended.
   */
  result(): T {
    if (this.#status === "succeeded") return this.#outcome as T;
    if (this.#status === "queued" || this.#status === "running") {
      throw new TypeError(
        `Cannot read the result of task "${this.name}": expected it to have ended, received one that is ${this.#status}`,
      );
    }
    throw this.#outcome;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a task is awaitable, as a promise is
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.wait().then(onFulfilled, onRejected);
  }

  /**
   * Waits for the result, as `await` does, with a signal that ends the wait.
   *
   * @throws {DeadlockError} If the task waits for itself; if it is queued in a full group of which the
   * caller is a child, and every other child that runs waits for a queued one, too.
   */
  wait(options?: WaitOptions): Promise<T> {
    try {
      checkOptions("wait for a task", options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (!this.#hasEnded()) {
        this.#checkProgress(place);
        this.#waiting ??= new WaitQueue("task", this);
        return park(this.#waiting, place, signal).promise as Promise<T>;
      }
      return ready(this.result());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @internal To be one clause of a `select`. */
  clause(): Clause<T> {
    this.#checkNotSelf(currentNode());
    this.#waiting ??= new WaitQueue("task", this);
    return {
      line: this.#waiting,
      take: () => (this.#hasEnded() ? { value: this.result() } : undefined),
    };
  }

  #hasEnded(): boolean {
    return this.#status !== "queued" && this.#status !== "running";
  }

  #checkNotSelf(place: ScopeNode | undefined): void {
    if (currentTask(place) !== this) return;
    throw new DeadlockError(
      `Cannot wait for task "${this.name}": expected a caller outside it, received itself`,
    );
  }

  #checkProgress(place: ScopeNode | undefined): void {
    this.#checkNotSelf(place);
    if (this.#status === "queued" && holdsUp(place, this.scope)) {
      throw new DeadlockError(
        `Cannot wait for task "${this.name}": it is queued, and every child that runs in its full group waits for a queued one`,
      );
    }
  }

  toString(): string {
    return `Task ${JSON.stringify(this.name)} (${this.#status})`;
  }

  /** @internal For `console.log`. */
  [inspect](): string {
    return this.toString();
  }

  /** @internal */
  begin(): void {
    this.#status = "running";
  }

  /** @internal Its one end; whoever waits for it hears of it in the order in which they came. */
  end(status: EndStatus, outcome: unknown): void {
    this.#status = status;
    this.#outcome = outcome;
    if (this.#waiting === undefined) return;
    const failed = status !== "succeeded";
    grantAll(this.#waiting, failed ? refused(outcome) : outcome, failed);
    this.#waiting = undefined;
  }
}

export type EndStatus = "succeeded" | "failed" | "cancelled";

/** Ends a task whose function has ended, when all that hangs on its scope has ended too. */
export function endTask(
  task: Task<unknown>,
  failed: boolean,
  outcome: unknown,
  then: (status: EndStatus, outcome: unknown) => void,
): void {
  const { scope } = task;
  let status: EndStatus = "succeeded";
  if (failed) {
    const ours = isOurs(scope, outcome);
    outcome = failureOf(scope, outcome);
    // A deadline of its own that has passed is a failure, as it is of every scope.
    status = ours && outcome !== scope.timeout ? "cancelled" : "failed";
  }
  const end = (): void => conclude(task, status, outcome, then);
  const rest = leaveOpenGroups(scope);
  if (rest === undefined) end();
  else void rest.then(end);
}

function conclude(
  task: Task<unknown>,
  status: EndStatus,
  outcome: unknown,
  then: (status: EndStatus, outcome: unknown) => void,
): void {
  const { scope } = task;
  endScope(scope);
  // Whoever keeps the scope, as stray code does, must not keep the result.
  scope.task = undefined;
  task.end(status, outcome);
  then(status, outcome);
}
