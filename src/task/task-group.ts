/// <reference lib="esnext.disposable" preserve="true" />
import { checkFunction, checkOptions } from "../internal/arguments.ts";
import { currentNode } from "../cancel/ambient.ts";
import { ClosedError, DeadlockError } from "../cancel/errors.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import { attempt, endScope, failureOf, leaveOpenGroups, openScope } from "../cancel/scope-life.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { outerNode, type ScopeNode } from "../cancel/tree.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import type { Throws } from "./failures.ts";
import { readOptions, type SpawnOptions, type TaskGroupOptions } from "./group-options.ts";
import { Nursery } from "./nursery.ts";
import { startTask, type StartOptions } from "./start.ts";
import { Task } from "./task.ts";

/**
 * The handle of a group of children that end together; {@link taskGroup} tells how a group works.
 *
 * Where a callback is in the way, a group can be made by itself:
 *
 * ```ts
 * import { sleep, TaskGroup } from "corral";
 *
 * await using group = new TaskGroup();
 * group.spawn(() => sleep(100));
 * await group.join();
 * ```
 *
 * There the code of the block stays in the scope around it, and a failing child interrupts it only
 * through `group.scope.signal`. Leaving the block without `join()` cancels the children, waits for them
 * and throws the first failure. A scope that ends while such a group is open does the same, and reports it.
 */
