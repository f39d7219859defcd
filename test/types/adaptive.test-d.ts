import { expectTypeOf, test } from "vitest";
import {
  AdaptiveLimit,
  type AdaptiveLimitOptions,
  type AdaptiveLimitStats,
  type AdaptiveSample,
  aimd,
  type Algorithm,
  gradient,
  vegas,
} from "corral";

const limit = new AdaptiveLimit();

test("run() gives what its function gives", () => {
  expectTypeOf(limit.run(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(limit.run(async () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(limit.run(async () => {})).toEqualTypeOf<Promise<void>>();
  expectTypeOf(limit.run(() => 1, { signal: new AbortController().signal })).toEqualTypeOf<
    Promise<number>
  >();
});

test("a limit says how it is, and nothing of that can be set", () => {
  expectTypeOf(limit.concurrency).toEqualTypeOf<number>();
  expectTypeOf(limit.stats()).toEqualTypeOf<AdaptiveLimitStats>();
  expectTypeOf(limit.clear()).toEqualTypeOf<void>();
  expectTypeOf(limit.onIdle()).toEqualTypeOf<Promise<void>>();
  // @ts-expect-error -- read only
  limit.concurrency = 3;
  // @ts-expect-error -- read only
  limit.active = 3;
  // @ts-expect-error -- read only
  limit.pending = 3;
});

test("algorithms are interchangeable, also with one's own", () => {
  expectTypeOf(aimd({ increase: 1, decrease: 0.5, slowMs: 10 })).toEqualTypeOf<Algorithm>();
  expectTypeOf(gradient({ tolerance: 2, probeEvery: Infinity })).toEqualTypeOf<Algorithm>();
  expectTypeOf(vegas({ alpha: 1, beta: 2, windowCalls: 5 })).toEqualTypeOf<Algorithm>();
  const own: Algorithm = {
    update: (sample) => {
      expectTypeOf(sample).toEqualTypeOf<AdaptiveSample>();
      return sample.limit;
    },
  };
  expectTypeOf(new AdaptiveLimit({ algorithm: own })).toEqualTypeOf<AdaptiveLimit>();
});

test("options may be undefined, and callbacks may give anything", () => {
  const options: AdaptiveLimitOptions = {
    algorithm: undefined,
    initial: undefined,
    lag: { thresholdMs: 50 },
    onChange: async (concurrency) => {
      expectTypeOf(concurrency).toEqualTypeOf<number>();
    },
    isDrop: (error) => {
      expectTypeOf(error).toEqualTypeOf<unknown>();
      return true;
    },
  };
  expectTypeOf(new AdaptiveLimit(options)).toEqualTypeOf<AdaptiveLimit>();
});

test("wrong things are refused", () => {
  // @ts-expect-error -- a promise is no function
  void limit.run(Promise.resolve(1));
  // @ts-expect-error -- no weights
  void limit.run(() => 1, { weight: 2 });
  // @ts-expect-error -- an algorithm, not what makes one
  expectTypeOf(new AdaptiveLimit({ algorithm: aimd })).toBeObject();
  // @ts-expect-error -- a threshold is required
  expectTypeOf(new AdaptiveLimit({ lag: {} })).toBeObject();
  // @ts-expect-error -- alpha is for Vegas
  gradient({ alpha: 1 });
  // @ts-expect-error -- no such option
  aimd({ probeEvery: 5 });
});
