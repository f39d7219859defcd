import { expectTypeOf, test } from "vitest";
import {
  type CancelScope,
  completed,
  type Completion,
  filter,
  forEach,
  map,
  mapStream,
  type MappedStream,
  type MapOptions,
  type MapStreamOptions,
} from "corral";

declare const words: AsyncIterable<string>;
declare const mixed: (string | number)[];

function isString(item: string | number): item is string {
  return typeof item === "string";
}

test("mapStream() gives a stream of what its function gives", () => {
  const results = mapStream(
    ["a"],
    async (item, index, scope) => {
      expectTypeOf(item).toEqualTypeOf<string>();
      expectTypeOf(index).toEqualTypeOf<number>();
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      return item.length;
    },
    {
      concurrency: 2,
      ordered: false,
      buffer: 1,
      onSkip: (error, item, index) => {
        expectTypeOf(error).toEqualTypeOf<unknown>();
        expectTypeOf(item).toEqualTypeOf<string>();
        expectTypeOf(index).toEqualTypeOf<number>();
      },
      onDiscard: (value) => expectTypeOf(value).toEqualTypeOf<number>(),
    },
  );
  expectTypeOf(results).toEqualTypeOf<MappedStream<number>>();
  expectTypeOf(results).toExtend<AsyncIterableIterator<number, undefined>>();
  expectTypeOf(results).toExtend<AsyncDisposable>();
  expectTypeOf(results.next()).toEqualTypeOf<Promise<IteratorResult<number, undefined>>>();
  expectTypeOf(mapStream(words, (word) => word.length, { concurrency: 1 })).toEqualTypeOf<
    MappedStream<number>
  >();
});

test("forEach() gives nothing, and takes a function that gives anything", () => {
  const call = forEach(words, (word) => word.length, { concurrency: 2, itemTimeoutMs: 10 });
  expectTypeOf(call).toEqualTypeOf<Promise<void>>();
});

test("map() takes the options of its items, and gives onDiscard its results", () => {
  const results = map(["a"], (word) => word.length, {
    concurrency: 2,
    onError: "skip",
    onSkip: (_error, item) => expectTypeOf(item).toEqualTypeOf<string>(),
    onDiscard: (value) => expectTypeOf(value).toEqualTypeOf<number>(),
  });
  expectTypeOf(results).toEqualTypeOf<Promise<number[]>>();
  const shared: MapOptions = {
    concurrency: 2,
    onError: "collect",
    onDiscard: (_value: unknown) => {},
  };
  expectTypeOf(map(["a"], (word) => word, shared)).toEqualTypeOf<Promise<string[]>>();
  const streamed: MapStreamOptions = { concurrency: 2, buffer: 1 };
  expectTypeOf(mapStream(["a"], (word) => word, streamed)).toEqualTypeOf<MappedStream<string>>();
});

test("filter() gives items, narrowed by a type guard", () => {
  expectTypeOf(filter(mixed, isString, { concurrency: 1 })).toEqualTypeOf<MappedStream<string>>();
  const all = filter(mixed, async (item) => item !== 5, { concurrency: 1, buffer: 2 });
  expectTypeOf(all).toEqualTypeOf<MappedStream<string | number>>();
});

test("completed() gives how functions and promises have ended", () => {
  const jobs = completed([() => 1, async (scope: CancelScope) => scope.deadline], {
    concurrency: 2,
  });
  expectTypeOf(jobs).toEqualTypeOf<MappedStream<Completion<number>>>();
  const promises = completed(new Set([Promise.resolve("a")]), { concurrency: 2 });
  expectTypeOf(promises).toEqualTypeOf<MappedStream<Completion<string>>>();
});

test("a completion is told by its status", async () => {
  for await (const completion of completed([() => 1], { concurrency: 1 })) {
    if (completion.status === "fulfilled") expectTypeOf(completion.value).toEqualTypeOf<number>();
    else expectTypeOf(completion.reason).toEqualTypeOf<unknown>();
    // @ts-expect-error -- only where it is fulfilled
    void completion.value;
  }
});

test("wrong options are refused", () => {
  // @ts-expect-error -- a concurrency is required
  mapStream([1], (n) => n, {});
  // @ts-expect-error -- a concurrency is required
  mapStream([1], (n) => n);
  // @ts-expect-error -- none of the three
  mapStream([1], (n) => n, { concurrency: 1, onError: "ignore" });
  // @ts-expect-error -- a boolean
  mapStream([1], (n) => n, { concurrency: 1, ordered: "no" });
  // @ts-expect-error -- forEach keeps no results
  void forEach([1], (n) => n, { concurrency: 1, onDiscard: () => {} });
  // @ts-expect-error -- map has no order to choose
  void map([1], (n) => n, { concurrency: 1, ordered: false });
  // @ts-expect-error -- a concurrency is required
  completed([() => 1], {});
  // @ts-expect-error -- a number is no work
  completed([1], { concurrency: 1 });
});
