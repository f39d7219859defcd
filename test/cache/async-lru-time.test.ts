import { describe, expect, test, vi } from "vitest";
import { AsyncLru, type AsyncLruOptions, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { expectConsistent } from "./consistent.ts";

/** A cache whose loads are counted: that is what they give. */
function counting(options: AsyncLruOptions<string, number> = {}): AsyncLru<string, number> {
  let loads = 0;
  return new AsyncLru<string, number>({ load: () => ++loads, ...options });
}

describe("ttlMs", () => {
  test("is how long a value is fresh, and not a moment longer", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 100 });
      expect(await cache.get("a")).toBe(1);
      await sleep(99);
      expect([await cache.get("a"), cache.has("a"), cache.peek("a")]).toEqual([1, true, 1]);
      await sleep(1);
      expect([cache.has("a"), cache.peek("a"), [...cache.entries()]]).toEqual([
        false,
        undefined,
        [],
      ]);
      expect(await cache.get("a")).toBe(2);
      await sleep(99);
      expect(await cache.get("a")).toBe(2);
      expectConsistent(cache);
    }));

  test("counts from the end of a load", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<string, number>({
        ttlMs: 10,
        load: () => sleep(100).then(() => 1),
      });
      await cache.get("a");
      await sleep(9);
      expect(cache.has("a")).toBe(true);
      await sleep(1);
      expect(cache.has("a")).toBe(false);
    }));

  test("is no end by default", () =>
    withVirtualClock(async () => {
      const cache = counting();
      await cache.get("a");
      await sleep(1e12);
      expect(await cache.get("a")).toBe(1);
    }));

  test("may be a function of the value and its key", () =>
    withVirtualClock(async () => {
      const asked: unknown[][] = [];
      const cache = counting({
        ttlMs: (value, key) => {
          asked.push([value, key]);
          return value * 100;
        },
      });
      await cache.get("a");
      cache.set("b", 3);
      await sleep(100);
      expect([cache.has("a"), cache.has("b")]).toEqual([false, true]);
      await sleep(200);
      expect(cache.has("b")).toBe(false);
      expect(asked).toEqual([
        [1, "a"],
        [3, "b"],
      ]);
    }));

  test("may be said by the load, which goes before the option", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<string, number>({
        ttlMs: () => {
          throw new Error("asked");
        },
        load: (_key, _scope, keeping) => (keeping.ttlMs = 50),
      });
      await cache.get("a");
      await sleep(49);
      expect(cache.has("a")).toBe(true);
      await sleep(1);
      expect(cache.has("a")).toBe(false);
    }));

  test("may be said by set(), which goes before the option", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 10 });
      cache.set("short", 1, { ttlMs: 5 });
      cache.set("long", 1, { ttlMs: Infinity });
      cache.set("plain", 1, { ttlMs: undefined });
      await sleep(5);
      expect(["short", "long", "plain"].map((key) => cache.has(key))).toEqual([false, true, true]);
      await sleep(5);
      expect(["long", "plain"].map((key) => cache.has(key))).toEqual([true, false]);
    }));

  test.each([0, -1, -Infinity])("of %d keeps nothing, and gives it all the same", async (ttlMs) => {
    const cache = counting({ ttlMs });
    expect([await cache.get("a"), await cache.get("a")]).toEqual([1, 2]);
    expect([cache.size, cache.table.size]).toEqual([0, 0]);
    const other = counting();
    other.set("a", 1);
    other.set("a", 2, { ttlMs });
    expect([other.size, other.has("a"), other.table.size]).toEqual([0, false, 0]);
    expectConsistent(other);
  });

  test("is of each value: one that is put in place of another has a time of its own", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 100 });
      cache.set("a", 1);
      await sleep(60);
      cache.set("a", 2);
      await sleep(60);
      expect(cache.peek("a")).toBe(2);
      await sleep(40);
      expect(cache.has("a")).toBe(false);
    }));

  test.each([Number.NaN, "5", {}, true])(
    "makes the load fail for which it is %o, and what was there stays",
    async (ttlMs) => {
      const cache = new AsyncLru<string, number>({
        load: (_key, _scope, keeping) => {
          keeping.ttlMs = ttlMs as never;
          return 2;
        },
      });
      cache.set("a", 1);
      await expect(cache.refresh("a")).rejects.toThrow(
        /^Cannot keep a value: "ttlMs" must be a number of milliseconds, received /,
      );
      expect(cache.peek("a")).toBe(1);
      expectConsistent(cache);
    },
  );

  test("makes the load fail when it throws, and set() throw, and nothing changes", async () => {
    const cache = counting({
      ttlMs: (value) => {
        if (value > 1) throw new Error("ttlMs");
        return 1_000;
      },
    });
    await cache.get("a");
    await expect(cache.get("b")).rejects.toThrow("ttlMs");
    expect(() => cache.set("a", 5)).toThrow("ttlMs");
    expect(() => cache.set("c", 5)).toThrow("ttlMs");
    expect([[...cache.entries()], cache.table.size]).toEqual([[["a", 1]], 1]);
    expectConsistent(cache);
  });

  test("leaves a value that is over in its place until another comes: it counts", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 10, max: 2 });
      cache.set("a", 1);
      cache.set("b", 2);
      await sleep(10);
      expect([cache.size, cache.has("a")]).toEqual([2, false]);
      cache.set("c", 3);
      expect([cache.size, cache.stats().evictions]).toEqual([2, 1]);
      expectConsistent(cache, { max: 2 });
    }));
});

