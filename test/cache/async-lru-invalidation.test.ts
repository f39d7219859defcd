import { describe, expect, test } from "vitest";
import { AsyncLru } from "corral";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

/** A value that knows its tags. */
interface Tagged {
  readonly n: number;
  readonly tags?: readonly string[];
}

function tagged(options: { max?: number } = {}): {
  readonly cache: AsyncLru<string, Tagged>;
  readonly loads: GatedLoads<string, Tagged>;
} {
  const loads = new GatedLoads<string, Tagged>();
  const cache = new AsyncLru<string, Tagged>({
    load: loads.load,
    ...options,
    tagsOf: (value) => value.tags ?? [],
  });
  return { cache, loads };
}

const value: Tagged = { n: 1, tags: ["red", "round"] };

/** All ways in which the value above, of key `a`, can be invalidated. */
const ways: readonly [string, (cache: AsyncLru<string, Tagged>) => unknown][] = [
  ["delete()", (cache) => cache.delete("a")],
  ["clear()", (cache) => cache.clear()],
  ["deleteTag()", (cache) => cache.deleteTag("red")],
  ["deleteWhere() by value", (cache) => cache.deleteWhere(({ n }) => n === 1)],
  ["deleteWhere() by key", (cache) => cache.deleteWhere((_, key) => key === "a")],
];

describe.each(ways)("%s", (name, invalidate) => {
  test("takes the value away, and the next caller loads anew", async () => {
    const { cache, loads } = tagged();
    cache.set("a", value);
    invalidate(cache);
    expect([cache.size, cache.has("a"), cache.table.size]).toEqual([0, false, 0]);
    const wait = cache.get("a");
    await loads.land("a", value);
    expect([await wait, cache.peek("a")]).toEqual([value, value]);
    expectConsistent(cache);
  });

  test("lets nothing be written that was being loaded; who waited gets it all the same", async () => {
    const { cache, loads } = tagged();
    const wait = cache.get("a");
    await settle();
    invalidate(cache);
    await loads.land("a", value);
    expect(await wait).toBe(value);
    expect([cache.has("a"), cache.size, cache.table.size]).toEqual([false, 0, 0]);
    expectConsistent(cache);
  });

  test("lets nothing be written that was being loaded behind a value, which goes, too", async () => {
    const { cache, loads } = tagged();
    cache.set("a", value);
    const wait = cache.refresh("a");
    await settle();
    invalidate(cache);
    expect(cache.has("a")).toBe(false);
    await loads.land("a", value);
    expect([await wait, cache.has("a"), cache.table.size]).toEqual([value, false, 0]);
    expectConsistent(cache);
  });

  test("leaves a load alone that was begun after it, whichever ends first", async () => {
    for (const newerFirst of [true, false]) {
      const { cache, loads } = tagged();
      const before = cache.refresh("a");
      await settle();
      invalidate(cache);
      const after = cache.refresh("a");
      await settle();
      const [old, newer] = [loads.take("a"), loads.take("a")];
      const other = { ...value };
      for (const first of [newerFirst, !newerFirst]) {
        if (first) newer.gate.resolve(other);
        else old.gate.resolve(value);
        await settle();
        expectConsistent(cache);
      }
      expect([await before, await after]).toEqual([value, other]);
      expect(cache.peek("a")).toBe(other);
    }
  });

  test("leaves a value alone that was set after it", async () => {
    const { cache, loads } = tagged();
    const wait = cache.get("a");
    await settle();
    invalidate(cache);
    const other = { ...value };
    cache.set("a", other);
    await loads.land("a", value);
    expect([await wait, cache.peek("a")]).toEqual([value, other]);
    expectConsistent(cache);
  });

  test.skipIf(name === "clear()")("has no effect on other keys and their loads", async () => {
    const { cache, loads } = tagged();
    const other = { n: 2, tags: ["blue"] };
    cache.set("b", other);
    const wait = cache.get("c");
    const failing = cache.get("d");
    await settle();
    invalidate(cache);
    await loads.land("c", other);
    await Promise.all([
      expect(failing).rejects.toThrow("down"),
      loads.fail("d", new Error("down")),
    ]);
    expect([await wait, cache.peek("b"), cache.peek("c")]).toEqual([other, other, other]);
    expectConsistent(cache);
  });
});

