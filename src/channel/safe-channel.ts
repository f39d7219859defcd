import { checkFunction, checkOptions } from "../internal/arguments.ts";
import { currentTask } from "../cancel/current-task.ts";
import { DeadlockError } from "../cancel/errors.ts";
import { isOurs } from "../cancel/ownership.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { quiet } from "../cancel/tree.ts";
import type { Task } from "../task/task.ts";
import { TaskGroup } from "../task/task-group.ts";
import { channel } from "./channel.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";

const OVER = { value: undefined, done: true } as const;

/** What a generator gives, run as a child task; see {@link safeChannel}. */
export class SafeChannel<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
  readonly #group: TaskGroup;
  readonly #fn: (scope: CancelScope) => AsyncIterable<T>;
  readonly #sender: Sender<T>;
  readonly #receiver: Receiver<T>;
  readonly #items: AsyncIterableIterator<T, undefined>;
  #producer: Task<void> | undefined;
  /** What the generator has ended with, if that was an error. */
  #failure: { readonly error: unknown } | undefined;
  #over = false;

  /** @internal */
  constructor(fn: (scope: CancelScope) => AsyncIterable<T>, options: WaitOptions | undefined) {
    this.#fn = fn;
    this.#group = new TaskGroup({ name: fn.name || "safeChannel", signal: options?.signal });
    [this.#sender, this.#receiver] = channel<T>(0);
    this.#items = this.#receiver.values(options);
  }

  /**
   * The next item. The generator runs on until it gives one, and no further. A reader that is cancelled
   * leaves it running: what it is about to give, the next call gets.
   *
   * @throws What the generator throws.
   * @throws {DeadlockError} If the generator calls it.
   */
  next(): Promise<IteratorResult<T, undefined>> {
    const result: Promise<IteratorResult<T, undefined>> = this.#next(() => void quiet(result));
    return result;
  }

  async #next(cancelled: () => void): Promise<IteratorResult<T, undefined>> {
    this.#checkReader();
    if (this.#over) return OVER;
    this.#producer ??= this.#group.spawn((task) => this.#produce(task.scope), {
      name: "generator",
    });
    try {
      const result = await this.#items.next();
      if (result.done === true) await this.#leave();
      return result;
    } catch (error) {
      if (this.#failure === undefined || isOurs(this.#group.scope, error)) cancelled();
      // A loop that meets an error does not call return(). It leaves a generator that is over.
      if (this.#failure !== undefined || this.#group.scope.cancelled) await this.#leave();
      throw error;
    }
  }

  async #produce(scope: CancelScope): Promise<void> {
    const { signal } = scope;
    const sender = this.#sender;
    let iterator: AsyncIterator<T> | undefined;
    try {
      iterator = this.#fn(scope)[Symbol.asyncIterator]();
      for (;;) {
        // Somebody asks for an item: only then the generator goes on.
        const slot = await sender.reserve({ signal });
        try {
          const result = await iterator.next();
          if (result.done === true) {
            iterator = undefined;
            return;
          }
          slot.send(result.value);
        } finally {
          slot.release();
        }
      }
    } catch (error) {
      this.#failure = { error };
      // Nobody may be there any more to be told: then it is the group that fails.
      if (isOurs(scope, error) || this.#receiver.stats().receiving === 0) throw error;
    } finally {
      try {
        await iterator?.return?.();
      } finally {
        // Who still waits when it is left is told of the end, and not of the cancellation.
        sender.end(this.#over ? undefined : this.#failure);
      }
    }
  }

  #checkReader(): void {
    if (this.#producer === undefined || currentTask() !== this.#producer) return;
    throw new DeadlockError(
      "Cannot read a safe channel: expected a caller outside its generator, received the generator",
    );
  }

  async #leave(): Promise<void> {
    this.#over = true;
    await this.#group[Symbol.asyncDispose]();
    this.#receiver.close();
  }

  /** Cancels the generator's scope, and waits until it has ended. `break` in a loop calls it. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await this[Symbol.asyncDispose]();
    return OVER;
  }

  /** Cancels the generator's scope, and waits until it has ended; throws what its cleanup throws. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#checkReader();
    await this.#leave();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/**
 * Runs an async generator as a child task, so that a scope, a timeout or a group in it may stay open over
 * a `yield`. In a plain generator that is a fault: between two items the code of whoever reads it runs,
 * which would then be within that scope, and leaving the loop would leave the scope open.
 *
 * The generator runs in a scope of its own, which it gets; it never runs ahead of the one who reads. What
 * it throws, the reader gets. Leaving the loop, or disposing the channel, cancels the scope and waits
 * until the generator has ended. It belongs to the scope in which it was made; one that is left open
 * there is cancelled and reported. As Trio's `as_safe_channel`.
 *
 * @throws {TypeError} If `fn` is no function.
 * @example
 * ```ts
 * import { gather, safeChannel } from "corral";
 *
 * await using pairs = safeChannel(async function* () {
 *   for (const n of [1, 2]) yield await gather([async () => n, async () => n * n]);
 * });
 * for await (const [n, square] of pairs) console.log(n, square);
 * // 1 1
 * // 2 4
 * ```
 */
export function safeChannel<T>(
  fn: (scope: CancelScope) => AsyncIterable<T>,
  options?: WaitOptions,
): SafeChannel<T> {
  checkFunction("open a safe channel", "fn", fn);
  checkOptions("open a safe channel", options);
  return new SafeChannel(fn, options);
}
