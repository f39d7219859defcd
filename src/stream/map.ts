import { checkCount, checkFunction, checkOptions } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { discard } from "../cancel/discard.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import { ignore } from "../cancel/tree.ts";
import { grant, grantAll, park, WaitQueue } from "../cancel/wait.ts";
import { Failures } from "../task/failures.ts";
import { closeSource, type Source, sourceOf } from "./source.ts";

export interface MapOptions {
  /** How many calls of the function run at once. */
  concurrency: number;
  /** Cancels from outside. */
  signal?: AbortSignal | undefined;
  /** Gets each result that nobody will, because the call failed; by default it is disposed, if it can be. */
  onDiscard?: ((value: unknown) => unknown) | undefined;
}

type Mapper<T, R> = (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>;

/** One call of {@link map} under way. */
class Mapping<T, R> {
  readonly results: R[] = [];
  readonly #source: Source<T>;
  readonly #fn: Mapper<T, R>;
  readonly #concurrency: number;
  readonly #scope: CancelScope;
  readonly failures: Failures = new Failures();
  #index = 0;
  /** Whether a call was cancelled, so that its result is missing. */
  #interrupted = false;
  /** Whether the source is read to its end, or broken: then it needs no closing. */
  #exhausted = false;

  // Of an async source only.
  readonly #ended = new WaitQueue<void>("calls of map", this);
  readonly #reading = new WaitQueue<void>("item of map", this);
  #running = 0;
  /** Whether an item was asked for. It is asked no more once the scope is cancelled. */
  #asking = false;

  constructor(source: Source<T>, fn: Mapper<T, R>, concurrency: number, scope: CancelScope) {
    this.#source = source;
    this.#fn = fn;
    this.#concurrency = concurrency;
    this.#scope = scope;
  }

  /** Reads the source to its end, or until something fails. */
  async run(): Promise<void> {
    const source = this.#source;
    await (source.async ? this.#readAsync(source.iterator) : this.#readSync(source.iterator));
    if (!this.#exhausted) await closeSource(source).catch((error: unknown) => this.#fail(error));
    if (!this.#exhausted || this.#interrupted) this.#scope.throwIfCancelled();
  }

  #fail(error: unknown): void {
    if (isOurs(this.#scope, error)) {
      this.#interrupted = true;
      return;
    }
    if (this.failures.add(error)) this.#scope.cancel(error);
  }

  /** Workers that share the iterator: nothing is made for an item but what its function makes. */
  async #readSync(iterator: Iterator<T>): Promise<void> {
    const workers: Promise<void>[] = [];
    while (workers.length < this.#concurrency && !this.#exhausted && !this.#scope.cancelled) {
      workers.push(this.#work(iterator));
    }
    await Promise.all(workers);
  }

  async #work(iterator: Iterator<T>): Promise<void> {
    const scope = this.#scope;
    const fn = this.#fn;
    const { results } = this;
    let reading = false;
    try {
      while (!this.#exhausted && scope.error === undefined) {
        reading = true;
        const step = iterator.next();
        if (step.done === true) {
          this.#exhausted = true;
          return;
        }
        reading = false;
        const index = this.#index++;
        results[index] = await fn(step.value, index, scope);
        const hop = spend();
        if (hop !== undefined) await hop;
      }
    } catch (error) {
      // A source that has thrown is at its end.
      if (reading) this.#exhausted = true;
      this.#fail(error);
    }
  }

  /**
   * The next item is asked for when there is a place for it, and not before. One wait serves the whole
   * reading: what happens to an item happens in the reactions to its own promises.
   */
  async #readAsync(iterator: AsyncIterator<T>): Promise<void> {
    const ended = park(this.#ended, undefined, undefined);
    const cancelled = park(this.#reading, this.#scope, undefined);
    cancelled.promise.then(ignore, () => {
      this.#interrupted ||= !this.#exhausted;
      this.#asking = false;
      this.#proceed(iterator);
    });
    this.#proceed(iterator);
    await ended.promise;
    grant(cancelled, undefined);
  }

  #proceed(iterator: AsyncIterator<T>): void {
    const over = this.#exhausted || this.#scope.error !== undefined;
    if (over && this.#running === 0 && !this.#asking) grantAll(this.#ended, undefined);
    if (over || this.#asking || this.#running >= this.#concurrency) return;
    this.#asking = true;
    const hop = spend();
    if (hop === undefined) this.#ask(iterator);
    else void hop.then(() => this.#ask(iterator));
  }

  #ask(iterator: AsyncIterator<T>): void {
    if (this.#scope.error !== undefined) {
      this.#asking = false;
      this.#proceed(iterator);
      return;
    }
    void react(
      call(() => iterator.next()),
      (result) => {
        // What comes after a cancellation is not begun; the source is closed.
        if (!this.#asking) return;
        this.#asking = false;
        try {
          if (result.done === true) this.#exhausted = true;
          else if (this.#scope.error === undefined) this.#begin(iterator, result.value);
          else this.#interrupted = true;
        } catch (error) {
          // No iterator result, or one that cannot be read.
          this.#exhausted = true;
          this.#fail(error);
        }
        this.#proceed(iterator);
      },
      (error) => {
        this.#exhausted = true;
        if (!this.#asking) {
          if (isOurs(this.#scope, error)) return;
          report("note", {
            kind: "late-rejection",
            message: `A promise rejected after its wait was cancelled: ${textOf(error)}`,
            detail: error,
          });
          return;
        }
        this.#asking = false;
        this.#fail(error);
        this.#proceed(iterator);
      },
    );
  }

  #begin(iterator: AsyncIterator<T>, item: T): void {
    const index = this.#index++;
    this.#running++;
    void react(
      call(() => this.#fn(item, index, this.#scope)),
      (value) => {
        this.results[index] = value;
        this.#running--;
        this.#proceed(iterator);
      },
      (error) => {
        this.#fail(error);
        this.#running--;
        this.#proceed(iterator);
      },
    );
  }
}

/**
 * Calls `fn` for each item, at most `concurrency` at a time, and gives the results in the order of the
 * items.
 *
 * Calls begin in the order of the items. An item is taken from the source only when there is a place for
 * it. When a call or the source fails, the others are cancelled and waited for, the source is closed,
 * and the first failure is thrown as it is. All calls run in one scope, which each gets. Beginning is a
 * cancel point, and so is each item: in a cancelled scope no further one is begun.
 *
 * @param items Any iterable or async iterable. It is closed (`return()`) on every way out but its end.
 * @throws {TypeError | RangeError} If `concurrency` is no positive integer (or `Infinity`).
 * @example
 * ```ts
 * import { map } from "corral";
 *
 * const pages = await map(
 *   ["https://example.com/1", "https://example.com/2"],
 *   async (url, _index, scope) => (await fetch(url, { signal: scope.signal })).text(),
 *   { concurrency: 8 },
 * );
 * ```
 */
export function map<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>,
  options: MapOptions,
): Promise<R[]> {
  try {
    checkFunction("map", "fn", fn);
    checkOptions("map", options);
    checkCount("map", "concurrency", options?.concurrency);
    const { concurrency, signal, onDiscard } = options;
    const scope = new CancelScope({ name: "map", ...(signal !== undefined && { signal }) });
    const mapping = new Mapping(sourceOf("map", items), fn, concurrency, scope);
    return scope
      .run(() => mapping.run())
      .then(
        () => {
          if (mapping.failures.list.length > 0) throw mapping.failures.error("first");
          return mapping.results;
        },
        (error: unknown) => {
          throw mapping.failures.list.length > 0 ? mapping.failures.error("first") : error;
        },
      )
      .catch((error: unknown) => {
        mapping.results.forEach((value) => discard("onDiscard", value, onDiscard));
        throw error;
      });
  } catch (error) {
    return Promise.reject(error);
  }
}