describe("deleteTag()", () => {
  test("takes all values away that have the tag, and tells how many", () => {
    const { cache } = tagged();
    cache.set("a", { n: 1, tags: ["x", "y"] });
    cache.set("b", { n: 2, tags: ["x"] });
    cache.set("c", { n: 3, tags: ["y"] });
    cache.set("d", { n: 4 });
    expect([cache.deleteTag("x"), cache.deleteTag("x")]).toEqual([2, 0]);
    expect([...cache.entries()].map(([key]) => key)).toEqual(["c", "d"]);
    expect([cache.deleteTag("y"), cache.deleteTag("none"), cache.size]).toEqual([1, 0, 1]);
    expectConsistent(cache);
  });

  test("knows tags from the result of a load, from the load itself, and from set()", async () => {
    const cache = new AsyncLru<string, string[]>({
      tagsOf: (tags) => tags,
      load: (key, _scope, keeping) => {
        if (key === "own") keeping.tags = new Set(["own"]);
        return ["result"];
      },
    });
    await cache.getMany(["own", "result"]);
    cache.set("set", ["result"], { tags: ["set"] });
    cache.set("plain", ["result"]);
    cache.set("none", ["result"], { tags: [] });
    expect(cache.dump().entries.map(({ key, tags }) => [key, tags])).toEqual([
      ["own", ["own"]],
      ["result", ["result"]],
      ["set", ["set"]],
      ["plain", ["result"]],
      ["none", undefined],
    ]);
    expect(["own", "set", "result"].map((tag) => cache.deleteTag(tag))).toEqual([1, 1, 2]);
    expect([...cache.entries()].map(([key]) => key)).toEqual(["none"]);
  });

  test("counts a tag that a value has twice once", () => {
    const { cache } = tagged();
    cache.set("a", { n: 1, tags: ["x", "x"] });
    expect(cache.dump().entries[0]!.tags).toEqual(["x"]);
    expect(cache.deleteTag("x")).toBe(1);
  });

  test("forgets the tags of a value that has gone, or has given way to another", () => {
    const { cache } = tagged({ max: 2 });
    cache.set("a", { n: 1, tags: ["x"] });
    cache.set("a", { n: 2, tags: ["y"] });
    expect([cache.deleteTag("x"), cache.has("a")]).toEqual([0, true]);
    cache.delete("a");
    cache.set("a", { n: 3 });
    expect([cache.deleteTag("y"), cache.has("a")]).toEqual([0, true]);
    cache.set("b", { n: 4, tags: ["x"] });
    cache.set("c", { n: 5 });
    cache.set("d", { n: 6 });
    expect([cache.has("b"), cache.deleteTag("x")]).toEqual([false, 0]);
    cache.set("d", { n: 7, tags: ["x"] });
    cache.clear();
    expect(cache.deleteTag("x")).toBe(0);
    expectConsistent(cache, { max: 2 });
  });

  test("holds back only the loads whose results turn out to have the tag", async () => {
    const { cache, loads } = tagged();
    const waits = cache.getMany(["a", "b"]);
    await settle();
    expect(cache.deleteTag("x")).toBe(0);
    await loads.land("a", { n: 1, tags: ["y", "x"] });
    await loads.land("b", { n: 2, tags: ["y"] });
    expect((await waits).map(({ n }) => n)).toEqual([1, 2]);
    expect([...cache.entries()].map(([key]) => key)).toEqual(["b"]);
    expectConsistent(cache);
  });

  test("takes the old value away when the new one turns out to have the tag", async () => {
    const { cache, loads } = tagged();
    cache.set("a", { n: 1 });
    const wait = cache.refresh("a");
    await settle();
    cache.deleteTag("x");
    expect(cache.has("a")).toBe(true);
    await loads.land("a", { n: 2, tags: ["x"] });
    expect([(await wait).n, cache.has("a"), cache.table.size]).toEqual([2, false, 0]);
    expectConsistent(cache);
  });

  test("counts for the loads of the moment: those after it are written", async () => {
    const { cache, loads } = tagged();
    cache.deleteTag("x");
    const wait = cache.get("a");
    await settle();
    await loads.land("a", { n: 1, tags: ["x"] });
    await wait;
    expect(cache.has("a")).toBe(true);
  });

  test("is remembered by all loads under way, together with what was invalidated before", async () => {
    const { cache, loads } = tagged();
    const a = cache.get("a");
    await settle();
    cache.deleteTag("x");
    const b = cache.get("b");
    await settle();
    cache.deleteTag("y");
    await loads.land("a", { n: 1, tags: ["x"] });
    await loads.land("b", { n: 2, tags: ["x"] });
    await Promise.all([a, b]);
    expect([...cache.entries()].map(([key]) => key)).toEqual(["b"]);
    const c = cache.get("c");
    await settle();
    cache.deleteTag("x");
    cache.deleteTag("y");
    await loads.land("c", { n: 3, tags: ["y"] });
    await c;
    expect(cache.has("c")).toBe(false);
  });

  test("does not keep a key from being kept that it has nothing to do with, however often it is called", async () => {
    const { cache, loads } = tagged();
    const waits: Promise<{ n: number }>[] = [];
    for (let i = 0; i < 3; i++) {
      waits.push(cache.get("a"));
      await settle();
      cache.deleteTag("x");
    }
    await loads.land("a", { n: 1, tags: ["y"] });
    expect([(await waits[0]!).n, cache.peek("a")?.n]).toEqual([1, 1]);
    await loads.land("a", { n: 2, tags: ["y"] });
    expect([(await waits[1]!).n, cache.peek("a")?.n]).toEqual([2, 2]);
    await loads.land("a", { n: 3, tags: ["x"] });
    expect([(await waits[2]!).n, cache.has("a"), cache.table.size]).toEqual([3, false, 0]);
    expect(cache.stats()).toMatchObject({ loads: 3, loading: 0 });
    expectConsistent(cache);
  });

  test.each([false, true])(
    "lets a load that was left write nothing once another one has begun; in doubt: %o",
    async (inDoubt) => {
      const { cache, loads } = tagged();
      const controller = new AbortController();
      const left = cache.get("a", { signal: controller.signal }).catch(String);
      await settle();
      if (inDoubt) cache.deleteTag("x");
      controller.abort("left");
      expect(await left).toBe("left");
      const wait = cache.get("a");
      await loads.land("a", { n: 1 });
      expect(cache.has("a")).toBe(false);
      await loads.land("a", { n: 2 });
      expect([(await wait).n, cache.peek("a")?.n]).toEqual([2, 2]);
      expectConsistent(cache);
    },
  );

  test("leaves alone what is set while it is asked about a value that has come", async () => {
    const { cache, loads } = tagged();
    cache.set("a", { n: 1 });
    const wait = cache.refresh("a");
    await settle();
    cache.deleteWhere(({ n }) => {
      if (n === 2) cache.set("a", { n: 3 });
      return n === 2;
    });
    await loads.land("a", { n: 2 });
    expect([(await wait).n, cache.peek("a")?.n]).toEqual([2, 3]);
    expectConsistent(cache);
  });

  test("lets an older load write nothing over what a newer one has given, kept or not", async () => {
    for (const [tags, kept] of [
      [["y"], 2],
      [["x"], undefined],
    ] as const) {
      const { cache, loads } = tagged();
      const waits: Promise<{ n: number }>[] = [];
      for (let i = 0; i < 3; i++) {
        waits.push(cache.get("a"));
        await settle();
        cache.deleteTag("x");
      }
      const [first, second, third] = [loads.take("a"), loads.take("a"), loads.take("a")];
      second.gate.resolve({ n: 2, tags: [...tags] });
      await settle();
      expect(cache.peek("a")?.n).toBe(kept);
      first.gate.resolve({ n: 1, tags: ["y"] });
      await settle();
      expect(cache.peek("a")?.n).toBe(kept);
      third.gate.resolve({ n: 3, tags: ["y"] });
      expect((await Promise.all(waits)).map(({ n }) => n)).toEqual([1, 2, 3]);
      expect(cache.peek("a")?.n).toBe(3);
      expectConsistent(cache);
    }
  });

  test("lets an older load write when the newer one has failed, or was left", async () => {
    const { cache, loads } = tagged();
    const first = cache.get("a");
    await settle();
    cache.deleteTag("x");
    const failing = cache.get("a").catch(String);
    await settle();
    cache.deleteTag("x");
    const controller = new AbortController();
    const left = cache.get("a", { signal: controller.signal }).catch(() => "left");
    await settle();
    const [one, two, three] = [loads.take("a"), loads.take("a"), loads.take("a")];
    controller.abort();
    three.gate.reject(new Error("stopped"));
    two.gate.reject(new Error("no"));
    expect([await failing, await left]).toEqual(["Error: no", "left"]);
    one.gate.resolve({ n: 1, tags: ["y"] });
    expect([(await first).n, cache.peek("a")?.n]).toEqual([1, 1]);
    expect(cache.stats().loading).toBe(0);
    expectConsistent(cache);
  });

  test.each(["delete", "clear", "set", "refresh"] as const)(
    "takes with %s() the right to write from all loads under way, however old",
    async (what) => {
      const { cache, loads } = tagged();
      const waits = [cache.get("a")];
      await settle();
      cache.deleteTag("x");
      waits.push(cache.get("a"));
      await settle();
      if (what === "clear") cache.clear();
      else if (what === "delete") cache.delete("a");
      else if (what === "set") cache.set("a", { n: 9 });
      else void cache.refresh("a").catch(() => {});
      await settle();
      await loads.land("a", { n: 1, tags: ["y"] });
      await loads.land("a", { n: 2, tags: ["y"] });
      expect((await Promise.all(waits)).map(({ n }) => n)).toEqual([1, 2]);
      expect(cache.peek("a")?.n).toBe(what === "set" ? 9 : undefined);
      if (what === "refresh") await loads.land("a", { n: 3 });
      await settle();
      expectConsistent(cache);
    },
  );

  test("does not touch what was set while the load was under way", async () => {
    const { cache, loads } = tagged();
    const wait = cache.get("a");
    await settle();
    cache.deleteTag("x");
    cache.set("a", { n: 5, tags: ["x"] });
    await loads.land("a", { n: 1, tags: ["x"] });
    expect([(await wait).n, cache.peek("a")?.n]).toEqual([1, 5]);
  });
});

