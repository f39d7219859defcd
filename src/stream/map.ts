import { checkCount, checkFunction, checkOptions } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { cancellable } from "../cancel/cancellable.ts";
import { discard } from "../cancel/discard.ts";
import { isOurs } from "../cancel/ownership.ts";
import { CancelScope } from "../cancel/scope.ts";
import { Slots } from "../cancel/slots.ts";
import { Failures } from "../task/failures.ts";
import { closeSource, type Source, sourceOf } from "./source.ts";

export interface MapOptions {
  /** How many calls of the function run at once. */
  concurrency: number;
  /** Cancels from outside. */
  signal?: AbortSignal;
  /** Gets each result that nobody will, because the call failed; by default it is disposed, if it can be. */
  onDiscard?: (value: unknown) => unknown;
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
    while (!this.#exhausted && scope.error === undefined) {
      try {
        let step: IteratorResult<T>;
        try {
          step = iterator.next();
        } catch (error) {
          this.#exhausted = true;
          throw error;
        }
        if (step.done === true) {
          this.#exhausted = true;
          return;
        }
        const index = this.#index++;
        this.results[index] = await fn(step.value, index, scope);
      } catch (error) {
        this.#fail(error);
        return;
      }
      const hop = spend();
      if (hop !== undefined) await hop;
    }
  }

  /** One reader: the next item is asked for when there is a place for it, and not before. */
  async #readAsync(iterator: AsyncIterator<T>): Promise<void> {
    const slots = new Slots(this.#concurrency, "map", this);
    const calls = new Set<Promise<void>>();
    try {
      while (this.#scope.error === undefined) {
        if (!slots.enter()) {
          await slots.queue(this.#scope, undefined, undefined).promise;
          slots.begin();
        }
        const step = await this.#next(iterator);
        if (step.done === true) {
          this.#exhausted = true;
          break;
        }
        const index = this.#index++;
        const call = this.#call(step.value, index).then(() => {
          calls.delete(call);
          slots.leave();
        });
        calls.add(call);
        const hop = spend();
        if (hop !== undefined) await hop;
      }
    } catch (error) {
      this.#fail(error);
    }
    await Promise.all(calls);
  }

  async #next(iterator: AsyncIterator<T>): Promise<IteratorResult<T>> {
    let broken = false;
    const step = Promise.resolve(iterator.next()).catch((error: unknown) => {
      broken = true;
      throw error;
    });
    try {
      return await cancellable(step, { signal: this.#scope.signal });
    } catch (error) {
      this.#exhausted ||= broken;
      throw error;
    }
  }

  async #call(item: T, index: number): Promise<void> {
    try {
      this.results[index] = await this.#fn(item, index, this.#scope);
    } catch (error) {
      this.#fail(error);
    }
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
