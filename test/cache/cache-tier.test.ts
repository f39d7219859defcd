import { describe, expect, test } from "vitest";
import { AsyncLru, type CacheTier, memoize, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { MemoryTier } from "./memory-tier.ts";

/** Loads that tell their number. */
function counted(): { load: (key: string) => Promise<string>; count: number } {
  const it = {
    count: 0,
    load: async (key: string) => {
      const number = ++it.count;
      await sleep(10);
      return `${key}, load ${number}`;
    },
  };
  return it;
}

function fail(): never {
  throw new RangeError("fails");
}

function nothing(): undefined {
  return undefined;
}

describe("what the tier has", () => {
  test("is given without a load, and kept for as long as it is fresh there", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const loads = counted();
      const cache = new AsyncLru({ ttlMs: 1_000, tier, load: loads.load });
      tier.put("a", "found", 50);
      expect(await Promise.all([cache.get("a"), cache.get("a")])).toEqual(["found", "found"]);
      expect(cache.peek("a")).toBe("found");
      await sleep(49);
      expect(cache.has("a")).toBe(true);
      await sleep(1);
      expect(cache.has("a")).toBe(false);
      expect(await cache.get("a")).toBe("a, load 1");
    }));

  test("is not written there again", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      tier.put("a", "found", 50);
      const cache = new AsyncLru({ tier, load: counted().load });
      await cache.get("a");
      await cache.settled();
      expect(tier.log).toEqual(["get a"]);
    }));

  test("is fresh as the options say where the tier tells nothing of it", () =>
    withVirtualClock(async () => {
      const tier: CacheTier<string, string> = {
        get: () => ({ value: "found" }),
        set: () => {},
        delete: () => {},
      };
      const cache = new AsyncLru({ ttlMs: 20, tier, load: counted().load });
      await cache.get("a");
      await sleep(19);
      expect(cache.has("a")).toBe(true);
      await sleep(1);
      expect(cache.has("a")).toBe(false);
    }));

  test.each([0, -1])("counts for nothing with %i ms left", (ttlMs) =>
    withVirtualClock(async () => {
      const tier: CacheTier<string, string> = {
        get: () => ({ value: "found", ttlMs }),
        set: () => {},
        delete: () => {},
      };
      const cache = new AsyncLru({ tier, load: counted().load });
      expect(await cache.get("a")).toBe("a, load 1");
    }),
  );

  test("may be undefined or null", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string | undefined | null>();
      const cache = new AsyncLru<string, string | undefined | null>({ tier, load: counted().load });
      tier.put("a", undefined);
      tier.put("b", null);
      expect(await cache.getMany(["a", "b"])).toEqual([undefined, null]);
      expect(cache.stats()).toMatchObject({ size: 2 });
    }));

  test("gets its tags from its value", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      tier.put("a", "found");
      const cache = new AsyncLru({ tier, tagsOf: (value) => [value], load: counted().load });
      await cache.get("a");
      expect(cache.deleteTag("found")).toBe(1);
      expect(await cache.get("a")).toBe("a, load 1");
    }));

  test("is asked for behind the callers of a value that is stale", () =>
    withVirtualClock(async (clock) => {
      const tier = new MemoryTier<string>();
      const loads = counted();
      const cache = new AsyncLru({
        ttlMs: 20,
        staleWhileRevalidateMs: 1_000,
        tier,
        load: loads.load,
      });
      await cache.get("a");
      await sleep(20);
      tier.put("a", "of another process", 50);
      expect(await cache.get("a")).toBe("a, load 1");
      await clock.runUntilIdle();
      expect([await cache.get("a"), loads.count]).toEqual(["of another process", 1]);
    }));

  test("is taken by prefetch(), too", () =>
    withVirtualClock(async (clock) => {
      const tier = new MemoryTier<string>();
      tier.put("a", "found");
      const cache = new AsyncLru({ tier, load: counted().load });
      cache.prefetch("a");
      await clock.runUntilIdle();
      expect(cache.peek("a")).toBe("found");
    }));

  test("does not count for refresh(), which replaces it", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      tier.put("a", "found");
      const cache = new AsyncLru({ ttlMs: 100, tier, load: counted().load });
      await cache.get("a");
      expect(await cache.refresh("a")).toBe("a, load 1");
      await cache.settled();
      expect(tier.values.get("a")).toEqual({ value: "a, load 1", until: now() + 100 });
    }));
});

