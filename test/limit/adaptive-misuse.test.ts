import { describe, expect, test } from "vitest";
import {
  AdaptiveLimit,
  type AdaptiveLimitOptions,
  aimd,
  type AimdOptions,
  gradient,
  type GradientOptions,
  vegas,
  type VegasOptions,
} from "corral";

const algorithm = { update: () => 1 };

test.each([
  [{ algorithm: {} as never }, TypeError, '"algorithm" must have a method "update"'],
  [{ algorithm: null as never }, TypeError, "received null"],
  [{ algorithm: aimd as never }, TypeError, "received a function"],
  [{ min: 0 }, RangeError, '"min" must be a positive integer, received 0'],
  [{ min: 1.5 }, RangeError, '"min"'],
  [{ min: Infinity }, RangeError, '"min"'],
  [{ min: "1" as never }, TypeError, '"min"'],
  [{ max: NaN }, RangeError, '"max"'],
  [{ min: 5, max: 4 }, RangeError, '"max" must be at least 5, as "min" is, received 4'],
  [{ initial: 0 }, RangeError, '"initial"'],
  [{ initial: Infinity }, RangeError, '"initial"'],
  [{ initial: 3, min: 4 }, RangeError, '"initial" must be from 4 to 1000, received 3'],
  [{ initial: 9, max: 8 }, RangeError, '"initial" must be from 1 to 8, received 9'],
  [{ isDrop: true as never }, TypeError, '"isDrop" must be a function'],
  [{ onChange: 1 as never }, TypeError, '"onChange" must be a function'],
  [{ lag: 50 as never }, TypeError, '"lag" must be an object, received 50'],
  [{ lag: null as never }, TypeError, '"lag" must be an object, received null'],
  [{ lag: {} as never }, TypeError, '"lag.thresholdMs"'],
  [{ lag: { thresholdMs: 0 } }, RangeError, '"lag.thresholdMs" must be positive, received 0'],
  [{ lag: { thresholdMs: NaN } }, RangeError, '"lag.thresholdMs"'],
  [{ lag: { thresholdMs: 5, measure: 5 as never } }, TypeError, '"lag.measure"'],
  [{ name: 5 as never }, TypeError, '"name" must be a string'],
] satisfies [AdaptiveLimitOptions, unknown, string][])(
  "an adaptive limit refuses %o",
  (options, error, message) => {
    const create = (): unknown => new AdaptiveLimit({ algorithm, ...options });
    expect(create).toThrow(error);
    expect(create).toThrow(`Cannot create an adaptive limit: `);
    expect(create).toThrow(message);
  },
);

test.each([null, 5, "text", new AbortController().signal])(
  "an adaptive limit refuses %o as options",
  (options) => {
    expect(() => new AdaptiveLimit(options as never)).toThrow(TypeError);
  },
);

test("an adaptive limit begins at 10, or at the bound that is nearest to it", () => {
  const starts = [{}, { min: 20 }, { max: 4 }, { min: 2_000 }, { max: Infinity }];
  expect(starts.map((options) => new AdaptiveLimit(options).concurrency)).toEqual([
    10, 20, 4, 2_000, 10,
  ]);
});

test("run() refuses what is no function, and wrong options, and takes no place", async () => {
  const limit = new AdaptiveLimit();
  await expect(limit.run(Promise.resolve() as never)).rejects.toThrow(/already started/);
  await expect(limit.run(() => {}, 5 as never)).rejects.toThrow(TypeError);
  await expect(limit.run(() => {}, { signal: {} as never })).rejects.toThrow(TypeError);
  await expect(limit.onIdle({ signal: {} as never })).rejects.toThrow(TypeError);
  expect(limit.stats()).toMatchObject({ active: 0, pending: 0, samples: 0 });
});

describe("the algorithms refuse", () => {
  test.each([
    { increase: 0 },
    { increase: Infinity },
    { decrease: 0 },
    { decrease: 1 },
    { decrease: NaN },
    { slowMs: NaN },
    { slowMs: -1 },
    5 as never,
  ] satisfies AimdOptions[])("aimd(%o)", (options) => {
    expect(() => aimd(options)).toThrow(/^Cannot create an AIMD algorithm: /);
  });

  test.each([
    { tolerance: 0 },
    { tolerance: Infinity },
    { tolerance: "1" as never },
    { windowCalls: 0 },
    { windowCalls: Infinity },
    { windowMs: -1 },
    { windowMs: Infinity },
    { windowMs: NaN },
    { probeEvery: 0 },
    { probeEvery: 1.5 },
    { decrease: 1 },
    { random: 0.5 as never },
    null as never,
  ] satisfies GradientOptions[])("gradient(%o)", (options) => {
    expect(() => gradient(options)).toThrow(/^Cannot create a gradient algorithm: /);
  });

  test.each([
    { alpha: 0 },
    { beta: Infinity },
    { alpha: 3, beta: 2 },
    { windowCalls: -1 },
  ] satisfies VegasOptions[])("vegas(%o)", (options) => {
    expect(() => vegas(options)).toThrow(/^Cannot create a Vegas algorithm: /);
  });

  test("a number of another type with a TypeError, and one out of range with a RangeError", () => {
    expect(() => aimd({ decrease: "0.5" as never })).toThrow(TypeError);
    expect(() => aimd({ decrease: 2 })).toThrow(RangeError);
    expect(() => aimd({ decrease: 2 })).toThrow(
      'Cannot create an AIMD algorithm: "decrease" must be a number between 0 and 1, received 2',
    );
    expect(() => vegas({ alpha: -1 })).toThrow('"alpha" must be a number above 0 and finite');
  });
});