export class TaskGroup<F = never> implements AsyncDisposable {
  /** The scope of the whole group. */
  readonly scope: CancelScope;
  readonly #nursery: Nursery;
  readonly #throws: Throws;
  #finish: { readonly value: F } | undefined = undefined;
  /** Whether `join()` has thrown the failure, so that leaving the block does not throw it again. */
  #told = false;
  #ending: Promise<void> | undefined = undefined;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options?: TaskGroupOptions) {
    const { concurrency, throws, scope } = readOptions(options);
    this.#throws = throws;
    this.scope = new CancelScope(scope);
    this.#nursery = new Nursery(this.scope, concurrency, this);
    openScope(this.scope);
    this.scope.abandon = () => this.#abandon();
  }

  /** How many children have not ended: running, queued, and daemons. */
  get size(): number {
    return this.#nursery.open + this.#nursery.daemons.size;
  }

  /** What has failed so far, in order of arrival. */
  get failures(): readonly unknown[] {
    return [...this.#nursery.failures.list];
  }

  /**
   * Starts a child. `fn` is called at once, also in a group that is cancelled, where it ends at its
   * first wait; what it throws at once is the child's failure. In a full group the child is queued, to
   * be started in the order of the calls and in this call's async context; one that is still queued
   * when the group is cancelled never runs.
   *
   * @throws {ClosedError} If the group has ended. `fn` is not called.
   */
  spawn<T>(fn: (task: Task<unknown>) => T | PromiseLike<T>, options?: SpawnOptions): Task<T> {
    checkFunction("spawn a task", "fn", fn);
    checkOptions("spawn a task", options);
    this.#checkOpen("spawn a task");
    const nursery = this.#nursery;
    const daemon = options?.daemon === true;
    const begins = daemon || nursery.enter();
    const task = new Task<T>(options?.name ?? fn.name, begins ? "running" : "queued");
    // Registered before its first step: a child may cancel the group, or spawn, in that very step.
    if (daemon) {
      task.scope.daemon = true;
      nursery.daemons.add(task);
    } else {
      nursery.open++;
    }
    openScope(task.scope, this.scope);
    if (begins) nursery.run(task, fn);
    else nursery.enqueue(task, fn);
    return task;
  }

  /**
   * Starts a child that says when it is ready. Until it calls `started(value)` it belongs to the caller,
   * whose cancellation cancels it and who gets its error; from then on it is a child of the group. The
   * rules are those of Trio's `nursery.start`. A start under way keeps the group open, and takes no
   * place of its `concurrency`.
   *
   * The type of the value is that of the parameter: `async (started: (port: number) => void) => …`.
   *
   * @returns The child and the value, once it is ready.
   * @throws {TypeError} If `fn` ended without calling `started`.
   * @throws {ClosedError} If the group has ended. `fn` is not called.
   */
  start<T, V = void>(
    fn: (started: (value: V) => void, task: Task<unknown>) => T | PromiseLike<T>,
    options?: StartOptions,
  ): Promise<{ task: Task<T>; value: V }> {
    try {
      checkFunction("start a task", "fn", fn);
      checkOptions("start a task", options);
      this.#checkOpen("start a task");
      return startTask(this.#nursery, fn, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Cancels the children and the body. */
  cancel(reason?: unknown): void {
    this.scope.cancel(reason);
  }

  /**
   * Ends the group early with a value: cancels what still runs. The first call counts. The type of the
   * value is that of the group: `taskGroup(async (group: TaskGroup<string>) => …)`.
   */
  finish(value: F): void {
    this.#finish ??= { value };
    this.scope.cancel("the group is finished");
  }

  /**
   * Waits until all children, daemons aside, have ended. The group stays open. A cancellation of the
   * caller is passed on to the group, whose end is waited for.
   *
   * @throws What the group would end with: its failure, or its cancellation.
   * @throws {DeadlockError} If a child of the group calls it, since it would wait for itself.
   */
  async join(options?: WaitOptions): Promise<void> {
    for (let node: ScopeNode | undefined = currentNode(); node !== undefined; node = node.parent) {
      if (node.parent === this.scope && (node as CancelScope).task !== undefined) {
        throw new DeadlockError(
          "Cannot join a task group: expected a caller outside it, received one of its children",
        );
      }
    }
    checkOptions("join a task group", options);
    const signal = options?.signal;
    const place = placeOf(signal);
    let interruption: { readonly error: unknown } | undefined;
    try {
      await refusal(place, signal);
      await this.#nursery.idle(place, signal);
    } catch (error) {
      // The group's own cancellation has reached the caller, too: then it is the group that tells.
      if (error !== this.scope.error) interruption = { error };
      this.scope.cancel("the wait for the group was cancelled");
      await this.#nursery.idle();
    }
    if (this.#nursery.failures.list.length > 0) {
      this.#told = true;
      throw this.#nursery.failures.error(this.#throws);
    }
    if (interruption !== undefined) throw interruption.error;
    const { error } = this.scope;
    if (error === undefined || (this.#finish !== undefined && !outerNode(this.scope))) return;
    throw failureOf(this.scope, error);
  }

  /** Cancels what still runs, waits for it, and throws the first failure unless `join()` has. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#nursery.open > 0) this.scope.cancel("the block was left without join()");
    await this.#end();
    endScope(this.scope);
    if (this.#nursery.failures.list.length > 0 && !this.#told) {
      this.#told = true;
      throw this.#nursery.failures.error(this.#throws);
    }
  }

  /** @internal The callback form: runs the body in the group's scope, and ends the group after it. */
  async conduct<T>(body: (group: TaskGroup<F>) => T | PromiseLike<T>): Promise<T | F> {
    // Closed by its structure; only the other form can be left open.
    this.scope.abandon = undefined;
    let failed = false;
    let outcome: unknown;
    try {
      outcome = await attempt(this.scope, () => body(this));
    } catch (error) {
      failed = true;
      outcome = error;
      if (!isOurs(this.scope, error)) this.#nursery.fail(error);
    }
    await this.#end();
    const { failures } = this.#nursery;
    const failure = failed ? failureOf(this.scope, outcome) : undefined;
    const outer = outerNode(this.scope);
    const finish = outer === undefined ? this.#finish : undefined;
    endScope(this.scope);
    if (failures.list.length > 0) throw failures.error(this.#throws);
    if (finish !== undefined) return finish.value;
    if (failed) throw failure;
    // Work that was cut short by others must not look like work that is done.
    if (this.#nursery.interrupted) {
      const { timeout } = this.scope;
      const byOthers = timeout !== undefined || outer?.error === this.scope.error;
      if (byOthers && outer !== undefined) throw outer.refusal;
      if (timeout !== undefined) throw timeout;
    }
    return outcome as T;
  }

  // Once, for whoever asks first: a scope that ends and a block that is left may both do.
  #end(): Promise<void> {
    return (this.#ending ??= this.#close());
  }

  async #close(): Promise<void> {
    // Children may open groups of their own in the group's scope as long as they run.
    let rest = leaveOpenGroups(this.scope);
    do {
      await rest;
      await this.#nursery.close();
      rest = leaveOpenGroups(this.scope);
    } while (rest !== undefined);
    this.scope.abandon = undefined;
  }

  async #abandon(): Promise<void> {
    report("warning", {
      kind: "open-group",
      message: `${this.scope.name ?? "A task group"} was still open when the scope around it ended`,
      detail: this,
    });
    this.scope.cancel("the scope around the group has ended");
    await this.#end();
    endScope(this.scope);
    for (const failure of this.#nursery.failures.list) {
      report("warning", {
        kind: "lost-failure",
        message: `A child of it has failed: ${textOf(failure)}`,
        detail: failure,
      });
    }
  }

  #checkOpen(action: string): void {
    if (!this.#nursery.closed) return;
    throw new ClosedError(`Cannot ${action}: expected an open group, received one that has ended`);
  }
}

/**
 * Runs `body` in a group: whatever is spawned in it ends before the call does, cleanup included.
 *
 * When a child or the body fails, all others are cancelled and waited for. The group ends with the
 * first of these that is true:
 *
 * 1. something failed: the first failure as it is, or all of them (option `throws`). None is dropped:
 *    see `group.failures` and {@link failuresOf};
 * 2. `group.finish(value)` was called: `value`, unless an outer cancellation is visible;
 * 3. the body returned: its value, also in a group that was cancelled, unless 4 or 5 has cut a child short;
 * 4. an outer cancellation is visible: that one;
 * 5. its own time was over: a TimeoutError;
 * 6. it was cancelled by `group.cancel()`: its CancelledError.
 *
 * A child that was cancelled alone is no failure. A failure is never hidden by a cancellation: an
 * outer one stays pending, and the next wait outside rejects with it. The group keeps nothing of a
 * child that has ended.
 *
 * @example
 * ```ts
 * import { sleep, taskGroup } from "corral";
 *
 * await taskGroup(async (group) => {
 *   group.spawn(async () => {
 *     for (;;) await sleep(1_000); // cancelled when the other one fails
 *   });
 *   group.spawn(async () => {
 *     throw new Error("no route");
 *   });
 * }).catch((error) => console.log(error.message)); // no route
 * ```
 */
export function taskGroup<T, F = never>(
  body: (group: TaskGroup<F>) => T | PromiseLike<T>,
  options?: TaskGroupOptions,
): Promise<T | F> {
  try {
    checkFunction("run a task group", "body", body);
    return new TaskGroup<F>(options).conduct(body);
  } catch (error) {
    return Promise.reject(error);
  }
}
