import { describe, expect, test } from "vitest";
import { memoize, memoized, memoizeMethod } from "corral";
import { fields, functions, options, others, type Refusal } from "../sync/refusals.ts";

const fn = async (n: number): Promise<number> => n;

/** What no cache takes. */
const CACHE = "create a cache";
const notMs = ["1", null, true, {}, 1n];
const refused: readonly Refusal[] = [
  ...["max", "maxSize"].flatMap((name) => [
    ...fields(name, others(CACHE, name, "a positive integer", ["1", null, true, {}, 1n])),
    ...[0, -1, 1.5, Number.NaN, -Infinity].map((value) => ({
      value: { [name]: value },
      error: new RangeError(
        `Cannot ${CACHE}: "${name}" must be a positive integer, received ${value}`,
      ),
    })),
  ]),
  ...["ttlMs", "staleWhileRevalidateMs", "staleIfErrorMs", "negativeTtlMs"].flatMap((name) => [
    ...fields(name, others(CACHE, name, "a number of milliseconds", notMs)),
    {
      value: { [name]: Number.NaN },
      error: new RangeError(
        `Cannot ${CACHE}: "${name}" must be a number of milliseconds, received NaN`,
      ),
    },
  ]),
  ...["staleWhileRevalidateMs", "staleIfErrorMs", "negativeTtlMs"].flatMap((name) =>
    fields(name, others(CACHE, name, "a number of milliseconds", [fn])),
  ),
  ...["sizeOf", "isNegative", "eviction"].flatMap((name) =>
    fields(name, others(CACHE, name, "a function", [null, 5, "text", {}])),
  ),
  ...fields("keepAlive", others(CACHE, "keepAlive", "a boolean", [0, 1, "true", null, {}])),
];

function keys(action: string): Refusal[] {
  return fields("key", others(action, "key", "a function", [null, 5, "id", {}]));
}

const table: readonly [string, (value: unknown) => unknown, readonly Refusal[]][] = [
  ["memoize()", (value) => memoize(value as never), functions("memoize", "fn")],
  ["options of memoize()", (value) => memoize(fn, value as never), options("memoize")],
  [
    "a field of memoize()",
    (value) => memoize(fn, value as never),
    [...refused, ...keys("memoize")],
  ],
  [
    "the cache of memoize()",
    (value) => memoize(fn, { cache: value as never }),
    others("memoize", "cache", "a cache", [null, 5, "text", {}, new Map()]),
  ],
  [
    "memoizeMethod()",
    (value) => memoizeMethod(value as never),
    functions("memoize a method", "method"),
  ],
  [
    "options of memoizeMethod()",
    (value) => memoizeMethod(fn, value as never),
    options("memoize a method"),
  ],
  [
    "a field of memoizeMethod()",
    (value) => memoizeMethod(fn, value as never),
    [...refused, ...keys("memoize a method")],
  ],
  [
    "a field of a decorator",
    (value) => memoized(value as never)(fn, {} as never),
    [...refused, ...keys("memoize a method")],
  ],
];

describe.each(table)("%s refuses", (_, call, refusals) => {
  test.each(refusals)("$value", ({ value, error }) => {
    let thrown: unknown;
    try {
      call(value);
    } catch (caught) {
      thrown = caught;
    }
    expect(thrown).toBeInstanceOf(error.constructor as typeof Error);
    expect((thrown as Error).message.replace(/ \(a promise has already started\)$/, "")).toBe(
      error.message,
    );
  });
});

test("memoize() and memoizeMethod() take options that are undefined, all of them", async () => {
  const none = {
    max: undefined,
    maxSize: undefined,
    sizeOf: undefined,
    ttlMs: undefined,
    staleWhileRevalidateMs: undefined,
    staleIfErrorMs: undefined,
    negativeTtlMs: undefined,
    isNegative: undefined,
    keepAlive: undefined,
    eviction: undefined,
    key: undefined,
  };
  expect(await memoize(fn, { ...none, cache: undefined })(1)).toBe(1);
  expect(await memoize(fn, undefined)(1)).toBe(1);
  const it = { one: memoizeMethod(fn, none), other: memoizeMethod(fn, undefined) };
  expect([await it.one(1), await it.other(2)]).toEqual([1, 2]);
});

test("memoize() takes what is at the edge: Infinity, and times that are over", async () => {
  const edges = [
    { max: Infinity, maxSize: Infinity },
    { max: 1, maxSize: 1 },
    { ttlMs: -Infinity, staleWhileRevalidateMs: -1, staleIfErrorMs: -1, negativeTtlMs: -1 },
    {
      ttlMs: Infinity,
      staleWhileRevalidateMs: Infinity,
      staleIfErrorMs: Infinity,
      negativeTtlMs: Infinity,
    },
  ];
  for (const edge of edges) {
    const get = memoize(fn, edge);
    expect([await get(1), await get(1), await get(2)]).toEqual([1, 1, 2]);
  }
});
