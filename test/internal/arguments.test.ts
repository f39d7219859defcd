import { describe, expect, test } from "vitest";
import {
  checkAmount,
  checkCount,
  checkFlag,
  checkFunction,
  checkInteger,
  checkIterable,
  checkMs,
  checkOptions,
  isThenable,
  seen,
} from "../../src/internal/arguments.ts";

type Check = (action: string, name: string, value: unknown) => unknown;

/** What a check says of a value: the class and the text of its error, or nothing. */
function refusal(check: Check, value: unknown): string {
  try {
    check("go on", "it", value);
    return "";
  } catch (error) {
    return String(error);
  }
}

describe("seen()", () => {
  test.each([
    ["text", '"text"'],
    ["x".repeat(41), `"${"x".repeat(40)}"`],
    [() => {}, "a function"],
    [{}, "an object"],
    [[], "an object"],
    [null, "null"],
    [undefined, "undefined"],
    [1.5, "1.5"],
    [Symbol("s"), "Symbol(s)"],
  ])("says of %o: %s", (value, text) => {
    expect(seen(value)).toBe(text);
  });
});

const count = 'Error: Cannot go on: "it" must be a positive integer, received';
const amount = 'Error: Cannot go on: "it" must be a non-negative integer, received';
const ms = 'Error: Cannot go on: "it" must be a number of milliseconds, received';
const checks: [string, Check, [unknown, string][]][] = [
  [
    "checkFunction",
    checkFunction,
    [
      [() => {}, ""],
      [1, 'TypeError: Cannot go on: "it" must be a function, received 1'],
      [
        Promise.resolve(),
        'TypeError: Cannot go on: "it" must be a function, received an object (a promise has already started)',
      ],
    ],
  ],
  [
    "checkMs",
    checkMs,
    [
      [0, ""],
      [-1, ""],
      [Infinity, ""],
      [Number.NaN, `Range${ms} NaN`],
      ["1", `Type${ms} "1"`],
    ],
  ],
  [
    "checkCount",
    checkCount,
    [
      [1, ""],
      [2, ""],
      [Infinity, ""],
      [0, `Range${count} 0`],
      [-1, `Range${count} -1`],
      [1.5, `Range${count} 1.5`],
      [Number.NaN, `Range${count} NaN`],
      [-Infinity, `Range${count} -Infinity`],
      ["1", `Type${count} "1"`],
    ],
  ],
  [
    "checkInteger",
    checkInteger,
    [
      [1, ""],
      [Infinity, `Range${count} Infinity`],
      [0.5, `Range${count} 0.5`],
    ],
  ],
  [
    "checkAmount",
    checkAmount,
    [
      [0, ""],
      [1, ""],
      [Infinity, ""],
      [-1, `Range${amount} -1`],
      [null, `Type${amount} null`],
    ],
  ],
  [
    "checkOptions",
    (action, _name, value) => checkOptions(action, value),
    [
      [undefined, ""],
      [{}, ""],
      [null, 'TypeError: Cannot go on: "options" must be an object, received null'],
      [1, 'TypeError: Cannot go on: "options" must be an object, received 1'],
      [
        new AbortController().signal,
        'TypeError: Cannot go on: "options" must be an object, received an object',
      ],
    ],
  ],
  [
    "checkFlag",
    checkFlag,
    [
      [undefined, ""],
      [true, ""],
      [false, ""],
      [1, 'TypeError: Cannot go on: "it" must be a boolean, received 1'],
    ],
  ],
  [
    "checkIterable",
    checkIterable,
    [
      [[], ""],
      ["text", ""],
      [null, 'TypeError: Cannot go on: "it" must be an iterable, received null'],
      [undefined, 'TypeError: Cannot go on: "it" must be an iterable, received undefined'],
      [{}, 'TypeError: Cannot go on: "it" must be an iterable, received an object'],
    ],
  ],
];

describe.each(checks)("%s()", (_name, check, cases) => {
  test.each(cases)("of %o: %s", (value, text) => {
    expect(refusal(check, value)).toBe(text);
  });
});

test("checkFlag() gives the flag", () => {
  const flags = [undefined, false, true].map((value) => checkFlag("go on", "it", value));
  expect(flags).toEqual([false, false, true]);
});

test("isThenable() is what await would ask", () => {
  // oxlint-disable-next-line unicorn/no-thenable -- that is what is asked for
  const thenables = [Promise.resolve(), { then: () => {} }];
  // oxlint-disable-next-line unicorn/no-thenable -- that is what is asked for
  const others = [undefined, null, 1, {}, { then: true }];
  expect([...thenables, ...others].map(isThenable)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
});
