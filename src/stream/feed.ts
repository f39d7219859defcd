import { spend } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { ignore } from "../cancel/tree.ts";
import { grant, grantAll, park, WaitQueue } from "../cancel/wait.ts";
import type { Each, SKIPPED } from "./each.ts";
import { closeSource, type Source } from "./source.ts";

/**
 * Reads a source, and calls a function for each item: in the order of the items, so many at once, and so
 * many ahead of those who take the results. An item is asked for when there is a place for it, and not
 * before. It all runs in one scope, and in the async context in which it began.
 */
export abstract class Feed<T, R> {
  readonly source: Source<T>;
  readonly each: Each<T, R>;
  readonly scope: CancelScope;
  /** How many items have begun. */
  begun = 0;
  /** Whether the source is read to its end, or broken: then it needs no closing. */
  exhausted = false;
  /** Whether a result is missing, since a call was cancelled or never begun. */
  interrupted = false;
  readonly #window: number;
  readonly #ended: WaitQueue<void>;
  readonly #reading: WaitQueue<void>;
  readonly #room: WaitQueue<void>;
  #running = 0;
  /** How many items have begun whose results were not taken yet. */
  #ahead = 0;
  /** Whether an item was asked for. It is asked no more once the scope is cancelled. */
  #asking = false;

  constructor(source: Source<T>, each: Each<T, R>, scope: CancelScope, window: number) {
    this.source = source;
    this.each = each;
    this.scope = scope;
    this.#window = window;
    this.#ended = new WaitQueue("calls", scope);
    this.#reading = new WaitQueue("item", scope);
    this.#room = new WaitQueue("reader", scope);
  }

  /** What the function has given for an item. */
  abstract settled(index: number, value: R | typeof SKIPPED, item: T): void;

  /**
   * Reads the source to its end, or until something fails, and waits for all calls. What has failed is
   * in the failures.
   *
   * @throws The cancellation of the scope, if anything is missing.
   */
  async run(): Promise<void> {
    const { source } = this;
    await this.read();
    if (!this.exhausted) await closeSource(source).catch((error: unknown) => this.fail(error));
    if (!this.exhausted || this.interrupted) this.scope.throwIfCancelled();
  }

  /** A failure cancels the rest, unless it is their cancellation. */
  fail(error: unknown): void {
    if (isOurs(this.scope, error)) {
      this.interrupted = true;
      return;
    }
    this.each.failures.add(error);
    this.scope.cancel(error);
  }

  /** The result of an item was taken: there may be room for another one. */
  taken(): void {
    this.#ahead--;
    if (this.#room.first !== undefined) grantAll(this.#room, undefined);
  }

  /** One wait serves the whole reading: what happens to an item happens in reactions to its own promises. */
  async read(): Promise<void> {
    const ended = park(this.#ended, undefined, undefined);
    const cancelled = park(this.#reading, this.scope, undefined);
    cancelled.promise.then(ignore, () => {
      this.interrupted ||= !this.exhausted;
      this.#asking = false;
      this.#proceed();
    });
    this.#proceed();
    await ended.promise;
    grant(cancelled, undefined);
    grantAll(this.#room, undefined);
  }

  #proceed(): void {
    while (this.#mayAsk()) {
      this.#asking = true;
      const hop = spend();
      if (hop === undefined) {
        this.#ask();
      } else {
        void hop.then(() => {
          this.#ask();
          this.#proceed();
        });
      }
    }
  }

  #mayAsk(): boolean {
    const over = this.exhausted || this.scope.error !== undefined;
    if (over && this.#running === 0 && !this.#asking) grantAll(this.#ended, undefined);
    if (over || this.#asking || this.#running >= this.each.concurrency) return false;
    if (this.#ahead < this.#window) return true;
    // Whoever takes a result does so in a context and a scope of their own.
    if (this.#room.first === undefined) {
      void park(this.#room, undefined, undefined).promise.then(() => this.#proceed());
    }
    return false;
  }

  #ask(): void {
    const { source } = this;
    if (this.scope.error !== undefined) {
      this.#asking = false;
    } else if (source.async) {
      void react(
        call(() => source.iterator.next()),
        (result) => {
          this.#receive(result);
          this.#proceed();
        },
        (error) => {
          this.#broken(error);
          this.#proceed();
        },
      );
    } else {
      let result: IteratorResult<T>;
      try {
        result = source.iterator.next();
      } catch (error) {
        this.#broken(error);
        return;
      }
      this.#receive(result);
    }
  }

  #receive(result: IteratorResult<T>): void {
    // What comes after a cancellation is not begun; the source is closed.
    if (!this.#asking) return;
    this.#asking = false;
    try {
      if (result.done === true) this.exhausted = true;
      else if (this.scope.error === undefined) this.#begin(result.value);
    } catch (error) {
      // No iterator result, or one that cannot be read.
      this.#broken(error, true);
    }
  }

  /** A source that has thrown is at its end, but not a stream whose reader is cancelled. */
  #broken(error: unknown, asked: boolean = this.#asking): void {
    const cancelled = isOurs(this.scope, error);
    this.exhausted ||= !cancelled;
    this.#asking = false;
    if (asked) {
      this.fail(error);
    } else if (!cancelled) {
      report("note", {
        kind: "late-rejection",
        message: `A promise rejected after its wait was cancelled: ${textOf(error)}`,
        detail: error,
      });
    }
  }

  #begin(item: T): void {
    const { fn } = this.each;
    const index = this.begun++;
    this.#running++;
    this.#ahead++;
    void react(
      call(() => fn(item, index, this.scope)),
      (value) => {
        this.#running--;
        this.settled(index, value, item);
        this.#proceed();
      },
      (error) => {
        this.#running--;
        this.fail(error);
        this.#proceed();
      },
    );
  }
}
