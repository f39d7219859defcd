import { describe, expect, test } from "vitest";
import { debounce, throttle } from "corral";
import { fields, functions, others, type Refusal, waiting } from "../sync/refusals.ts";

function times(action: string, name: string): Refusal[] {
  const what = "a number of milliseconds";
  const not = `Cannot ${action}: "${name}" must be ${what}, received NaN`;
  return [
    ...others(action, name, what, ["1", {}, true]),
    { value: Number.NaN, error: new RangeError(not) },
  ];
}

const fn = (): number => 1;

type Call = [name: string, call: (value: never) => unknown, refusals: Refusal[]];

const calls: Call[] = [
  ["debounce(fn)", (value) => debounce(value, 1), functions("debounce")],
  [
    "debounce(fn, waitMs)",
    (value) => debounce(fn, value),
    [
      ...others("debounce", "waitMs", "a number of milliseconds", [undefined, null]),
      ...times("debounce", "waitMs"),
    ],
  ],
  [
    "debounce(fn, 1, options)",
    (value) => debounce(fn, 1, value),
    [...waiting("debounce"), ...fields("maxWaitMs", times("debounce", "maxWaitMs"))],
  ],
  ["throttle(fn)", (value) => throttle(value, 1), functions("throttle")],
  ["throttle(fn, perMs)", (value) => throttle(fn, value), times("throttle", "perMs")],
  ["throttle(fn, 1, options)", (value) => throttle(fn, 1, value), waiting("throttle")],
];

describe.each(calls)("%s", (_name, call, refusals) => {
  test.each(refusals)("throws for $value", ({ value, error }) => {
    expect(() => call(value as never)).toThrow(error);
  });
});

test("throttle() refuses to make no calls at all", () => {
  expect(() => throttle(fn, 1, { leading: false, trailing: false })).toThrow(
    new TypeError('Cannot throttle: "leading" or "trailing" must be true, received neither'),
  );
});
