import { expectTypeOf, test } from "vitest";
import {
  buffer,
  chunk,
  type ItemStream,
  merge,
  type ReadableLike,
  type SourceItem,
  tee,
  zip,
} from "corral";

async function* words(): AsyncGenerator<string> {
  yield "a";
}

declare const stream: ReadableStream<Uint8Array>;
declare const foreign: ReadableLike<Date>;

test("an ItemStream is iterated, and disposed of", async () => {
  const items = buffer([1], 1);
  expectTypeOf(items).toEqualTypeOf<ItemStream<number>>();
  expectTypeOf(items).toExtend<AsyncIterableIterator<number, undefined> & AsyncDisposable>();
  for await (const item of items) expectTypeOf(item).toEqualTypeOf<number>();
});

test("sources are iterables, async iterables and streams of any make", () => {
  expectTypeOf(buffer(words(), 1)).toEqualTypeOf<ItemStream<string>>();
  expectTypeOf(buffer(new Map([["a", 1]]), 1)).toEqualTypeOf<ItemStream<[string, number]>>();
  expectTypeOf(buffer(stream, 1)).toEqualTypeOf<ItemStream<Uint8Array>>();
  expectTypeOf(buffer(foreign, 1)).toEqualTypeOf<ItemStream<Date>>();
  expectTypeOf(buffer(buffer("abc", 1), 1)).toEqualTypeOf<ItemStream<string>>();
  expectTypeOf<SourceItem<typeof foreign>>().toEqualTypeOf<Date>();
  expectTypeOf<SourceItem<typeof stream>>().toEqualTypeOf<Uint8Array>();
  // @ts-expect-error -- a number is no source
  buffer(1, 1);
  // @ts-expect-error -- a size is required
  buffer([1]);
});

test("merge() gives the items of all its sources", () => {
  expectTypeOf(merge([[1], [2]])).toEqualTypeOf<ItemStream<number>>();
  expectTypeOf(merge([[1], words(), stream])).toEqualTypeOf<
    ItemStream<number | string | Uint8Array>
  >();
  async function* sources(): AsyncGenerator<AsyncGenerator<string>> {
    yield words();
  }
  expectTypeOf(merge(sources(), { buffer: 1 })).toEqualTypeOf<ItemStream<string>>();
  // @ts-expect-error -- the sources are an iterable of sources
  merge([1]);
  // @ts-expect-error -- no such option
  merge([[1]], { size: 1 });
});

test("chunk() gives arrays, and wants a size or a time", () => {
  const { signal } = new AbortController();
  expectTypeOf(chunk(words(), { size: 1 })).toEqualTypeOf<ItemStream<string[]>>();
  expectTypeOf(chunk([1], { withinMs: 1, signal })).toEqualTypeOf<ItemStream<number[]>>();
  chunk([1], { size: 1, withinMs: undefined, signal: undefined });
  chunk([1], { size: 1, withinMs: 1 });
  // @ts-expect-error -- neither
  chunk([1], {});
  // @ts-expect-error -- neither
  chunk([1], { signal });
  // @ts-expect-error -- neither
  chunk([1]);
});

test("tee() gives as many branches as it says, and wants a capacity", () => {
  const [left, right] = tee(words(), { capacity: 1 });
  expectTypeOf(left).toEqualTypeOf<ItemStream<string>>();
  expectTypeOf(right).toEqualTypeOf<ItemStream<string>>();
  expectTypeOf(tee([1], 3, { capacity: Infinity })).toEqualTypeOf<
    [ItemStream<number>, ItemStream<number>, ItemStream<number>]
  >();
  expectTypeOf(tee([1], 30, { capacity: 1 })).toEqualTypeOf<ItemStream<number>[]>();
  expectTypeOf(tee([1], 3 as number, { capacity: 1 })).toEqualTypeOf<ItemStream<number>[]>();
  // @ts-expect-error -- a capacity is required
  tee([1]);
  // @ts-expect-error -- a capacity is required
  tee([1], 2);
  // @ts-expect-error -- a capacity is required
  tee([1], {});
});

test("zip() gives one item of each", () => {
  expectTypeOf(zip([[1, 2], words(), stream])).toEqualTypeOf<
    ItemStream<[number, string, Uint8Array]>
  >();
  const sources: AsyncGenerator<string>[] = [];
  expectTypeOf(zip(sources, { strict: true })).toEqualTypeOf<ItemStream<string[]>>();
  expectTypeOf(zip([])).toEqualTypeOf<ItemStream<[]>>();
  // @ts-expect-error -- no source
  zip([[1], 1]);
  // @ts-expect-error -- no such option
  zip([[1]], { size: 1 });
});
