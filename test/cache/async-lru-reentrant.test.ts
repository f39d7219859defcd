// Functions of the user that use the cache which calls them.
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AsyncLru, type AsyncLruOptions } from "corral";
import { expectConsistent } from "./consistent.ts";

type Cache = AsyncLru<string, number>;

const bounds = { max: 2, maxSize: 20 };

/** A cache of two values; `a` and `b` are there. */
function full(options: AsyncLruOptions<string, number>): Cache {
  const cache: Cache = new AsyncLru<string, number>({ ...bounds, load: () => 1, ...options });
  cache.set("a", 1);
  cache.set("b", 2);
  return cache;
}

/** What a function may do with the cache. */
const deeds: readonly [string, (cache: Cache, key: string) => unknown][] = [
  ["delete() of its key", (cache, key) => cache.delete(key)],
  ["clear()", (cache) => cache.clear()],
  ["set() of its key", (cache, key) => cache.set(key, 7)],
  ["set() of its key, not kept", (cache, key) => cache.set(key, 7, { ttlMs: 0 })],
  ["set() of others", (cache) => ["x", "y", "z"].forEach((key) => cache.set(key, 7))],
  ["get() of its key", (cache, key) => void cache.get(key).catch(() => {})],
  ["get() of others", (cache) => void cache.getMany(["x", "y", "z"]).catch(() => {})],
  ["refresh() of its key", (cache, key) => void cache.refresh(key).catch(() => {})],
  ["prefetch() of its key", (cache, key) => cache.prefetch(key)],
  [
    "lease() of its key",
    (cache, key) =>
      void cache.lease(key).then(
        (it) => it.release(),
        () => {},
      ),
  ],
  ["deleteWhere()", (cache) => cache.deleteWhere(() => true)],
  ["deleteTag()", (cache) => cache.deleteTag("t")],
  ["restore()", (cache, key) => cache.restore({ at: Date.now(), entries: [{ key, value: 8 }] })],
];

const calls = ["onEvent", "dispose", "sizeOf", "ttlMs", "tagsOf", "isNegative"] as const;

/** What the functions of the options give. */
const results = { sizeOf: 1, ttlMs: 1e9, tagsOf: ["t"], isNegative: false };

/** A full cache one function of which does something with it, some times, and not within itself. */
function doing(
  name: (typeof calls)[number],
  deed: (cache: Cache, key: string) => unknown,
  options: AsyncLruOptions<string, number> = {},
): { readonly cache: Cache; readonly stop: () => void } {
  let left = 0;
  let busy = false;
  const act = (key: string): void => {
    if (busy || left <= 0) return;
    left--;
    busy = true;
    deed(cache, key);
    busy = false;
  };
  const asked = (_: unknown, key: string): unknown => {
    act(key);
    return name in results ? results[name as "ttlMs"] : undefined;
  };
  const told = ({ key }: { key: string }): void => act(key);
  const fn = name === "onEvent" ? told : asked;
  const cache = full({ negativeTtlMs: 1, ...options, [name]: fn });
  left = 10;
  return { cache, stop: () => (left = 0) };
}

describe.each(calls)("%s", (name) => {
  test.each(deeds)("may call %s", async (_, deed) => {
    const steps: ((cache: Cache) => unknown)[] = [
      (cache) => cache.get("a"),
      (cache) => cache.get("c"),
      (cache) => cache.lease("d").then((lease) => lease.release()),
      (cache) => cache.set("a", 3),
      (cache) => cache.set("e", 4),
      (cache) => cache.refresh("b"),
      (cache) => cache.getMany(["a", "f", "g"]),
      (cache) => cache.prefetch("h"),
      (cache) => cache.deleteTag("t"),
      (cache) => cache.delete("b"),
      (cache) => cache.clear(),
    ];
    for (const step of steps) {
      const { cache, stop } = doing(name, deed);
      const done = step(cache);
      expectConsistent(cache, bounds);
      await done;
      expectConsistent(cache, bounds);
      stop();
      // All that was begun has ended.
      while (cache.stats().loading > 0) await turn();
      expectConsistent(cache, bounds);
      expect([...cache.table.values()].filter(({ load }) => load !== undefined)).toEqual([]);
      cache.clear();
      expect([cache.size, cache.totalSize, cache.table.size, cache.deleteTag("t")]).toEqual([
        0, 0, 0, 0,
      ]);
    }
  });
});

describe("a function that is asked how a value is to be kept", () => {
  test("may invalidate its key: the load writes nothing, and gives what it has", async () => {
    for (const name of ["sizeOf", "ttlMs", "tagsOf", "isNegative"] as const) {
      for (const invalidate of [(it: Cache) => it.delete("c"), (it: Cache) => it.clear()]) {
        const { cache } = doing(name, (it, key) => key === "c" && invalidate(it));
        expect([await cache.get("c"), cache.has("c")]).toEqual([1, false]);
        expectConsistent(cache, bounds);
      }
    }
  });

  test("may set its key: what it has set stays behind a load, and set() has the last word", async () => {
    for (const name of ["sizeOf", "ttlMs", "tagsOf", "isNegative"] as const) {
      const disposed: unknown[] = [];
      const { cache } = doing(name, (it, key) => key === "c" && it.set("c", 7), {
        max: 5,
        dispose: (value) => disposed.push(value),
      });
      expect([await cache.get("c"), cache.peek("c")]).toEqual([1, 7]);
      cache.delete("c");
      disposed.length = 0;
      cache.set("c", 9);
      expect(cache.peek("c")).toBe(9);
      expect(disposed).toEqual([7]);
      expectConsistent(cache, { max: 5, maxSize: 20 });
    }
  });
});

