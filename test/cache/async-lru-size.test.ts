import { describe, expect, test } from "vitest";
import { AsyncLru } from "corral";
import { deferred } from "../support/deferred.ts";
import { expectConsistent } from "./consistent.ts";

/** The keys that a cache has, in an order of their own. */
function keysOf<K, V>(cache: AsyncLru<K, V>): K[] {
  return [...cache.entries()].map(([key]) => key).toSorted((a, b) => (a < b ? -1 : 1));
}

/** A cache of texts that count by their length. */
function texts(
  maxSize: number,
  more: { max?: number } = {},
): { readonly cache: AsyncLru<string, string>; readonly check: () => void } {
  const cache = new AsyncLru<string, string>({
    maxSize,
    sizeOf: (value) => value.length,
    load: (key) => key,
    ...more,
  });
  return { cache, check: () => expectConsistent(cache, { maxSize, ...more }) };
}

describe("max", () => {
  test("is how many values are kept: the one goes that was asked for longest ago", async () => {
    const cache = new AsyncLru<number, number>({ max: 3, load: (key) => key });
    for (const key of [1, 2, 3]) await cache.get(key);
    await cache.get(1);
    await cache.get(4);
    expect(keysOf(cache)).toEqual([1, 3, 4]);
    cache.set(5, 5);
    expect(keysOf(cache)).toEqual([1, 4, 5]);
    expect(cache.stats()).toMatchObject({ evictions: 2, size: 3, totalSize: 3 });
    expectConsistent(cache, { max: 3 });
  });

  test("is 1,000 by default", () => {
    const cache = new AsyncLru<number, number>();
    for (let i = 0; i < 1_100; i++) cache.set(i, i);
    expect([cache.size, cache.has(99), cache.has(100)]).toEqual([1_000, false, true]);
  });

  test("may be Infinity", () => {
    const cache = new AsyncLru<number, number>({ max: Infinity });
    for (let i = 0; i < 5_000; i++) cache.set(i, i);
    expectConsistent(cache, { max: Infinity });
    expect([cache.size, cache.stats().evictions]).toEqual([5_000, 0]);
  });

  test("of 1 keeps the last", async () => {
    const cache = new AsyncLru<number, number>({ max: 1, load: (key) => key });
    for (const key of [1, 2, 2, 3]) await cache.get(key);
    expect(keysOf(cache)).toEqual([3]);
    expect(cache.stats()).toMatchObject({ hits: 1, evictions: 2 });
    expectConsistent(cache, { max: 1 });
  });

  test("lets nobody go for a value that takes the place of its own", async () => {
    const cache = new AsyncLru<number, number>({ max: 2, load: (key) => key });
    await cache.get(1);
    await cache.get(2);
    cache.set(1, 10);
    await cache.refresh(2);
    expect(keysOf(cache)).toEqual([1, 2]);
    expect(cache.stats().evictions).toBe(0);
    expectConsistent(cache, { max: 2 });
  });

  test("makes a value that was set again the newest", () => {
    const cache = new AsyncLru<number, number>({ max: 2 });
    cache.set(1, 1);
    cache.set(2, 2);
    cache.set(1, 1);
    cache.set(3, 3);
    expect(keysOf(cache)).toEqual([1, 3]);
  });

  test("below the number of concurrent loads rejects nobody", async () => {
    const cache = new AsyncLru<number, string>({
      max: 2,
      load: async (key) => {
        await Promise.resolve();
        return `value ${key}`;
      },
    });
    const keys = Array.from({ length: 100 }, (_, i) => i % 50);
    const values = await Promise.all(keys.map((key) => cache.get(key)));
    expect(values).toEqual(keys.map((key) => `value ${key}`));
    expect(cache.stats()).toMatchObject({ size: 2, loads: 50, evictions: 48, loading: 0 });
    expectConsistent(cache, { max: 2 });
  });
});

