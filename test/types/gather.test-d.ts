import { expectTypeOf, test } from "vitest";
import { type CancelScope, gather, gatherSettled, type Job } from "corral";

test("gather() gives a tuple for a tuple", () => {
  const result = gather([async () => 1, () => "a", () => null]);
  expectTypeOf(result).toEqualTypeOf<Promise<[number, string, null]>>();
  expectTypeOf(gather([])).resolves.toEqualTypeOf<[]>();
});

test("gather() gives a record for a record", () => {
  const result = gather({ user: async () => "ada", posts: () => [1, 2] });
  expectTypeOf(result).toEqualTypeOf<Promise<{ user: string; posts: number[] }>>();
});

interface Jobs {
  user: () => Promise<string>;
  posts: (scope: CancelScope) => number[];
}

test("gather() and gatherSettled() take a record that an interface types", () => {
  const jobs: Jobs = { user: async () => "ada", posts: () => [1, 2] };
  expectTypeOf(gather(jobs)).toEqualTypeOf<Promise<{ user: string; posts: number[] }>>();
  expectTypeOf(gatherSettled(jobs)).resolves.toEqualTypeOf<{
    user: PromiseSettledResult<string>;
    posts: PromiseSettledResult<number[]>;
  }>();
});

test("gather() gives an array for any other iterable", () => {
  const jobs = new Set<() => Promise<number>>();
  expectTypeOf(gather(jobs)).toEqualTypeOf<Promise<number[]>>();
  const list: (() => string)[] = [];
  expectTypeOf(gather(list)).resolves.toEqualTypeOf<string[]>();
  const readonlyList: readonly Job<boolean>[] = [];
  expectTypeOf(gather(readonlyList)).resolves.toExtend<boolean[]>();
});

test("gather() hands each function the scope", () => {
  void gather([(scope) => expectTypeOf(scope).toEqualTypeOf<CancelScope>()]);
  void gather({ a: (scope) => expectTypeOf(scope).toEqualTypeOf<CancelScope>() });
});

test("gather() unwraps what is awaited", () => {
  expectTypeOf(gather([() => Promise.resolve(Promise.resolve(1))])).resolves.toEqualTypeOf<
    [number]
  >();
});

test("gatherSettled() gives settled results in the same shapes", () => {
  expectTypeOf(gatherSettled([async () => 1, () => "a"])).resolves.toEqualTypeOf<
    [PromiseSettledResult<number>, PromiseSettledResult<string>]
  >();
  expectTypeOf(gatherSettled({ a: async () => 1 })).resolves.toEqualTypeOf<{
    a: PromiseSettledResult<number>;
  }>();
  const jobs = new Set<() => number>();
  expectTypeOf(gatherSettled(jobs)).resolves.toEqualTypeOf<PromiseSettledResult<number>[]>();
});

test("gather() and gatherSettled() refuse promises, values and wrong options", () => {
  // @ts-expect-error -- a promise is no function
  void gather([Promise.resolve(1)]);
  // @ts-expect-error -- nor in a record
  void gather({ a: Promise.resolve(1) });
  // @ts-expect-error -- nor beside functions
  void gather([() => 1, Promise.resolve(1)]);
  // @ts-expect-error -- nor in a set
  void gather(new Set([Promise.resolve(1)]));
  // @ts-expect-error -- a number is no function
  void gather([1]);
  // @ts-expect-error -- functions with more parameters cannot be called
  void gather([(_scope: CancelScope, index: number) => index]);
  // @ts-expect-error -- no such option
  void gather([() => 1], { limit: 2 });
  // @ts-expect-error -- a number
  void gather([() => 1], { concurrency: "2" });
  // @ts-expect-error -- a promise is no function
  void gatherSettled([Promise.resolve(1)]);
  // @ts-expect-error -- nothing is discarded there
  void gatherSettled([() => 1], { onDiscard: () => {} });
});
