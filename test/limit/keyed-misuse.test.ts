import { describe, expect, test } from "vitest";
import { keyed } from "corral";

type Bad = readonly [
  value: unknown,
  kind: RangeErrorConstructor | TypeErrorConstructor,
  seen: string,
];

const notCounts: readonly Bad[] = [
  [0, RangeError, "0"],
  [-1, RangeError, "-1"],
  [1.5, RangeError, "1.5"],
  [Number.NaN, RangeError, "NaN"],
  [-Infinity, RangeError, "-Infinity"],
  ["2", TypeError, '"2"'],
  [null, TypeError, "null"],
];
const absent: Bad = [undefined, TypeError, "undefined"];
const object: Bad = [{}, TypeError, "an object"];

describe("keyed()", () => {
  test.each([...notCounts, absent, object])(
    "refuses %o for what a key may have",
    (value, kind, seen) => {
      expect(() => keyed(value as never)).toThrow(
        new kind(
          `Cannot create a keyed limit: "perKey" must be a positive integer or a function, received ${seen}`,
        ),
      );
    },
  );

  test.each(notCounts)(
    "refuses %o for the total, also later, and stays as it was",
    (value, kind, seen) => {
      const said = `"total" must be a positive integer, received ${seen}`;
      expect(() => keyed(1, { total: value as never })).toThrow(
        new kind(`Cannot create a keyed limit: ${said}`),
      );
      const limit = keyed(1, { total: 2 });
      expect(() => {
        limit.total = value as never;
      }).toThrow(new kind(`Cannot change a keyed limit: ${said}`));
      expect(limit.total).toBe(2);
    },
  );

  test("takes a total that is undefined for none", () => {
    expect(keyed(1, { total: undefined }).total).toBe(Infinity);
  });

  test.each([null, 5, "text"])("refuses the options %o", (options) => {
    expect(() => keyed(1, options as never)).toThrow(TypeError);
  });

  test("refuses a name that is none, and an onTimeout that it does not know", () => {
    expect(() => keyed(1, { name: 5 as never })).toThrow(
      new TypeError('Cannot create a keyed limit: "name" must be a string, received 5'),
    );
    expect(() => keyed(1, { onTimeout: "forget" as never })).toThrow(
      new TypeError(
        'Cannot create a keyed limit: "onTimeout" must be "hold" or "release", received "forget"',
      ),
    );
  });
});

describe("run()", () => {
  test.each([...notCounts, absent])(
    "refuses %o from perKey, and does not remember the key",
    async (value, kind, seen) => {
      const limit = keyed<string>(() => value as never);
      let called = false;
      const call = limit.run("a", () => {
        called = true;
      });
      await expect(call).rejects.toEqual(
        new kind(
          `Cannot run under a keyed limit: "perKey(key)" must be a positive integer or an object, received ${seen}`,
        ),
      );
      expect([called, limit.size]).toEqual([false, 0]);
    },
  );

  test.each([
    [{}, TypeError, '"perKey(key).concurrency" must be a positive integer, received undefined'],
    [
      Promise.resolve(1),
      TypeError,
      '"perKey(key).concurrency" must be a positive integer, received undefined',
    ],
    [
      { concurrency: 0 },
      RangeError,
      '"perKey(key).concurrency" must be a positive integer, received 0',
    ],
    [
      { concurrency: 1, share: 0 },
      RangeError,
      '"perKey(key).share" must be a positive integer, received 0',
    ],
    [
      { concurrency: 1, share: 0.5 },
      RangeError,
      '"perKey(key).share" must be a positive integer, received 0.5',
    ],
    [
      { concurrency: 1, share: Infinity },
      RangeError,
      '"perKey(key).share" must be a positive integer, received Infinity',
    ],
    [
      { concurrency: 1, share: null },
      TypeError,
      '"perKey(key).share" must be a positive integer, received null',
    ],
  ])("refuses %o from perKey", async (value, kind, said) => {
    const limit = keyed<string>(() => value as never);
    const call = limit.run("a", () => {});
    await expect(call).rejects.toEqual(new kind(`Cannot run under a keyed limit: ${said}`));
    expect(limit.size).toBe(0);
  });

  test("refuses what is no function with a rejection, for a key that is known and one that is not", async () => {
    const limit = keyed<string>(2);
    const running = limit.run("known", () => Promise.resolve());
    for (const key of ["known", "new"]) {
      await expect(limit.run(key, undefined as never)).rejects.toThrow(
        'Cannot run under a keyed limit: "fn" must be a function, received undefined',
      );
      await expect(limit.run(key, Promise.resolve() as never)).rejects.toThrow(/already started/);
      await expect(limit.run(key, () => {}, 5 as never)).rejects.toThrow(TypeError);
      await expect(limit.run(key, () => {}, { signal: {} as never })).rejects.toThrow(TypeError);
    }
    await running;
    expect([limit.size, limit.active]).toEqual([0, 0]);
  });
});

test("onIdle() refuses options that are none", async () => {
  await expect(keyed(1).onIdle(5 as never)).rejects.toThrow(
    'Cannot wait for a keyed limit to be idle: "options" must be an object, received 5',
  );
});
