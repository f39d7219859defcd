import { spend } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { detached } from "../cancel/ambient.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { refused } from "../cancel/tree.ts";
import { fail, grant, park, type Wait, WaitQueue } from "../cancel/wait.ts";
import type { Closable } from "./pump.ts";
import { closeSource, type Source } from "./source.ts";

/** An item, or the end. Items travel in it, so that one that is a promise stays what it is. */
export type Step<T> = IteratorResult<T, undefined>;

export const OVER = { value: undefined, done: true } as const;

/** A source that is read item by item in a scope, and closed once unless it has ended by itself. */
export class Inlet<T> implements Closable {
  readonly #source: Source<T>;
  readonly #line = new WaitQueue<Step<T>>("item of a source", this);
  /** Whether an item was asked for and has not come, be it that nobody waits for it any more. */
  reading = false;
  #ended = false;

  constructor(source: Source<T>) {
    this.#source = source;
  }

  /**
   * The next item; at once if the source is a sync one. Not to be called while one is under way. When
   * the scope is cancelled, an item that is under way is left alone.
   */
  read(scope: CancelScope): Step<T> | Promise<Step<T>> {
    if (this.#ended) return OVER;
    if (scope.error !== undefined) return refused(scope.error);
    const source = this.#source;
    if (source.async) return this.#ask(source.iterator, scope);
    const hop = spend();
    if (hop !== undefined) return hop.then(() => this.read(scope));
    try {
      return this.#stepOf(source.iterator.next());
    } catch (error) {
      this.#ended = true;
      return refused(error);
    }
  }

  /** @throws What its `return()` throws. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await closeSource(this.#source);
  }

  #stepOf(result: IteratorResult<T>): Step<T> {
    if (result.done !== true) return { value: result.value, done: false };
    this.#ended = true;
    return OVER;
  }

  #ask(iterator: AsyncIterator<T>, scope: CancelScope): Promise<Step<T>> {
    // Before the source begins to wait: then a cancellation comes here before the source's answer to it.
    const wait = park(this.#line, scope, undefined);
    this.reading = true;
    const asked = call(() => iterator.next());
    // Else a promise that never settles would keep what travels with the async context.
    void detached(() =>
      react(
        asked,
        (result) => {
          this.reading = false;
          try {
            grant(wait, this.#stepOf(result));
          } catch (error) {
            // No iterator result, or one that cannot be read.
            this.#failed(wait, scope, error);
          }
        },
        (error) => this.#failed(wait, scope, error),
      ),
    );
    return wait.promise;
  }

  #failed(wait: Wait<Step<T>>, scope: CancelScope, error: unknown): void {
    this.reading = false;
    // A stream whose reader is cancelled has not ended: it keeps the item for another one.
    const cancelled = isOurs(scope, error);
    this.#ended ||= !cancelled;
    if (fail(wait, error) || cancelled) return;
    report("note", {
      kind: "late-rejection",
      message: `A promise rejected after its wait was cancelled: ${textOf(error)}`,
      detail: error,
    });
  }
}
