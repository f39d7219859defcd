import { describe, expect, test } from "vitest";
import { batch, type BatchOptions } from "corral";
import { loads } from "./loads.ts";

const { loadMany } = loads();

describe("batch() throws", () => {
  const count = "a positive integer";
  const ms = "a number of milliseconds";
  const cases: [object | undefined, typeof TypeError | typeof RangeError, string][] = [
    [{ max: 0 }, RangeError, `"max" must be ${count}, received 0`],
    [{ max: 1.5 }, RangeError, `"max" must be ${count}, received 1.5`],
    [{ max: -1 }, RangeError, `"max" must be ${count}, received -1`],
    [{ max: Number.NaN }, RangeError, `"max" must be ${count}, received NaN`],
    [{ max: "2" }, TypeError, `"max" must be ${count}, received "2"`],
    [{ max: null }, TypeError, `"max" must be ${count}, received null`],
    [{ concurrency: 0 }, RangeError, `"concurrency" must be ${count}, received 0`],
    [{ concurrency: 1n }, TypeError, `"concurrency" must be ${count}, received 1`],
    [{ windowMs: Number.NaN }, RangeError, `"windowMs" must be ${ms}, received NaN`],
    [{ windowMs: "10" }, TypeError, `"windowMs" must be ${ms}, received "10"`],
    [{ key: "id" }, TypeError, '"key" must be a function, received "id"'],
    [{ key: null }, TypeError, '"key" must be a function, received null'],
    [{ name: 5 }, TypeError, '"name" must be a string, received 5'],
    [5 as never, TypeError, '"options" must be an object, received 5'],
    [null as never, TypeError, '"options" must be an object, received null'],
    [new AbortController().signal, TypeError, '"options" must be an object, received an object'],
  ];
  test.each(cases)("for %o", (options, kind, message) => {
    const make = (): unknown => batch(loadMany, options as BatchOptions<number>);
    expect(make).toThrow(kind);
    expect(make).toThrow(`Cannot create a batch: ${message}`);
  });

  test("for what is no function to load with", () => {
    for (const [odd, seen] of [
      [undefined, "undefined"],
      ["load", '"load"'],
      [Promise.resolve([]), "an object (a promise has already started)"],
    ] as const) {
      expect(() => batch(odd as never)).toThrow(
        new TypeError(`Cannot create a batch: "loadMany" must be a function, received ${seen}`),
      );
    }
  });
});

test("batch() takes options that are undefined, and limits of Infinity", async () => {
  const unset = { max: undefined, windowMs: undefined, concurrency: undefined };
  for (const options of [
    undefined,
    {},
    { ...unset, key: undefined, name: undefined },
    { max: Infinity, concurrency: Infinity },
  ]) {
    expect(await batch(loadMany, options)(1)).toBe("#1");
  }
});

test("a call rejects with what `key` throws, and asks for nothing", async () => {
  const oops = new Error("oops");
  const load = batch(loadMany, {
    key: () => {
      throw oops;
    },
  });
  await expect(load(1)).rejects.toBe(oops);
  expect(load.pending).toBe(0);
});

test("a call whose `key` cancels it rejects, and asks for nothing", async () => {
  const controller = new AbortController();
  const load = batch(loadMany, { key: () => controller.abort("by key") });
  const options = { signal: controller.signal };
  await expect(load(1, options)).rejects.toBe("by key");
  await expect(load.many([1, 2], options)).rejects.toBe("by key");
  expect(load.pending).toBe(0);
});

test("what the function has cannot be overwritten", () => {
  const load = batch(loadMany);
  for (const name of ["many", "flush", "pending", "stats"]) {
    expect(Reflect.set(load, name, 1)).toBe(false);
  }
});
