import { rejected } from "../internal/budget.ts";
import { quiet, refused } from "../cancel/tree.ts";
import { OVER, type Step } from "./inlet.ts";
import type { Pump } from "./pump.ts";

/**
 * What a function over streams gives: its items one by one, for `for await`. Calls of `next()` are served in
 * their order; one whose wait is cancelled loses no item. A loop that is cancelled in a scope of its own does
 * not leave the stream, since another may go on: where none will, dispose it (`await using`).
 */
export interface ItemStream<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /**
   * The next item. Done, and for good, once it has ended, failed or been left; ended by a cancellation, it
   * rejects with that until it is left.
   */
  next(): Promise<IteratorResult<T, undefined>>;
  /**
   * Leaves it: cuts short what is under way, closes the source and waits for that. `break` in a loop calls
   * it. Throws what closing throws, and a failure of the source that nobody was told.
   */
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): ItemStream<T>;
}

/** Where the items come out that a pump reads. */
export abstract class Outlet<T> implements ItemStream<T> {
  readonly #pump: Pump;
  #over = false;

  constructor(pump: Pump) {
    this.#pump = pump;
  }

  /** Waits for the next item: done when nothing comes any more. Rejects only if the wait is cancelled. */
  protected abstract ask(): Promise<IteratorResult<Step<T>, undefined>>;

  /** Nobody reads here any more. Throws what the pump ended with, if nobody was told. */
  protected abstract leave(): Promise<void>;

  next(): Promise<Step<T>> {
    const pump = this.#pump;
    try {
      pump.checkOutside();
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#over) return Promise.resolve(OVER);
    const asked = pump.cancelled ? refused(pump.cancellation()) : this.#ask();
    const result: Promise<Step<T>> = asked.then(
      (given) => (given.done === true ? this.#end(result) : given.value),
      (error: unknown) => this.#reject(result, error),
    );
    return result;
  }

  /** The reader is cancelled, maybe with all that belongs to the scope of the stream. */
  async #reject(result: Promise<unknown>, error: unknown): Promise<never> {
    // A loop that meets an error does not call return().
    if (this.#pump.cancelled && !this.#over) await this.#pump.stop();
    void quiet(result);
    return rejected(error);
  }

  #ask(): Promise<IteratorResult<Step<T>, undefined>> {
    const pump = this.#pump;
    if (pump.begun) return this.ask();
    const no = pump.refusal();
    if (no !== undefined) return no;
    const asked = this.ask();
    pump.begin();
    return asked;
  }

  async #end(result: Promise<unknown>): Promise<Step<T>> {
    const pump = this.#pump;
    const { failure } = pump;
    if (!this.#over && failure === undefined && pump.interrupted) {
      return this.#reject(result, pump.cancellation());
    }
    // One of those who wait gets the failure; for the others it is just over.
    const told = failure !== undefined && !this.#over;
    this.#over = true;
    if (told) pump.tell();
    await this.leave();
    if (told) throw failure.error;
    return OVER;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this[Symbol.asyncDispose]();
    return OVER;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pump.checkOutside();
    this.#over = true;
    await this.leave();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
