import { checkOptions } from "../internal/arguments.ts";
import { ready, rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { fail, grant, isWaiting, park, placeOf, refusal, WaitQueue } from "../cancel/wait.ts";

/** The readers of one source at which somebody waits, and maybe some at which nobody does any more. */
export type Audience = Set<{ readonly waiting: number; settle(): void }>;

/** Gives those who wait what there is for them. */
export function settleAll(audience: Audience): void {
  for (const reader of audience) reader.settle();
}

/** How many wait, at all readers. */
export function waitingAt(audience: Audience): number {
  let waiting = 0;
  for (const reader of audience) waiting += reader.waiting;
  return waiting;
}

/** Tells an iteration that nothing comes any more. */
const END: unique symbol = Symbol("end");
const OVER = { value: undefined, done: true } as const;

/**
 * What one consumer reads a source with, at its own pace: a place in what the source has to give, and a
 * line of those who wait for more. `R` is what a wait gives, `T` what an iteration gives for that.
 *
 * While somebody waits in the line it is in the source's audience, and there is nothing left to take.
 */
export abstract class Reader<T, R> implements AsyncIterable<T>, Disposable {
  readonly #action: string;
  readonly #line: WaitQueue<R>;
  readonly #audience: Audience;
  #closed = false;

  /** @internal */
  constructor(action: string, kind: string, source: object, audience: Audience) {
    this.#action = action;
    this.#line = new WaitQueue<R>(kind, source, () => this.#leftLine());
    this.#audience = audience;
  }

  /** @internal Takes what comes next if it is there. */
  protected abstract take(): { readonly value: R } | undefined;

  /** @internal Whether all is read, and nothing comes any more. */
  protected abstract ended(): boolean;

  /** @internal What an iteration gives for what was taken. */
  protected abstract item(taken: R): T;

  /** @internal Called when it is closed. */
  protected left(): void {}

  /** How many calls wait at it. */
  get waiting(): number {
    return this.#line.length;
  }

  /**
   * The items as they come, for `for await`. It ends when nothing comes any more; `break` closes nothing,
   * and another loop goes on where it was left.
   */
  values(options?: WaitOptions): AsyncIterableIterator<T, undefined> {
    checkOptions(this.#action, options);
    // Nothing to return: what is not read stays for the next loop.
    const iterator: AsyncIterableIterator<T, undefined> = {
      next: () => (this.#isOver() ? ready(OVER) : this.#wait(options, this.#result)),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.values();
  }

  /**
   * Leaves: whoever waits at it rejects with a ClosedError, iterations end. Closing it again does nothing.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.left();
    this.settle();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  clause(): Clause<R> {
    return {
      line: this.#line,
      take: () => this.tryTake(),
      begun: () => this.#audience.add(this),
      left: () => this.#leftLine(),
    };
  }

  #leftLine(): void {
    if (this.#line.length === 0) this.#audience.delete(this);
  }

  /** @internal Waits for what comes next. */
  protected wait(options: WaitOptions | undefined): Promise<R> {
    return this.#wait(options);
  }

  /** @internal Takes what comes next if it is there, and is not due to one who waits. */
  protected tryTake(): { readonly value: R } | undefined {
    if (this.#isOver()) throw this.#closedError();
    return this.#line.first === undefined ? this.take() : undefined;
  }

  /** @internal Gives those who wait at it what there is. */
  settle(): void {
    const line = this.#line;
    for (let wait = line.first; wait !== undefined; wait = line.first) {
      // Asked before anything is taken: it may run an abort listener, and that may do anything here.
      if (!isWaiting(wait)) continue;
      if (!this.#isOver()) {
        const taken = this.take();
        if (taken === undefined) return;
        grant(wait, taken.value);
      } else if (wait.payload === this.#result) grant(wait, END as never);
      else fail(wait, this.#closedError());
    }
    this.#audience.delete(this);
  }

  /** The whole of a waiting method. With `result` it is for an iteration, and the wait is known by it. */
  #wait(options: WaitOptions | undefined): Promise<R>;
  #wait<V>(options: WaitOptions | undefined, result: (taken: R | typeof END) => V): Promise<V>;
  #wait(
    options: WaitOptions | undefined,
    result?: (taken: R | typeof END) => unknown,
  ): Promise<unknown> {
    try {
      checkOptions(this.#action, options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const found = this.tryTake();
      if (found !== undefined) {
        return ready(result === undefined ? found.value : result(found.value));
      }
      const wait = park(this.#line, place, signal, result);
      this.#audience.add(this);
      if (result !== undefined) wait.promise = wait.promise.then(result) as never;
      return wait.promise;
    } catch (error) {
      return rejected(error);
    }
  }

  readonly #result = (taken: R | typeof END): IteratorResult<T, undefined> =>
    taken === END ? OVER : { value: this.item(taken), done: false };

  #isOver(): boolean {
    return this.#closed || this.ended();
  }

  #closedError(): ClosedError {
    const what = this.#closed ? "the subscription" : "it";
    return new ClosedError(`Cannot ${this.#action}: ${what} is closed`);
  }
}
