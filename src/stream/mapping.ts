import { spend } from "../internal/budget.ts";
import { discard } from "../cancel/discard.ts";
import { CancelScope } from "../cancel/scope.ts";
import { Each, type EachOptions, type ItemFunction, SKIPPED } from "./each.ts";
import { Feed } from "./feed.ts";
import { type Source, sourceOf, type StreamSource } from "./source.ts";

/** What `map` and `forEach` take together. */
export type MappingOptions<T> = EachOptions<T> & {
  readonly onDiscard?: ((value: never) => unknown) | undefined;
};

/** One call of `map` or `forEach` under way. */
class Mapping<T, R> extends Feed<T, R> {
  /** Left out where nobody wants them: ten million items must not gather. */
  readonly results: (R | typeof SKIPPED)[] | undefined;

  constructor(source: Source<T>, each: Each<T, R>, scope: CancelScope, keeps: boolean) {
    super(source, each, scope, Infinity);
    this.results = keeps ? [] : undefined;
  }

  override settled(index: number, value: R | typeof SKIPPED): void {
    if (this.results !== undefined) this.results[index] = value;
  }

  override read(): Promise<void> {
    const { source } = this;
    return source.async ? super.read() : this.#share(source.iterator);
  }

  /** Workers that share the iterator: nothing is made for an item but what its function makes. */
  async #share(iterator: Iterator<T>): Promise<void> {
    const workers: Promise<void>[] = [];
    while (workers.length < this.each.concurrency && !this.exhausted && !this.scope.cancelled) {
      workers.push(this.#work(iterator));
      const hop = spend();
      if (hop !== undefined) await hop;
    }
    await Promise.all(workers);
  }

  async #work(iterator: Iterator<T>): Promise<void> {
    const { scope, results } = this;
    const { fn } = this.each;
    let reading = false;
    try {
      while (!this.exhausted && scope.error === undefined) {
        reading = true;
        const step = iterator.next();
        if (step.done === true) {
          this.exhausted = true;
          return;
        }
        reading = false;
        const index = this.begun++;
        const value = await fn(step.value, index, scope);
        if (results !== undefined) results[index] = value;
        const hop = spend();
        if (hop !== undefined) await hop;
      }
    } catch (error) {
      // A source that has thrown is at its end.
      if (reading) this.exhausted = true;
      this.fail(error);
    }
  }
}

/** Calls `fn` for each item. With `keeps` it gives the results. */
export function mapAll<T, R>(
  name: string,
  action: string,
  items: StreamSource<T>,
  fn: ItemFunction<T, R>,
  options: MappingOptions<T>,
  keeps: boolean,
): Promise<R[]> {
  try {
    const each = new Each(action, "fn", fn, options);
    const { signal, onDiscard } = options;
    const scope = new CancelScope({ name, ...(signal !== undefined && { signal }) });
    const mapping = new Mapping(sourceOf(action, items), each, scope, keeps);
    const results = (): R[] =>
      (mapping.results ?? []).filter((value): value is R => value !== SKIPPED);
    return scope
      .run(() => mapping.run())
      .then(
        () => {
          const failure = each.failure();
          if (failure !== undefined) throw failure.error;
          // A hole is a result that is missing, and none is.
          return each.onError === "skip" ? results() : ((mapping.results ?? []) as R[]);
        },
        (error: unknown) => {
          throw (each.failure() ?? { error }).error;
        },
      )
      .catch((error: unknown) => {
        for (const value of results()) discard("onDiscard", value, onDiscard as never);
        throw error;
      });
  } catch (error) {
    return Promise.reject(error);
  }
}
