import { fromReadableStream, now, type StreamSource } from "../index.ts";

/** What gives no more when its time is over. */
export interface LimitedSupply<T> {
  readonly items: StreamSource<T>;
  /** Whether the source came to its own end. */
  readonly complete: () => boolean;
}

/** The items of a source until the deadline, where the source is closed. */
export function supplyUntil<T>(deadline: number, source: StreamSource<T>): LimitedSupply<T> {
  let complete = false;
  const over = (): boolean => now() >= deadline;

  function* sync(items: Iterable<T>): Generator<T, void> {
    for (const item of items) {
      if (over()) return;
      yield item;
    }
    complete = true;
  }

  // Not a generator: closing one waits for what it waits for.
  function async(items: AsyncIterable<T>): AsyncIterable<T> {
    const iterator = items[Symbol.asyncIterator]();
    const end = async (): Promise<IteratorReturnResult<undefined>> => {
      await iterator.return?.();
      return { value: undefined, done: true };
    };
    const next = async (): Promise<IteratorResult<T, undefined>> => {
      if (over()) return end();
      const result = await iterator.next();
      if (result.done !== true) return result;
      complete = true;
      return { value: undefined, done: true };
    };
    return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
  }

  const items = source as Partial<Iterable<T> & AsyncIterable<T>> & { getReader?: unknown };
  const limited = (): StreamSource<T> => {
    if (typeof items?.[Symbol.asyncIterator] === "function")
      return async(source as AsyncIterable<T>);
    if (typeof items?.[Symbol.iterator] === "function") return sync(source as Iterable<T>);
    // What is no source at all is told by who reads it.
    return typeof items?.getReader === "function"
      ? async(fromReadableStream(source as ReadableStream<T>))
      : source;
  };
  return { items: limited(), complete: () => complete };
}