describe("jitter", () => {
  test("makes no time of what is none", async () => {
    for (const jitter of [0, 0.5]) {
      const cache = new AsyncLru({ jitter, ttlMs: (() => "5") as never, load: () => 1 });
      await expect(cache.get("a")).rejects.toThrow(
        new TypeError(
          'Cannot keep a value: "ttlMs" must be a number of milliseconds, received "5"',
        ),
      );
      expect(cache.size).toBe(0);
    }
  });

  test.each([
    [0, 1_000],
    [0.25, 950],
    [0.999, 800.2],
  ])("makes a time shorter by a part: at random %d to %d ms", (random, left) =>
    withVirtualClock(async () => {
      const spy = vi.spyOn(Math, "random").mockReturnValue(random);
      try {
        const cache = counting({ ttlMs: 1_000, jitter: 0.2 });
        await cache.get("a");
        expect(cache.dump().entries[0]!.leftMs).toBeCloseTo(left, 6);
      } finally {
        spy.mockRestore();
      }
    }),
  );

  test("is 0 by default: all have the same time", () =>
    withVirtualClock(async () => {
      const random = vi.spyOn(Math, "random");
      const cache = counting({ ttlMs: 1_000 });
      await cache.get("a");
      expect([random.mock.calls.length, cache.dump().entries[0]!.leftMs]).toEqual([0, 1_000]);
      random.mockRestore();
    }));

  test("is applied to what the function for the time says, and not to what is said of one value", () =>
    withVirtualClock(async () => {
      const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
      const cache = counting({ ttlMs: (value) => value * 100, jitter: 1 });
      cache.set("a", 1);
      cache.set("b", 2);
      cache.set("c", 3, { ttlMs: 70 });
      expect(cache.dump().entries.map(({ leftMs }) => leftMs)).toEqual([50, 100, 70]);
      random.mockRestore();
    }));

  test("leaves values without an end without one", async () => {
    const cache = counting({ jitter: 1 });
    cache.set("a", 1);
    const endless = counting({ jitter: 0.5, ttlMs: Infinity });
    endless.set("a", 1);
    expect([cache.dump().entries[0], endless.dump().entries[0]]).toEqual([
      { key: "a", value: 1 },
      { key: "a", value: 1 },
    ]);
  });

  test("spreads the times", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 1_000, jitter: 0.1 });
      for (let i = 0; i < 200; i++) cache.set(`${i}`, i);
      const left = cache.dump().entries.map(({ leftMs }) => leftMs!);
      expect(new Set(left).size).toBeGreaterThan(150);
      expect(Math.min(...left)).toBeGreaterThan(900);
      expect(Math.max(...left)).toBeLessThanOrEqual(1_000);
      expect(Math.max(...left) - Math.min(...left)).toBeGreaterThan(50);
    }));
});

describe("sliding", () => {
  test("makes a value fresh for its whole time with each hit", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 100, sliding: true });
      await cache.get("a");
      for (let i = 0; i < 5; i++) {
        await sleep(99);
        expect(await cache.get("a")).toBe(1);
      }
      expect(cache.dump().entries[0]!.leftMs).toBe(100);
      await sleep(100);
      expect(await cache.get("a")).toBe(2);
    }));

  test("takes the time that the value was given, not that of the options", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 100, sliding: true });
      cache.set("a", 1, { ttlMs: 10 });
      await sleep(9);
      await cache.get("a");
      await sleep(9);
      expect(cache.has("a")).toBe(true);
      await sleep(1);
      expect(cache.has("a")).toBe(false);
    }));

  test("takes no notice of peek(), has(), entries() and dump()", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 100, sliding: true });
      cache.set("a", 1);
      await sleep(60);
      cache.peek("a");
      cache.has("a");
      cache.dump();
      expect([...cache.entries()]).toHaveLength(1);
      await sleep(40);
      expect(cache.has("a")).toBe(false);
    }));

  test("makes no value fresh that is over, and none that has no end shorter", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 10, sliding: true, staleWhileRevalidateMs: 100 });
      cache.set("endless", 0, { ttlMs: Infinity });
      await cache.get("endless");
      expect(await cache.get("a")).toBe(1);
      await sleep(20);
      expect(await cache.get("a")).toBe(1);
      await sleep(1);
      expect(await cache.get("a")).toBe(2);
      await sleep(1e9);
      expect(cache.has("endless")).toBe(true);
    }));

  test("is not so by default: a hit changes nothing", () =>
    withVirtualClock(async () => {
      const cache = counting({ ttlMs: 100 });
      await cache.get("a");
      await sleep(60);
      await cache.get("a");
      await sleep(40);
      expect(cache.has("a")).toBe(false);
    }));

  test("makes a failure that is kept no younger", () =>
    withVirtualClock(async () => {
      let loads = 0;
      const cache = counting({
        sliding: true,
        negativeTtlMs: 100,
        isNegative: ({ status }) => status === "rejected",
        load: () => Promise.reject(new Error(`load ${++loads}`)),
      });
      await expect(cache.get("a")).rejects.toThrow("load 1");
      await sleep(60);
      await expect(cache.get("a")).rejects.toThrow("load 1");
      await sleep(40);
      await expect(cache.get("a")).rejects.toThrow("load 2");
    }));
});
