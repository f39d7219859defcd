import type { CancelScope } from "../cancel/scope.ts";
import { react } from "../internal/react.ts";
import { attempt } from "../cancel/scope-life.ts";
import { Slots } from "../cancel/slots.ts";
import { grantAll, park, refusal, type Wait, WaitQueue } from "../cancel/wait.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { Failures } from "./failures.ts";
import { endTask, type EndStatus, type Task } from "./task.ts";

/** What runs in a group: its children, those still in line, and what has failed. */
export class Nursery {
  readonly scope: CancelScope;
  readonly failures: Failures = new Failures();
  /** Children that keep the group open: all but daemons, also those in line and starts under way. */
  open = 0;
  readonly daemons: Set<Task<unknown>> = new Set();
  /** Whether a child was cut short by the group's cancellation, or never begun for it. */
  interrupted = false;
  closed = false;
  readonly #slots: Slots;
  readonly #idle: WaitQueue<void>;

  constructor(scope: CancelScope, concurrency: number, target: unknown) {
    this.scope = scope;
    this.#slots = new Slots(concurrency, "group", target);
    this.#idle = new WaitQueue("children", target);
  }

  /** Takes a place for a new child, unless it has to queue. */
  enter(): boolean {
    return this.#slots.enter();
  }

  /** Runs a child that holds a place, or a daemon, which needs none. */
  run<T>(task: Task<T>, fn: (task: Task<unknown>) => T | PromiseLike<T>): void {
    const ended = (status: EndStatus, outcome: unknown): void => {
      if (!this.daemons.has(task)) this.#slots.leave();
      this.childEnded(task, status, outcome);
    };
    void react(
      attempt(task.scope, () => fn(task)),
      (value) => endTask(task, false, value, ended),
      (error) => endTask(task, true, error, ended),
    );
  }

  /** Runs a child once there is a place, in the async context of this call; never if cancelled first. */
  enqueue<T>(task: Task<T>, fn: (task: Task<unknown>) => T | PromiseLike<T>): void {
    const never = (): void => {
      endTask(task, true, task.scope.error, (status, outcome) =>
        this.childEnded(task, status, outcome),
      );
    };
    if (task.scope.error !== undefined) {
      // The caller gets the task first, and sees it end as one that was in line would.
      queueMicrotask(never);
      return;
    }
    this.#slots.queue(task.scope, undefined, task).promise.then(() => {
      this.#slots.begin();
      if (task.scope.error === undefined) {
        task.begin();
        this.run(task, fn);
      } else {
        this.#slots.leave();
        never();
      }
    }, never);
  }

  /** A failure: the first one cancels the group. */
  fail(error: unknown): void {
    if (!this.failures.add(error)) return;
    this.scope.cancel(error);
    // Until it is made text, V8 keeps the functions of the stack with it, and so the child.
    void this.scope.error?.stack;
  }

  childEnded(task: Task<unknown>, status: EndStatus, outcome: unknown): void {
    if (status === "failed") this.fail(outcome);
    const { error } = this.scope;
    const byGroup = error !== undefined && task.scope.error === error;
    if (status === "cancelled" && byGroup && !this.daemons.has(task)) this.interrupted = true;
    if (!this.daemons.delete(task)) this.open--;
    if (this.open === 0) grantAll(this.#idle, undefined);
  }

  /** Waits until only daemons are left. With a place, the wait can be cancelled. */
  async idle(place?: ScopeNode, signal?: AbortSignal): Promise<void> {
    while (this.open > 0) {
      await (refusal(place, signal) ?? park(this.#idle, place, signal).promise);
    }
  }

  /** Waits for all children, after cancelling the daemons, and closes. */
  async close(): Promise<void> {
    await this.idle();
    while (this.open > 0 || this.daemons.size > 0) {
      // Again each time: a daemon may have spawned another while it ended.
      for (const daemon of this.daemons) daemon.cancel("the other children have ended");
      await this.#wait();
    }
    this.closed = true;
  }

  // A wait for one's own children is not cancelled: the cancellation reaches them, and they end.
  #wait(): Promise<void> {
    const wait: Wait<void> = park(this.#idle, undefined, undefined);
    return wait.promise;
  }
}