describe("a dispose that uses the cache", () => {
  test("may set what has gone again, without an end to it", () => {
    const cache: Cache = new AsyncLru<string, number>({
      max: 2,
      dispose: (value, key) => {
        if (value < 10) cache.set(key, value + 1);
      },
    });
    for (const key of ["a", "b", "c"]) cache.set(key, 0);
    expectConsistent(cache, { max: 2 });
    cache.clear();
    expectConsistent(cache, { max: 2 });
  });

  test("finds what was to be done done", () => {
    const seen: unknown[] = [];
    const cache: Cache = new AsyncLru<string, number>({
      max: 2,
      dispose: (value, key, reason) =>
        seen.push([key, value, reason, cache.peek(key), cache.size, cache.totalSize]),
    });
    cache.set("a", 1);
    cache.set("a", 2);
    cache.set("b", 3);
    cache.set("c", 4);
    cache.clear();
    expect(seen).toEqual([
      ["a", 1, "replaced", 2, 1, 1],
      ["a", 2, "evicted", undefined, 2, 2],
      ["b", 3, "deleted", undefined, 0, 0],
      ["c", 4, "deleted", undefined, 0, 0],
    ]);
  });

  test("is called for what it does before that has returned", () => {
    const log: string[] = [];
    const cache: Cache = new AsyncLru<string, number>({
      dispose: (value, key) => {
        log.push(`${key}${value} begins`);
        if (key === "a") {
          cache.delete("b");
          cache.delete("c");
        }
        log.push(`${key}${value} ends`);
      },
    });
    for (const key of ["a", "b", "c"]) cache.set(key, 1);
    cache.delete("a");
    expect(log).toEqual(["a1 begins", "b1 begins", "b1 ends", "c1 begins", "c1 ends", "a1 ends"]);
  });

  test("may put another value in the place of one that deleteTag() is about to come to", () => {
    const cache: Cache = new AsyncLru<string, number>({
      dispose: (_, key) => {
        if (key !== "a") return;
        cache.delete("b");
        cache.set("b", 5, { tags: ["t"] });
      },
    });
    cache.set("a", 1, { tags: ["t"] });
    cache.set("b", 1, { tags: ["t"] });
    expect([cache.deleteTag("t"), cache.peek("b")]).toEqual([2, 5]);
    expectConsistent(cache);
  });
});

describe("an onEvent that uses the cache", () => {
  test("gets an answer where the caller of get() gets one", async () => {
    const nested: unknown[] = [];
    const cache: Cache = full({
      onEvent: ({ kind, key }) => {
        if (key === "a") nested.push([kind, cache.get("x")]);
      },
    });
    expect(await cache.get("a")).toBe(1);
    expect((await cache.lease("a")).value).toBe(1);
    expect(nested).toHaveLength(2);
    for (const [kind, promise] of nested as [string, Promise<number>][]) {
      expect([kind, await promise]).toEqual(["hit", 1]);
    }
  });

  test("may delete the key that was hit, or missed: who asked gets it all the same", async () => {
    const cache: Cache = full({ onEvent: ({ key }) => cache.delete(key) });
    expect(await cache.get("a")).toBe(1);
    expect(cache.has("a")).toBe(false);
    expect([await cache.get("a"), cache.has("a")]).toEqual([1, false]);
    const lease = await cache.lease("b");
    expect([lease.value, cache.has("b")]).toEqual([2, false]);
    expect((await cache.lease("c")).value).toBe(1);
    expectConsistent(cache, bounds);
  });
});

test("the cache stays consistent whatever its functions do with it", async () => {
  const key = fc.constantFrom("a", "b", "c", "d");
  const deed = fc.record({ name: fc.constantFrom(...calls), key, deed: fc.nat(deeds.length - 1) });
  const step = fc.record({ key, deed: fc.nat(deeds.length - 1), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { maxLength: 6 }),
      fc.array(step, { maxLength: 20 }),
      async (within, steps) => {
        let depth = 0;
        let left = 0;
        const act = (name: string, own: string): void => {
          if (depth > 2 || left <= 0) return;
          depth++;
          for (const it of within) {
            if (it.name !== name || left-- <= 0) continue;
            deeds[it.deed]![1](cache, it.key === "a" ? own : it.key);
          }
          depth--;
        };
        let loads = 0;
        const cache: Cache = new AsyncLru<string, number>({
          ...bounds,
          negativeTtlMs: 5,
          load: async () => {
            if (failing) throw new Error("down");
            return ++loads;
          },
          onEvent: (event) => act("onEvent", event.key),
          dispose: (_, own) => act("dispose", own),
          sizeOf: (value, own) => (act("sizeOf", own), value % 25),
          ttlMs: (_, own) => (act("ttlMs", own), 1e9),
          tagsOf: (value, own) => (act("tagsOf", own), value % 2 === 0 ? ["t"] : []),
          isNegative: ({ status }, own) => (act("isNegative", own), status === "rejected"),
        });
        let failing = false;
        for (const it of steps) {
          failing = it.fails;
          left = 20;
          deeds[it.deed]![1](cache, it.key);
          expectConsistent(cache, bounds);
          for (let i = 0; i < 3; i++) await Promise.resolve();
          expectConsistent(cache, bounds);
        }
        while (cache.stats().loading > 0) await turn();
        left = 0;
        expectConsistent(cache, bounds);
        expect([...cache.table.values()].filter(({ load }) => load !== undefined)).toEqual([]);
        cache.clear();
        expect([cache.size, cache.totalSize, cache.table.size, cache.deleteTag("t")]).toEqual([
          0, 0, 0, 0,
        ]);
      },
    ),
    { numRuns: 100 },
  );
});
