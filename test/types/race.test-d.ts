import { expectTypeOf, test } from "vitest";
import { any, type CancelScope, race } from "corral";

test("race() and any() give what their functions give", () => {
  expectTypeOf(race([async () => 1, async () => 2])).toEqualTypeOf<Promise<number>>();
  expectTypeOf(any([() => "a", () => "b"])).toEqualTypeOf<Promise<string>>();
  expectTypeOf(race<number | string>([() => 1, () => "a"])).toEqualTypeOf<
    Promise<number | string>
  >();
  expectTypeOf(race(new Set<() => number>())).toEqualTypeOf<Promise<number>>();
});

test("race() and any() give the union of functions that give different things", () => {
  expectTypeOf(race([async () => 1, async () => "a"])).resolves.toEqualTypeOf<number | string>();
  expectTypeOf(any([async () => 1, () => null])).resolves.toEqualTypeOf<number | null>();
});

test("race() hands the functions the scope, and onLoser how they ended", () => {
  void race([(scope) => expectTypeOf(scope).toEqualTypeOf<CancelScope>()]);
  void race([() => 1], {
    onLoser: (result, index) => {
      expectTypeOf(result).toEqualTypeOf<PromiseSettledResult<number>>();
      expectTypeOf(index).toEqualTypeOf<number>();
    },
  });
});

test("race() and any() refuse promises, values and wrong options", () => {
  // @ts-expect-error -- a promise is no function
  void race([Promise.resolve(1)]);
  // @ts-expect-error -- a promise is no function
  void any([Promise.resolve(1), () => 1]);
  // @ts-expect-error -- a number is no function
  void race([1]);
  // @ts-expect-error -- all start at once
  void race([() => 1], { concurrency: 2 });
  // @ts-expect-error -- a function
  void any([() => 1], { onLoser: true });
});
