import { expectTypeOf, test } from "vitest";
import { type CancelScope, map } from "corral";

async function* words(): AsyncGenerator<string> {
  yield "a";
}

test("map() gives an array of what its function gives", () => {
  const results = map(
    ["a"],
    async (item, index, scope) => {
      expectTypeOf(item).toEqualTypeOf<string>();
      expectTypeOf(index).toEqualTypeOf<number>();
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      return item.length;
    },
    { concurrency: 2 },
  );
  expectTypeOf(results).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(map(new Set([1]), (n) => `${n}`, { concurrency: 1 })).toEqualTypeOf<
    Promise<string[]>
  >();
});

test("map() takes async iterables", () => {
  const results = map(
    words(),
    (item) => {
      expectTypeOf(item).toEqualTypeOf<string>();
      return item.length;
    },
    { concurrency: 2 },
  );
  expectTypeOf(results).toEqualTypeOf<Promise<number[]>>();
});

test("map() refuses promises in place of its function, and wrong options", () => {
  // @ts-expect-error -- a concurrency is required
  void map([1], (n) => n);
  // @ts-expect-error -- a concurrency is required
  void map([1], (n) => n, {});
  // @ts-expect-error -- a number
  void map([1], (n) => n, { concurrency: "2" });
  // @ts-expect-error -- a promise is no function
  void map([1], Promise.resolve(1), { concurrency: 1 });
  // @ts-expect-error -- a number is no iterable
  void map(1, (n: number) => n, { concurrency: 1 });
  // @ts-expect-error -- no such option
  void map([1], (n) => n, { concurrency: 1, ordered: false });
});
