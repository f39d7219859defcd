// The cache of a memoized function.
import { describe, expect, test } from "vitest";
import { memoize, type MemoizeOptions, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { outcomeOf } from "./flights.ts";

type Load = (key: string) => Promise<string>;

function open(options: MemoizeOptions<Load> = {}): {
  readonly get: ReturnType<typeof memoize<Load>>;
  readonly calls: string[];
} {
  const calls: string[] = [];
  const get = memoize(async (key: string) => {
    calls.push(key);
    return `load ${calls.length}`;
  }, options);
  return { get, calls };
}

describe("cache.peek() and has()", () => {
  test("say what there is, load nothing, and count nothing", async () => {
    const { get, calls } = open();
    expect([get.cache.peek("a"), get.cache.has("a")]).toEqual([undefined, false]);
    const call = get("a");
    expect([get.cache.peek("a"), get.cache.has("a")]).toEqual([undefined, false]);
    await call;
    expect([get.cache.peek("a"), get.cache.has("a"), get.cache.has("b")]).toEqual([
      "load 1",
      true,
      false,
    ]);
    expect([calls, get.cache.stats().hits]).toEqual([["a"], 0]);
  });

  test("do not make a value newer", async () => {
    const { get } = open({ max: 2 });
    await get("a");
    await get("b");
    get.cache.peek("a");
    get.cache.has("a");
    await get("c");
    expect([get.cache.has("a"), get.cache.has("b")]).toEqual([false, true]);
  });

  test("tell a value that is undefined from none", async () => {
    const get = memoize(async () => undefined);
    await get();
    expect([get.cache.has(get.keyOf()), get.cache.peek(get.keyOf())]).toEqual([true, undefined]);
  });
});

describe("cache.set()", () => {
  test("puts a value in place, or in place of another", async () => {
    const { get, calls } = open();
    get.cache.set("a", "put");
    expect([await get("a"), get.cache.size]).toEqual(["put", 1]);
    get.cache.set("a", "again");
    expect([await get("a"), get.cache.size, calls]).toEqual(["again", 1, []]);
    await get("b");
    get.cache.set("b", "put");
    expect([await get("b"), get.cache.stats().evictions]).toEqual(["put", 0]);
  });

  test("makes the value the newest", async () => {
    const { get } = open({ max: 2 });
    get.cache.set("a", "1");
    get.cache.set("b", "1");
    get.cache.set("a", "2");
    get.cache.set("c", "1");
    expect(["a", "b", "c"].map((key) => get.cache.has(key))).toEqual([true, false, true]);
  });

  test("refuses what is to be awaited, and changes nothing", async () => {
    const get = memoize(async (_key: string): Promise<unknown> => "loaded");
    get.cache.set("a", "old");
    // oxlint-disable-next-line unicorn/no-thenable -- what this is about
    for (const value of [Promise.resolve("new"), { then: () => {} }]) {
      expect(() => get.cache.set("a", value)).toThrow(TypeError);
      expect(() => get.cache.set("a", value)).toThrow(
        'Cannot keep a value: "value" must be no promise, received a promise',
      );
    }
    expect([await get("a"), get.cache.size]).toEqual(["old", 1]);
  });

  test.each([
    [null, TypeError, /"options" must be an object/],
    [5, TypeError, /"options" must be an object/],
    [new AbortController().signal, TypeError, /"options" must be an object/],
    [{ ttlMs: "1" }, TypeError, /"ttlMs" must be a number of milliseconds, received "1"/],
    [{ ttlMs: Number.NaN }, RangeError, /"ttlMs" must be a number of milliseconds, received NaN/],
    [{ size: -1 }, RangeError, /"size" must be a number of at least 0, received -1/],
    [{ size: Number.NaN }, RangeError, /"size" must be a number of at least 0, received NaN/],
    [{ size: "1" }, TypeError, /"size" must be a number of at least 0, received "1"/],
  ])("refuses the options %o, and changes nothing", async (options, kind, message) => {
    const { get } = open({ maxSize: 10 });
    get.cache.set("a", "old");
    for (const key of ["a", "b"]) {
      expect(() => get.cache.set(key, "new", options as never)).toThrow(kind);
      expect(() => get.cache.set(key, "new", options as never)).toThrow(message);
    }
    expect([get.cache.peek("a"), get.cache.has("b")]).toEqual(["old", false]);
    expect([get.cache.size, get.cache.totalSize]).toEqual([1, 1]);
  });

  test("throws what sizeOf and ttlMs throw, and changes nothing", () => {
    const error = new Error("no");
    const fail = (value: string): number => {
      if (value === "bad") throw error;
      return 60_000;
    };
    for (const options of [{ maxSize: 100_000, sizeOf: fail }, { ttlMs: fail }]) {
      const { get } = open(options);
      get.cache.set("a", "good");
      expect(() => get.cache.set("a", "bad")).toThrow(error);
      expect(() => get.cache.set("b", "bad")).toThrow(error);
      expect([get.cache.peek("a"), get.cache.size, get.cache.has("b")]).toEqual(["good", 1, false]);
    }
  });
});

describe("cache.delete() and clear()", () => {
  test("take values away, and say whether there was one", async () => {
    const { get, calls } = open();
    await Promise.all([get("a"), get("b"), get("c")]);
    expect([get.cache.delete("a"), get.cache.delete("a"), get.cache.delete("x")]).toEqual([
      true,
      false,
      false,
    ]);
    expect([get.cache.size, await get("a")]).toEqual([2, "load 4"]);
    get.cache.clear();
    expect([get.cache.size, get.cache.totalSize, get.cache.has("b")]).toEqual([0, 0, false]);
    await get("b");
    expect(calls).toHaveLength(5);
    expect(get.cache.stats().evictions).toBe(0);
  });

  test("of an empty cache do nothing", () => {
    const { get } = open();
    get.cache.clear();
    expect([get.cache.delete("a"), get.cache.size]).toEqual([false, 0]);
  });
});

describe("max", () => {
  test("lets the values go that were asked for least recently", async () => {
    const { get, calls } = open({ max: 2 });
    await get("a");
    await get("b");
    await get("a");
    await get("c");
    expect(["a", "b", "c"].map((key) => get.cache.has(key))).toEqual([true, false, true]);
    expect(get.cache.stats()).toMatchObject({ size: 2, evictions: 1, loads: 3 });
    await get("b");
    expect(calls).toEqual(["a", "b", "c", "b"]);
  });

  test("is 1,000 by default, and may be Infinity", async () => {
    for (const [max, size] of [
      [undefined, 1_000],
      [Infinity, 1_500],
    ] as const) {
      const { get } = open({ max });
      for (let i = 0; i < 1_500; i++) await get(`${i}`);
      expect(get.cache.size).toBe(size);
    }
  });

  test("counts failures that are kept", async () => {
    const get = memoize((key: string) => Promise.reject(new Error(key)), {
      max: 2,
      negativeTtlMs: Infinity,
      isNegative: () => true,
    });
    for (const key of ["a", "b", "c"]) await outcomeOf(get(key));
    expect(get.cache.stats()).toMatchObject({ size: 2, totalSize: 2, evictions: 1 });
  });

  test("pitfall 24: below the number of loads at the same time rejects nobody", async () => {
    const gates = Array.from({ length: 5 }, () => deferred<string>());
    const get = memoize((which: number) => gates[which]!.promise, { max: 2 });
    const calls = [0, 1, 2, 3, 4, 0, 4].map((which) => get(which));
    expect(get.cache.size).toBe(0);
    for (const [which, gate] of gates.entries()) gate.resolve(`value ${which}`);
    expect(await Promise.all(calls)).toEqual(
      [0, 1, 2, 3, 4, 0, 4].map((which) => `value ${which}`),
    );
    expect(get.cache.stats()).toMatchObject({ size: 2, evictions: 3, misses: 7, loads: 5 });
  });

  test("lets a value go whose key is being loaded anew, which is kept then", () =>
    withVirtualClock(async () => {
      const gates = [deferred<string>(), deferred<string>()];
      let loads = 0;
      const get = memoize((_key: string) => gates[loads++]!.promise, {
        max: 1,
        ttlMs: (value) => (value === "old" ? 10 : Infinity),
        staleWhileRevalidateMs: 1_000,
      });
      gates[0]!.resolve("old");
      await get("a");
      await sleep(10);
      expect([await get("a"), loads]).toEqual(["old", 2]);
      get.cache.set("b", "put");
      expect([get.cache.size, get.cache.stats().evictions]).toEqual([1, 1]);
      const joined = get("a");
      gates[1]!.resolve("new");
      expect([await joined, get.cache.peek("a"), loads]).toEqual(["new", "new", 2]);
      expect([get.cache.has("b"), get.cache.stats().evictions]).toEqual([false, 2]);
    }));
});

/** The size of a value is the length of its key. */
function sized(maxSize: number, max?: number): ReturnType<typeof memoize<Load>> {
  return memoize(async (key: string) => key, { maxSize, max, sizeOf: (value) => value.length });
}

describe("maxSize", () => {
  test("is what the sizes add up to at most", async () => {
    const get = sized(10);
    for (const key of ["aaaa", "bbbb", "cc"]) await get(key);
    expect([get.cache.size, get.cache.totalSize]).toEqual([3, 10]);
    await get("ddd");
    expect([get.cache.has("aaaa"), get.cache.totalSize]).toEqual([false, 9]);
    await get("eeeeeeee");
    expect([get.cache.size, get.cache.totalSize, get.cache.stats().evictions]).toEqual([1, 8, 4]);
  });

  test("keeps no value that is larger, gives it, and lets nothing else go for it", async () => {
    const get = sized(4);
    await get("aa");
    expect(await get("bbbbb")).toBe("bbbbb");
    expect([get.cache.size, get.cache.totalSize, get.cache.has("aa")]).toEqual([1, 2, true]);
    get.cache.set("aa", "larger");
    expect([get.cache.size, get.cache.totalSize, get.cache.has("aa")]).toEqual([0, 0, false]);
  });

  test("goes together with max", async () => {
    const get = sized(100, 2);
    for (const key of ["a", "b", "c"]) await get(key);
    expect([get.cache.size, get.cache.totalSize]).toEqual([2, 2]);
  });

  test("takes a size that is put in place with the value, and counts 1 without sizeOf", async () => {
    const { get } = open({ maxSize: 10 });
    get.cache.set("a", "x", { size: 7 });
    await get("b");
    expect([get.cache.totalSize, get.cache.size]).toEqual([8, 2]);
    get.cache.set("c", "x", { size: 0 });
    get.cache.set("a", "x");
    expect([get.cache.totalSize, get.cache.size]).toEqual([2, 3]);
  });

  test("fails the calls whose value has no proper size, and keeps nothing of them", async () => {
    for (const size of [-1, Number.NaN, "1", undefined, null]) {
      const get = memoize(async () => "value", { maxSize: 10, sizeOf: () => size as number });
      const call = get();
      if (size === undefined || size === null) expect(await call).toBe("value");
      else await expect(call).rejects.toThrow(/"size" must be a number of at least 0/);
    }
    const error = new Error("no size");
    const get = memoize(async () => "value", {
      maxSize: 10,
      sizeOf: () => {
        throw error;
      },
    });
    const both = await Promise.all([get(), get()].map((call) => outcomeOf(call)));
    expect([both, get.cache.size]).toEqual([[{ reason: error }, { reason: error }], 0]);
  });

  test("holds for sizes that are no integers, however many values come and go", () => {
    const get = memoize(async (_key: number) => 0, { maxSize: 1, max: Infinity, sizeOf: (n) => n });
    let random = 1;
    for (let i = 0; i < 20_000; i++) {
      random = (random * 16_807) % 2_147_483_647;
      get.cache.set(i, random / 2_147_483_647 / 5);
    }
    get.cache.set(-1, 1);
    expect([get.cache.size, get.cache.totalSize]).toEqual([1, 1]);
    get.cache.delete(-1);
    expect([get.cache.size, get.cache.totalSize]).toEqual([0, 0]);
  });
});

test("cache.stats() counts, and is a frozen object of the moment", async () => {
  const { get } = open({ max: 2 });
  const before = get.cache.stats();
  expect(before).toEqual({
    size: 0,
    totalSize: 0,
    hits: 0,
    staleHits: 0,
    misses: 0,
    loads: 0,
    failures: 0,
    evictions: 0,
  });
  expect(Object.isFrozen(before)).toBe(true);
  await Promise.all([get("a"), get("a"), get("b")]);
  await get("a");
  await get("c");
  expect(get.cache.stats()).toEqual({
    size: 2,
    totalSize: 2,
    hits: 1,
    staleHits: 0,
    misses: 4,
    loads: 3,
    failures: 0,
    evictions: 1,
  });
  expect(before.hits).toBe(0);
});