describe("a value that is loaded ahead of its end", () => {
  const ahead = { ttlMs: 100, refreshAheadMs: 30 };

  test("is loaded although the tier has the same", () =>
    withVirtualClock(async (clock) => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ ...ahead, tier, load: counted().load });
      await cache.get("a");
      await sleep(75);
      expect(await cache.get("a")).toBe("a, load 1");
      await clock.advance(10);
      expect(cache.peek("a")).toBe("a, load 2");
      expect(tier.values.get("a")).toEqual({ value: "a, load 2", until: now() + 100 });
    }));

  test("is taken from the tier if another process was ahead", () =>
    withVirtualClock(async (clock) => {
      const tier = new MemoryTier<string>();
      const loads = counted();
      const cache = new AsyncLru({ ...ahead, tier, load: loads.load });
      await cache.get("a");
      await sleep(75);
      tier.put("a", "of another process", 31);
      expect(await cache.get("a")).toBe("a, load 1");
      await clock.runUntilIdle();
      expect([await cache.get("a"), loads.count]).toEqual(["of another process", 1]);
    }));

  test("is loaded if the tier does not tell how fresh it is", () =>
    withVirtualClock(async (clock) => {
      const memory = new MemoryTier<string>();
      const tier: CacheTier<string, string> = {
        get: async (key) => {
          const found = await memory.get(key);
          return found && { value: found.value };
        },
        set: (key, value, options) => memory.set(key, value, options),
        delete: (key) => memory.delete(key),
      };
      const cache = new AsyncLru({ ...ahead, tier, load: counted().load });
      await cache.get("a");
      await sleep(75);
      await cache.get("a");
      await clock.advance(10);
      expect(cache.peek("a")).toBe("a, load 2");
    }));
});

describe("what the tier does not have", () => {
  test("is loaded and written with its time to live; the callers do not wait for that", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ ttlMs: 100, tier, load: counted().load });
      const gate = deferred();
      tier.before = (operation) => (operation === "set" ? gate.promise : undefined);
      expect(await cache.get("a")).toBe("a, load 1");
      expect(await cache.get("a")).toBe("a, load 1");
      expect(tier.values.size).toBe(0);
      gate.resolve();
      await cache.settled();
      expect(tier.values.get("a")).toEqual({ value: "a, load 1", until: 110 });
      expect(tier.log).toEqual(["get a", "set a"]);
    }));

  test("is written with the time that its load says", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru<string, string>({
        ttlMs: 100,
        tier,
        load: (key, _scope, keeping) => {
          keeping.ttlMs = 7;
          return key;
        },
      });
      await cache.get("a");
      await cache.settled();
      expect(tier.values.get("a")?.until).toBe(7);
    }));

  test("is found by another cache", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const loads = counted();
      const [one, other] = [1, 2].map(() => new AsyncLru({ ttlMs: 100, tier, load: loads.load }));
      await one!.get("a");
      await sleep(40);
      expect(await other!.get("a")).toBe("a, load 1");
      await sleep(60);
      expect(other!.has("a")).toBe(false);
    }));

  test("is not written if its load has failed, be the failure kept or not", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const plain = new AsyncLru<string, string>({ tier, load: fail });
      const negative = new AsyncLru<string, string>({
        tier,
        load: fail,
        negativeTtlMs: 50,
        isNegative: () => true,
      });
      await expect(plain.get("a")).rejects.toThrow("fails");
      await expect(negative.get("b")).rejects.toThrow("fails");
      await expect(negative.get("b")).rejects.toThrow("fails");
      expect(tier.log).toEqual(["get a", "get b"]);
    }));

  test("is not written if a stale value was given in place of a failure", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<number>();
      let loads = 0;
      const load = (): number => {
        if (++loads > 1) throw new RangeError("fails");
        return loads;
      };
      const cache = new AsyncLru({ tier, load, ttlMs: 10, staleIfErrorMs: 100 });
      await cache.get("a");
      await sleep(20);
      expect(await cache.get("a")).toBe(1);
      expect([loads, tier.log]).toEqual([2, ["get a", "set a", "get a"]]);
    }));

  test("is not written if the cache does not keep it", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const { load } = counted();
      const large = new AsyncLru({ tier, load, maxSize: 2, sizeOf: () => 3 });
      const over = new AsyncLru({ tier, load, ttlMs: 0 });
      expect(await large.get("a")).toBe("a, load 1");
      expect(await over.get("b")).toBe("b, load 2");
      expect(tier.log).toEqual(["get a", "get b"]);
    }));

  test("is written with the time of its kind if it is negative", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<undefined>();
      const cache = new AsyncLru<string, undefined>({
        tier,
        load: nothing,
        ttlMs: 100,
        negativeTtlMs: 5,
      });
      await cache.get("a");
      await cache.settled();
      expect(tier.values.get("a")).toEqual({ value: undefined, until: 5 });
    }));
});