describe("maxSize", () => {
  test("is what the sizes add up to: as many go as must", async () => {
    const { cache, check } = texts(10);
    for (const key of ["aaa", "bbb", "ccc"]) await cache.get(key);
    expect(cache.totalSize).toBe(9);
    await cache.get("d");
    expect([cache.totalSize, cache.size]).toEqual([10, 4]);
    check();
    await cache.get("eeee");
    expect(keysOf(cache)).toEqual(["ccc", "d", "eeee"]);
    expect(cache.stats()).toMatchObject({ totalSize: 8, evictions: 2 });
    check();
  });

  test("gives a larger value to who waits, keeps it not, and lets nobody go for it", async () => {
    const { cache, check } = texts(3);
    await cache.get("abc");
    expect(await cache.get("abcd")).toBe("abcd");
    expect([keysOf(cache), cache.has("abcd"), cache.table.size]).toEqual([["abc"], false, 1]);
    cache.set("x", "1234");
    expect([keysOf(cache), cache.stats().evictions]).toEqual([["abc"], 0]);
    check();
  });

  test("lets a value go in whose place a larger one was set than can be kept", async () => {
    const { cache, check } = texts(3);
    cache.set("a", "1");
    cache.set("a", "1234");
    expect([cache.has("a"), cache.size, cache.totalSize, cache.table.size]).toEqual([
      false,
      0,
      0,
      0,
    ]);
    check();
  });

  test("may be filled by one value, and counts one that is in its place only once", () => {
    const { cache, check } = texts(4);
    cache.set("a", "12");
    cache.set("b", "12");
    cache.set("a", "1234");
    expect([...cache.entries()]).toEqual([["a", "1234"]]);
    cache.set("a", "123");
    cache.set("a", "1");
    cache.set("b", "123");
    expect([cache.size, cache.totalSize]).toEqual([2, 4]);
    check();
  });

  test("is not touched by values of size 0", () => {
    const { cache, check } = texts(1, { max: 3 });
    for (const key of ["a", "b", "c"]) cache.set(key, "");
    cache.set("d", "1");
    expect([cache.size, cache.totalSize]).toEqual([3, 1]);
    expect(keysOf(cache)).toEqual(["b", "c", "d"]);
    cache.set("e", "");
    expect([cache.size, cache.totalSize]).toEqual([3, 1]);
    check();
  });

  test("holds beside max: the narrower of the two decides", () => {
    const { cache, check } = texts(100, { max: 2 });
    for (const key of ["a", "b", "c"]) cache.set(key, key);
    expect(cache.size).toBe(2);
    cache.set("d", "d".repeat(100));
    expect([...cache.entries()]).toEqual([["d", "d".repeat(100)]]);
    check();
  });

  test("does not fill up with what is left of fractions", () => {
    const cache = new AsyncLru<number, number>({ maxSize: 1, sizeOf: (value) => value });
    for (let round = 0; round < 1_000; round++) {
      for (const size of [0.1, 0.2, 0.6]) cache.set(size, size);
      for (const size of [0.1, 0.2, 0.6]) cache.delete(size);
      expect(cache.totalSize).toBe(0);
    }
    cache.set(1, 1);
    expect(cache.has(1)).toBe(true);
  });

  test("keeps no value of size Infinity", () => {
    const cache = new AsyncLru<string, number>({ maxSize: 10 });
    cache.set("a", 1, { size: Infinity });
    expect([cache.size, cache.totalSize]).toEqual([0, 0]);
  });
});

