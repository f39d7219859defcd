import { describe, expect, test, vi } from "vitest";
import { AsyncLru, type AsyncLruOptions, type CacheDump, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { settle } from "../support/settle.ts";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

/** The clock on the wall, which a test can turn. */
async function withWall(body: (wall: { ms: number }) => unknown): Promise<void> {
  const wall = { ms: 1_000_000 };
  const spy = vi.spyOn(Date, "now").mockImplementation(() => wall.ms);
  try {
    await withVirtualClock(async () => {
      await body(wall);
    });
  } finally {
    spy.mockRestore();
  }
}

/** As another process would get it. */
function sent<K, V>(cache: AsyncLru<K, V>): CacheDump<K, V> {
  return JSON.parse(JSON.stringify(cache.dump())) as CacheDump<K, V>;
}

function restored<V>(
  dump: CacheDump<string, V>,
  options: AsyncLruOptions<string, V> = {},
): AsyncLru<string, V> {
  const cache = new AsyncLru<string, V>(options);
  cache.restore(dump);
  return cache;
}

function asked(): never {
  throw new Error("asked");
}

describe("dump()", () => {
  test("gives the fresh values with what is left of their times, their sizes and tags", () =>
    withWall(async () => {
      const cache = new AsyncLru<string, unknown>({ maxSize: 10 });
      cache.set("plain", 1);
      cache.set("timed", { x: [1] }, { ttlMs: 100 });
      cache.set("over", 2, { ttlMs: 30 });
      cache.set("sized", null, { size: 4 });
      cache.set("tagged", 3, { tags: ["x", "y"] });
      await sleep(30);
      expect(cache.dump()).toEqual({
        at: 1_000_000,
        entries: [
          { key: "plain", value: 1, size: 1 },
          { key: "timed", value: { x: [1] }, leftMs: 70, size: 1 },
          { key: "sized", value: null, size: 4 },
          { key: "tagged", value: 3, tags: ["x", "y"], size: 1 },
        ],
      });
      expect(new AsyncLru().dump()).toEqual({ at: 1_000_000, entries: [] });
    }));

  test("says nothing of sizes where none are counted", () => {
    const cache = new AsyncLru<string, number>();
    cache.set("a", 1, { size: 5 });
    expect(cache.dump().entries).toEqual([{ key: "a", value: 1 }]);
  });

  test("is no part of the cache: it stays as it was", () => {
    const cache = new AsyncLru<string, number>();
    cache.set("a", 1, { tags: ["x"] });
    const dump = cache.dump();
    cache.clear();
    expect(dump.entries).toEqual([{ key: "a", value: 1, tags: ["x"] }]);
  });
});

describe("restore()", () => {
  test("puts in place what was dumped: values, tags, sizes, and times less what has gone since", () =>
    withWall(async (wall) => {
      const cache = new AsyncLru<string, unknown>({ maxSize: 10, sizeOf: () => 3 });
      cache.set("a", null, { ttlMs: 100, tags: ["x"] });
      cache.set("b", [1, "2"], { size: 1 });
      cache.set("c", undefined, { ttlMs: 40 });
      const dump = sent(cache);
      wall.ms += 40;
      const other = restored(dump, { maxSize: 10, sizeOf: () => 5 });
      expect([...other.entries()]).toEqual([
        ["a", null],
        ["b", [1, "2"]],
      ]);
      expect(other.totalSize).toBe(4);
      await sleep(59);
      expect(other.has("a")).toBe(true);
      await sleep(1);
      expect([other.has("a"), other.has("b")]).toEqual([false, true]);
      expect([other.deleteTag("x"), other.size]).toEqual([1, 1]);
      expectConsistent(other, { maxSize: 10 });
    }));

  test("gives undefined back as undefined, though JSON has none", () =>
    withWall(() => {
      const cache = new AsyncLru<string, undefined>();
      cache.set("a", undefined);
      const other = restored(sent(cache));
      expect([other.has("a"), other.peek("a")]).toEqual([true, undefined]);
    }));

  test("takes a clock on the wall that was put back for no time gone", () =>
    withWall((wall) => {
      const cache = new AsyncLru<string, number>();
      cache.set("a", 1, { ttlMs: 100 });
      const dump = sent(cache);
      wall.ms -= 5_000;
      expect(restored(dump).dump().entries[0]!.leftMs).toBe(100);
    }));

  test("leaves what is there, but for the keys that it puts in place", () =>
    withWall(async (wall) => {
      const disposed: unknown[] = [];
      const cache = new AsyncLru<string, number>();
      cache.set("over", 1, { ttlMs: 10 });
      cache.set("fresh", 1, { ttlMs: 100 });
      const dump = sent(cache);
      wall.ms += 10;
      const other = new AsyncLru<string, number>({
        dispose: (...given) => disposed.push(given),
      });
      for (const key of ["over", "fresh", "own"]) other.set(key, 2);
      other.restore(dump);
      expect([...other.entries()]).toEqual([
        ["over", 2],
        ["fresh", 1],
        ["own", 2],
      ]);
      expect(disposed).toEqual([[2, "fresh", "replaced"]]);
      expectConsistent(other);
    }));

  test("asks neither for times nor for tags: they are the ones that were dumped", () =>
    withWall(() => {
      const cache = new AsyncLru<string, number>();
      cache.set("a", 1);
      const other = restored(sent(cache), { ttlMs: asked, tagsOf: asked });
      expect(other.dump().entries).toEqual([{ key: "a", value: 1 }]);
    }));

  test("asks for sizes that the dump has not, where they count", () =>
    withWall(() => {
      const cache = new AsyncLru<string, number>();
      cache.set("a", 7);
      expect(restored(sent(cache), { maxSize: 10, sizeOf: (value) => value }).totalSize).toBe(7);
    }));

  test("keeps within the bounds of the cache: the last come last", () =>
    withWall(() => {
      const cache = new AsyncLru<string, number>();
      for (const key of ["a", "b", "c"]) cache.set(key, 1);
      const other = restored(sent(cache), { max: 2 });
      expect([...other.entries()].map(([key]) => key)).toEqual(["b", "c"]);
      expectConsistent(other, { max: 2 });
    }));

  test("disposes what does not fit, as set() does, and what was there before", () =>
    withWall(() => {
      const log: string[] = [];
      const cache = new AsyncLru<string, number>({
        maxSize: 10,
        dispose: (value, key, reason) => log.push(`${key}${value} ${reason}`),
      });
      cache.set("b", 1);
      const entries = [
        { key: "a", value: 20, size: 20 },
        { key: "b", value: 2, size: 2 },
      ];
      cache.restore({ at: Date.now(), entries });
      expect(log).toEqual(["a20 unkept", "b1 replaced"]);
      expectConsistent(cache);
    }));

  test("lets a load that is under way write nothing any more", () =>
    withWall(() => {
      const dump = { at: Date.now(), entries: [{ key: "a", value: 1 }] };
      const loads = new GatedLoads<string, number>();
      const cache = new AsyncLru(loads);
      cache.prefetch("a");
      cache.restore(dump);
      expect(cache.peek("a")).toBe(1);
    }).then(async () => {
      const loads = new GatedLoads<string, number>();
      const cache = new AsyncLru(loads);
      const wait = cache.get("a");
      await settle();
      cache.restore({ at: Date.now(), entries: [{ key: "a", value: 1 }] });
      await loads.land("a", 2);
      expect([await wait, cache.peek("a")]).toEqual([2, 1]);
    }));

  test.each([
    [undefined, TypeError, '"dump" must be what dump() gives, received undefined'],
    [null, TypeError, '"dump" must be what dump() gives, received null'],
    [{ at: 0 }, TypeError, '"dump" must be what dump() gives, received an object'],
    [{ at: 0, entries: {} }, TypeError, '"dump" must be what dump() gives, received an object'],
    [{ entries: [] }, TypeError, '"at" must be a number of milliseconds, received undefined'],
    [
      { at: Number.NaN, entries: [] },
      RangeError,
      '"at" must be a number of milliseconds, received NaN',
    ],
    [{ at: 0, entries: [null] }, TypeError, '"entries" must be objects, received null'],
    [
      { at: 0, entries: [{ key: "a", value: Promise.resolve(1) }] },
      TypeError,
      '"value" must be no promise, received a promise',
    ],
    [
      { at: 0, entries: [{ key: "a", value: 1, leftMs: "5" }] },
      TypeError,
      '"leftMs" must be a number of milliseconds, received "5"',
    ],
    [
      { at: 0, entries: [{ key: "a", value: 1, size: -1 }] },
      RangeError,
      '"size" must be a number of at least 0, received -1',
    ],
    [
      { at: 0, entries: [{ key: "a", value: 1, tags: "x" }] },
      TypeError,
      '"tags" must be an iterable of strings, received "x"',
    ],
  ])("refuses %o, and nothing has changed", (dump, kind, said) => {
    const cache = new AsyncLru<string, number>();
    cache.set("b", 1);
    const good = { key: "c", value: 1 };
    const entries = (dump as { entries?: unknown } | null | undefined)?.entries;
    const given = Array.isArray(entries) ? { ...dump, entries: [good, ...entries] } : dump;
    expect(() => cache.restore(given as never)).toThrow(
      new kind(`Cannot restore a cache: ${said}`),
    );
    expect([...cache.entries()]).toEqual([["b", 1]]);
  });
});