describe("deleteWhere()", () => {
  test("asks about each value and its key, old ones included, and tells how many went", async () => {
    const { cache } = tagged();
    const asked: unknown[] = [];
    for (const key of ["a", "b", "c"]) cache.set(key, { n: key.charCodeAt(0) });
    const count = cache.deleteWhere(({ n }, key) => {
      asked.push([n, key]);
      return key !== "b";
    });
    expect(asked).toEqual([
      [97, "a"],
      [98, "b"],
      [99, "c"],
    ]);
    expect([count, [...cache.entries()]]).toEqual([2, [["b", { n: 98 }]]]);
    expectConsistent(cache);
  });

  test("asks about what is being loaded when it has come, and holds back only what matches", async () => {
    const { cache, loads } = tagged();
    const waits = cache.getMany(["a", "b"]);
    await settle();
    const asked: unknown[] = [];
    cache.deleteWhere(({ n }, key) => {
      asked.push(key);
      return n > 1;
    });
    expect(asked).toEqual([]);
    await loads.land("a", { n: 1 });
    await loads.land("b", { n: 2 });
    await waits;
    expect([asked, [...cache.entries()]]).toEqual([["a", "b"], [["a", { n: 1 }]]]);
  });

  test("throws what the predicate throws, and changes nothing: not even for loads under way", async () => {
    const { cache, loads } = tagged();
    cache.set("a", { n: 1 });
    cache.set("b", { n: 2 });
    const wait = cache.get("c");
    await settle();
    expect(() =>
      cache.deleteWhere(({ n }) => {
        if (n === 2) throw new Error("predicate");
        return true;
      }),
    ).toThrow("predicate");
    await loads.land("c", { n: 3 });
    await wait;
    expect([...cache.entries()].map(([key]) => key)).toEqual(["a", "b", "c"]);
    expectConsistent(cache);
  });

  test("keeps nothing about which the predicate throws when it has come: who waited gets it", async () => {
    const { cache, loads } = tagged();
    const wait = cache.get("a");
    await settle();
    cache.deleteWhere(() => {
      throw new Error("predicate");
    });
    const reports = await reportsDuring(() => loads.land("a", { n: 1 }));
    expect([await wait, cache.has("a")]).toEqual([{ n: 1 }, false]);
    expect(reports).toEqual(["predicate threw: Error: predicate"]);
    expectConsistent(cache);
  });

  test("does not go wrong when its predicate changes the cache", () => {
    const { cache } = tagged();
    for (const key of ["a", "b", "c"]) cache.set(key, { n: 1 });
    cache.deleteWhere((_, key) => {
      if (key === "a") {
        cache.delete("a");
        cache.delete("b");
        cache.set("b", { n: 2 });
        cache.set("d", { n: 3 });
      }
      return key !== "d" && cache.size < 10;
    });
    expect(cache.peek("d")).toEqual({ n: 3 });
    expectConsistent(cache);
  });
});

describe("tags", () => {
  test.each(["user:1", 5, {}, [1], [undefined]])("are refused if they are %o", (tags) => {
    const { cache } = tagged();
    cache.set("a", { n: 1 });
    expect(() => cache.set("a", { n: 2 }, { tags: tags as never })).toThrow(
      /^Cannot keep a value: "tags" must be an iterable of strings, received /,
    );
    expect([...cache.entries()]).toEqual([["a", { n: 1 }]]);
  });

  test("make the load fail that they cannot be told of, and nothing is kept", async () => {
    const cache = new AsyncLru<string, number>({
      load: () => 1,
      tagsOf: (_, key) => {
        if (key === "throws") throw new Error("tagsOf");
        return "text";
      },
    });
    await expect(cache.get("throws")).rejects.toThrow("tagsOf");
    await expect(cache.get("text")).rejects.toThrow('"tags" must be an iterable of strings');
    expect(() => cache.set("throws", 1)).toThrow("tagsOf");
    expect(cache.table.size).toBe(0);
  });
});