describe("the size of a value", () => {
  test("is what sizeOf says of the value and its key", async () => {
    const asked: unknown[][] = [];
    const cache = new AsyncLru<string, number>({
      maxSize: 100,
      sizeOf: (...given) => asked.push(given) + 1,
      load: () => 5,
    });
    await cache.get("a");
    cache.set("b", 6);
    expect(asked).toEqual([
      [5, "a"],
      [6, "b"],
    ]);
    expect(cache.totalSize).toBe(2 + 3);
  });

  test("is what the load or set() says, in place of sizeOf", async () => {
    const cache = new AsyncLru<string, number>({
      maxSize: 10,
      sizeOf: () => 1,
      load: (_key, _scope, keeping) => (keeping.size = 4),
    });
    await cache.get("a");
    expect(cache.totalSize).toBe(4);
    cache.set("b", 1, { size: 5 });
    expect(cache.totalSize).toBe(9);
    cache.set("a", 1, { size: 0 });
    expect(cache.totalSize).toBe(5);
    cache.set("a", 1, { size: undefined });
    expect(cache.totalSize).toBe(6);
    expectConsistent(cache, { maxSize: 10 });
  });

  test("is 1 without sizeOf, and where there is no maxSize, which asks for none", async () => {
    const counted = new AsyncLru<string, string>({ maxSize: 2, load: (key) => key });
    for (const key of ["aaa", "bbb", "ccc"]) await counted.get(key);
    expect([counted.size, counted.totalSize]).toEqual([2, 2]);
    const boundless = new AsyncLru<string, string>({
      sizeOf: () => {
        throw new Error("asked");
      },
      load: (key) => key,
    });
    await boundless.get("aaa");
    boundless.set("b", "b", { size: 10 });
    expect([boundless.size, boundless.totalSize]).toEqual([2, 2]);
  });

  test.each([-1, Number.NaN, "1", null, {}])(
    "makes the load fail that has a value of size %o, and nothing is kept",
    async (size) => {
      const cache = new AsyncLru<string, number>({
        maxSize: 10,
        sizeOf: () => size as never,
        load: () => 1,
      });
      const call = cache.get("a");
      if (size === null) expect(await call).toBe(1);
      else {
        await expect(call).rejects.toThrow(
          /^Cannot keep a value: "size" must be a number of at least 0, received /,
        );
        expect([cache.size, cache.table.size]).toEqual([0, 0]);
      }
      expectConsistent(cache, { maxSize: 10 });
    },
  );

  test("makes the load fail whose sizeOf throws, and what was there stays", async () => {
    let broken = false;
    const cache = new AsyncLru<string, number>({
      maxSize: 10,
      sizeOf: () => {
        if (broken) throw new Error("sizeOf");
        return 1;
      },
      load: () => 1,
    });
    await cache.get("a");
    broken = true;
    await expect(cache.refresh("a")).rejects.toThrow("sizeOf");
    expect([cache.peek("a"), cache.size]).toEqual([1, 1]);
    expect(() => cache.set("a", 2)).toThrow("sizeOf");
    expect(() => cache.set("b", 2)).toThrow("sizeOf");
    expect([...cache.entries()]).toEqual([["a", 1]]);
    expectConsistent(cache, { maxSize: 10 });
  });
});

describe("a value that goes while its key is being loaded", () => {
  test("is written again when the load has ended", async () => {
    const gate = deferred<string>();
    const cache = new AsyncLru<string, string>({
      max: 1,
      load: () => gate.promise,
    });
    cache.set("a", "old");
    const refreshed = cache.refresh("a");
    cache.set("b", "other");
    expect([cache.peek("a"), cache.size, cache.table.size]).toEqual([undefined, 1, 2]);
    expectConsistent(cache, { max: 1 });
    const joined = cache.get("a");
    await Promise.resolve();
    gate.resolve("new");
    expect([await refreshed, await joined]).toEqual(["new", "new"]);
    expect([...cache.entries()]).toEqual([["a", "new"]]);
    expect(cache.stats()).toMatchObject({ loads: 1, evictions: 2 });
    expectConsistent(cache, { max: 1 });
  });

  test("is gone when the load fails", async () => {
    const gate = deferred<string>();
    const cache = new AsyncLru<string, string>({
      max: 1,
      staleIfErrorMs: Infinity,
      load: () => gate.promise,
    });
    cache.set("a", "old");
    const refreshed = cache.refresh("a");
    cache.set("b", "other");
    await Promise.resolve();
    gate.reject(new Error("down"));
    await expect(refreshed).rejects.toThrow("down");
    expect([[...cache.entries()], cache.table.size]).toEqual([[["b", "other"]], 1]);
    expectConsistent(cache, { max: 1 });
  });
});

test("eviction decides who goes", () => {
  const marks: string[] = [];
  const cache = new AsyncLru<string, number>({
    max: 2,
    eviction: (capacity) => {
      marks.push(`for ${capacity}`);
      const entries: { key: unknown }[] = [];
      return {
        admit: (entry) => void entries.push(entry),
        hit: (entry) => void marks.push(`hit ${String(entry.key)}`),
        remove: (entry) => void entries.splice(entries.indexOf(entry), 1),
        // Last in, first out.
        victim: () => entries.at(-1) as never,
      };
    },
  });
  for (const key of ["a", "b", "c"]) cache.set(key, 1);
  void cache.get("a");
  expect([keysOf(cache), marks]).toEqual([
    ["a", "c"],
    ["for 2", "hit a"],
  ]);
});
