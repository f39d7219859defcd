import { checkAmount, checkOptions } from "../internal/arguments.ts";
import { within } from "../cancel/ambient.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { Sender } from "../channel/sender.ts";
import { type TaskGroup, taskGroup } from "../task/task-group.ts";
import { Inlet, type Step } from "./inlet.ts";
import type { ItemStream } from "./outlet.ts";
import { Pipe } from "./pipe.ts";
import type { Closable } from "./pump.ts";
import { type SourceItem, sourceOf, type StreamSource } from "./source.ts";

export interface MergeOptions extends WaitOptions {
  /** How many items are held beside the one that each source may be ahead; 0 by default. */
  buffer?: number | undefined;
}

const MERGE = "merge";

/** One call of {@link merge}. */
class Merging<T> {
  /** Those that are open. */
  readonly inlets: Set<Closable> = new Set();
  readonly #first: Inlet<T>[] = [];
  /** Gives further sources, where they come one after the other. */
  readonly #sources: Inlet<StreamSource<T>> | undefined = undefined;

  constructor(sources: StreamSource<StreamSource<T>>) {
    const source = sourceOf(MERGE, sources, "sources");
    if (source.async) {
      this.#sources = new Inlet(source);
      this.inlets.add(this.#sources);
      return;
    }
    for (const items of { [Symbol.iterator]: () => source.iterator }) {
      const { length } = this.#first;
      this.#first.push(new Inlet(sourceOf(MERGE, items, `sources[${length}]`)));
    }
    for (const inlet of this.#first) this.inlets.add(inlet);
  }

  run(sender: Sender<Step<T>>, scope: CancelScope): Promise<void> {
    const { signal } = scope;
    return taskGroup(
      async (group: TaskGroup): Promise<void> => {
        for (const inlet of this.#first) this.#spawn(group, inlet, sender);
        if (this.#sources !== undefined) await this.#open(group, this.#sources, sender, scope);
      },
      { name: MERGE, signal },
    );
  }

  /** Opens sources as they come, and none while whoever reads has enough. */
  async #open(
    group: TaskGroup,
    sources: Inlet<StreamSource<T>>,
    sender: Sender<Step<T>>,
    home: CancelScope,
  ): Promise<void> {
    const { scope } = group;
    const { signal } = scope;
    for (;;) {
      (await sender.reserve({ signal })).release();
      // Streams that are made there are read when all have come, and this scope has ended.
      const step = await within(home, () => sources.read(scope));
      if (step.done === true) break;
      const inlet = new Inlet(sourceOf(MERGE, step.value, "source"));
      this.inlets.add(inlet);
      this.#spawn(group, inlet, sender);
    }
    this.inlets.delete(sources);
  }

  #spawn(group: TaskGroup, inlet: Inlet<T>, sender: Sender<Step<T>>): void {
    group.spawn(({ scope }) => this.#forward(inlet, sender, scope), { name: "source" });
  }

  async #forward(inlet: Inlet<T>, sender: Sender<Step<T>>, scope: CancelScope): Promise<void> {
    const { signal } = scope;
    for (;;) {
      const reading = inlet.read(scope);
      const step = reading instanceof Promise ? await reading : reading;
      if (step.done === true) break;
      await sender.send(step, { signal });
    }
    this.inlets.delete(inlet);
  }
}

/**
 * Gives the items of several sources as they come, until all have ended.
 *
 * The sources are read at the same time, from the first call of `next()` on. Those that have an item wait
 * in line for whoever reads, so that none starves another: of sources that are always ready each gives
 * one in turn. Each source is read one item ahead at most, and no more than `buffer` items are held beside
 * these. The order within each source is kept.
 *
 * When a source fails, what the others do is cut short, they are closed and waited for, and the failure is
 * thrown after the items that are held; the items in line are dropped. A reader that is cancelled loses no
 * item. It belongs to the scope in which it was made: leaving the loop, a cancellation of that scope or of
 * `signal` ends it in the same way.
 *
 * @param sources They may come one after the other: a further one is asked for when somebody reads.
 * @throws {TypeError | RangeError} If a source is none, or `buffer` is no non-negative integer (or `Infinity`).
 * @example
 * ```ts
 * import { merge, sleep } from "corral";
 *
 * async function* every(ms: number, name: string) {
 *   for (let n = 1; n <= 2; n++) {
 *     await sleep(ms);
 *     yield `${name} ${n}`;
 *   }
 * }
 * for await (const item of merge([every(20, "slow"), every(15, "fast")])) console.log(item);
 * // fast 1
 * // slow 1
 * // fast 2
 * // slow 2
 * ```
 */
export function merge<S extends StreamSource<unknown>>(
  sources: StreamSource<S>,
  options?: MergeOptions,
): ItemStream<SourceItem<S>> {
  checkOptions(MERGE, options);
  const { buffer = 0 } = options ?? {};
  checkAmount(MERGE, "buffer", buffer);
  const merging = new Merging(sources as StreamSource<StreamSource<SourceItem<S>>>);
  return new Pipe<SourceItem<S>>(
    {
      name: MERGE,
      capacity: buffer,
      inlets: merging.inlets,
      run: (sender, scope) => merging.run(sender, scope),
    },
    { signal: options?.signal },
  );
}