describe("what is changed by hand", () => {
  test("set() writes, with its own time or that of the options", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ tier, ttlMs: 100, load: counted().load });
      cache.set("a", "usual");
      cache.set("b", "own", { ttlMs: 7 });
      await cache.settled();
      expect([...tier.values]).toEqual([
        ["a", { value: "usual", until: 100 }],
        ["b", { value: "own", until: 7 }],
      ]);
    }));

  test("set() of what is not kept deletes", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      tier.put("a", "old");
      const cache = new AsyncLru({ tier, load: counted().load });
      cache.set("a", "new", { ttlMs: 0 });
      await cache.settled();
      expect(tier.log).toEqual(["delete a"]);
      expect(tier.values.size).toBe(0);
    }));

  test("set() that throws writes nothing", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ tier, load: counted().load });
      expect(() => cache.set("a", "value", { ttlMs: Number.NaN })).toThrow(RangeError);
      await cache.settled();
      expect(tier.log).toEqual([]);
    }));

  test("delete() deletes what only the tier has", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      tier.put("a", "old");
      const cache = new AsyncLru({ tier, load: counted().load });
      expect(cache.delete("a")).toBe(false);
      expect(await cache.get("a")).toBe("a, load 1");
    }));

  test("deleteTag() and deleteWhere() delete the keys that they find", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ tier, tagsOf: (_value, key) => [key], load: counted().load });
      await cache.getMany(["a", "b", "c"]);
      await cache.settled();
      cache.deleteTag("a");
      cache.deleteWhere((_value, key) => key === "b");
      await cache.settled();
      expect([...tier.values.keys()]).toEqual(["c"]);
    }));

  test("what is evicted stays in the tier", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ max: 1, tier, load: counted().load });
      await cache.get("a");
      await cache.get("b");
      await cache.settled();
      expect([cache.has("a"), await cache.get("a")]).toEqual([false, "a, load 1"]);
    }));

  test("restore() changes nothing in the tier", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const source = new AsyncLru<string, string>();
      source.set("a", "dumped");
      const cache = new AsyncLru({ tier, load: counted().load });
      cache.restore(source.dump());
      await cache.settled();
      expect([cache.peek("a"), tier.log]).toEqual(["dumped", []]);
    }));
});

test("memoize() uses the tier of its cache", () =>
  withVirtualClock(async () => {
    const tier = new MemoryTier<string>();
    const loads = counted();
    const made = [1, 2].map(() => {
      const cache = new AsyncLru<string, string>({ ttlMs: 100, tier });
      return memoize(loads.load, { cache: cache as never });
    });
    const [one, other] = made;
    expect(await Promise.all([one!("a"), one!("a")])).toEqual(["a, load 1", "a, load 1"]);
    // The callers have not waited for it to be written.
    await sleep(1);
    expect([await other!("a"), loads.count]).toEqual(["a, load 1", 1]);
    one!.cache.delete("a");
    await sleep(1);
    expect(tier.values.size).toBe(0);
  }));
