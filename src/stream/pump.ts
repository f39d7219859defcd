import { checkOptions } from "../internal/arguments.ts";
import { currentNode } from "../cancel/ambient.ts";
import { DeadlockError } from "../cancel/errors.ts";
import { isOurs } from "../cancel/ownership.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { failureOf } from "../cancel/scope-life.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { grant, grantAll, park, placeOf, refusal, type Wait, WaitQueue } from "../cancel/wait.ts";
import { Failures } from "../task/failures.ts";
import { TaskGroup } from "../task/task-group.ts";

/** A source, as far as a pump deals with it. */
export interface Closable {
  /** Whether something that it was asked for has not come. */
  readonly reading: boolean;
  /** Closes it unless it has ended by itself. */
  close(): Promise<void>;
}

/** What a pump does. */
export interface Work {
  /** What its group is called. */
  readonly name: string;
  /** The sources that are open: closed in the end. */
  readonly inlets: ReadonlySet<Closable>;
  /** Reads the sources until nothing comes any more. The scope may be cancelled already. */
  readonly run: (scope: CancelScope) => Promise<void>;
  /** Called when the sources are closed: nothing comes any more. */
  readonly ended: () => void;
}

/**
 * The task that reads the sources of a stream. It is a child of a group in the scope in which the stream
 * was made, and is there from the start: whatever happens first, it is what closes the sources.
 *
 * `waiting` → (somebody reads) `running` → `closing` → over; the first cancellation leads to `closing`. A
 * failure keeps it there until somebody is told: whoever leaves before gets it from the group.
 */
export class Pump {
  readonly signal: AbortSignal | undefined;
  readonly #work: Work;
  readonly #group: TaskGroup;
  readonly #steps = new WaitQueue<void>("reader of a stream", this);
  #beginning: Wait<void> | undefined = undefined;
  readonly #telling = new WaitQueue<void>("failure of a stream", this);
  /** What reading or closing has failed with. */
  failure: { readonly error: unknown } | undefined = undefined;
  /** Whether a cancellation has cut it short. */
  interrupted = false;

  /** @throws {TypeError} If an option is not what it should be. */
  constructor(work: Work, options: WaitOptions | undefined) {
    checkOptions(work.name, options);
    this.signal = options?.signal;
    this.#work = work;
    this.#group = new TaskGroup({ name: work.name, signal: this.signal });
    this.#group.spawn((task) => this.#pump(task.scope), { name: work.name });
  }

  get begun(): boolean {
    return this.#beginning?.pending !== true;
  }

  /** Whether the scope that it belongs to is cancelled. */
  get cancelled(): boolean {
    return this.#group.scope.cancelled;
  }

  /** The cancel point of whoever reads first. */
  refusal(): Promise<never> | undefined {
    return refusal(placeOf(this.signal), this.signal);
  }

  /** Somebody waits for an item. */
  begin(): void {
    if (this.#beginning !== undefined) grant(this.#beginning, undefined);
  }

  /** Somebody is told of the failure. */
  tell(): void {
    grantAll(this.#telling, undefined);
  }

  /** @throws {DeadlockError} If one of its sources is what calls. */
  checkOutside(): void {
    for (let node: ScopeNode | undefined = currentNode(); node !== undefined; node = node.parent) {
      if (node !== this.#group.scope) continue;
      throw new DeadlockError(
        `Cannot ${this.#work.name}: expected a reader outside its sources, received one of them`,
      );
    }
  }

  /** Cancels what is under way, and waits until the sources are closed. Throws what nobody was told. */
  async stop(): Promise<void> {
    await this.#group[Symbol.asyncDispose]();
  }

  /** The cancellation of the scope that it belongs to, as it is seen there. */
  cancellation(): unknown {
    const { scope } = this.#group;
    return failureOf(scope, scope.error);
  }

  async #pump(scope: CancelScope): Promise<void> {
    const { inlets, run, ended } = this.#work;
    const failures = new Failures();
    try {
      scope.throwIfCancelled();
      this.#beginning = park(this.#steps, scope, undefined);
      await this.#beginning.promise;
      await run(scope);
    } catch (error) {
      this.interrupted = isOurs(scope, error);
      if (!this.interrupted) failures.add(error);
    }
    const rest = [...inlets];
    // Most sources can be closed only when what they wait for is cut short.
    if (rest.some((inlet) => inlet.reading)) scope.cancel("the stream has ended");
    const failed = (error: unknown): void => {
      if (!isOurs(scope, error)) failures.add(error);
    };
    await Promise.all(rest.map((inlet) => inlet.close().catch(failed)));
    if (failures.list.length > 0) this.failure = { error: failures.error("first") };
    ended();
    if (this.failure !== undefined) await this.#beTold(this.failure.error);
    // Cancelled from outside, it needs nobody to leave it.
    else if (this.#group.scope.cancelled) void this.#group[Symbol.asyncDispose]();
  }

  async #beTold(error: unknown): Promise<void> {
    const { scope } = this.#group;
    try {
      scope.throwIfCancelled();
      await park(this.#telling, scope, undefined).promise;
    } catch {
      throw error;
    }
  }
}
