import { expectTypeOf, test } from "vitest";
import { limit, type Limit } from "corral";

const two = limit(2);

async function* items(): AsyncGenerator<number> {
  yield 1;
}

test("limit() gives a function that gives what its functions give", () => {
  expectTypeOf(two).toEqualTypeOf<Limit>();
  expectTypeOf(two(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(two(async () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(two(async () => {})).toEqualTypeOf<Promise<void>>();
  expectTypeOf(two<1 | 2>(() => 1)).toEqualTypeOf<Promise<1 | 2>>();
});

test("map() of a limit gives an array of what its function gives", () => {
  const results = two.map(["a"], async (item, index) => {
    expectTypeOf(item).toEqualTypeOf<string>();
    expectTypeOf(index).toEqualTypeOf<number>();
    return item.length;
  });
  expectTypeOf(results).toEqualTypeOf<Promise<number[]>>();
  expectTypeOf(two.map(new Set([1]), (n) => `${n}`)).toEqualTypeOf<Promise<string[]>>();
});

test("a limit says how full it is, and lets only its concurrency be set", () => {
  expectTypeOf(two.active).toEqualTypeOf<number>();
  expectTypeOf(two.pending).toEqualTypeOf<number>();
  two.concurrency = 3;
  // @ts-expect-error -- read only
  two.active = 1;
  // @ts-expect-error -- read only
  two.pending = 1;
  expectTypeOf(two.clear()).toEqualTypeOf<void>();
  expectTypeOf(two.onIdle()).toEqualTypeOf<Promise<void>>();
});

test("a limit refuses promises, functions with parameters, and wrong options", () => {
  // @ts-expect-error -- a promise is no function
  void two(Promise.resolve(1));
  // @ts-expect-error -- nothing is passed to it
  void two((n: number) => n);
  // @ts-expect-error -- no such option
  void two(() => 1, { priority: 1 });
  // @ts-expect-error -- no signal
  void two(() => 1, { signal: new AbortController() });
  // @ts-expect-error -- a concurrency is required
  limit();
  // @ts-expect-error -- a number
  limit("2");
  // @ts-expect-error -- no async iterables
  void two.map(items(), (n: number) => n);
});
