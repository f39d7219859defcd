import { describe, expect, test } from "vitest";
import { AsyncLru, CancelScope, detached, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { MemoryTier } from "./memory-tier.ts";

function loading(): (key: string) => Promise<string> {
  let loads = 0;
  return async (key) => {
    const number = ++loads;
    await sleep(10);
    return `${key}, load ${number}`;
  };
}

/** A tier whose operations take so long, each. */
function slow<V>(ms: number, of: string): MemoryTier<V> {
  const tier = new MemoryTier<V>();
  const slowly = of.split(" ");
  tier.before = (operation) => (slowly.includes(operation) ? detached(() => sleep(ms)) : undefined);
  return tier;
}

describe("what is done to a key", () => {
  test("is done in order: no older write overtakes a deletion", () =>
    withVirtualClock(async (clock) => {
      const tier = new MemoryTier<string>();
      const gates = [deferred(), deferred()];
      tier.before = () => gates[tier.log.length - 1]?.promise;
      const cache = new AsyncLru({ tier, load: loading() });
      cache.set("a", "old");
      await clock.runUntilIdle();
      cache.delete("a");
      await clock.runUntilIdle();
      expect(tier.log).toEqual(["set a"]);
      gates[0]!.resolve();
      await clock.runUntilIdle();
      expect(tier.log).toEqual(["set a", "delete a"]);
      expect(tier.values.get("a")?.value).toBe("old");
      gates[1]!.resolve();
      await cache.settled();
      expect(tier.values.size).toBe(0);
    }));

  test("does not wait for what is done to another one", () =>
    withVirtualClock(async (clock) => {
      const tier = new MemoryTier<string>();
      tier.before = (_operation, key) => (key === "a" ? sleep(100) : undefined);
      const cache = new AsyncLru({ tier, load: loading() });
      cache.set("a", "slow");
      cache.set("b", "fast");
      await clock.runUntilIdle();
      expect([...tier.values.keys()]).toEqual(["b"]);
    }));

  test("is only the last of what waits for its turn", () =>
    withVirtualClock(async (clock) => {
      const tier = slow<number>(10, "set delete");
      const cache = new AsyncLru<string, number>({ tier });
      cache.set("a", 0);
      await clock.runUntilIdle();
      for (let i = 1; i < 100; i++) cache.set("a", i);
      cache.delete("a");
      cache.set("a", 100);
      await cache.settled();
      expect(tier.log).toEqual(["set a", "set a"]);
      expect(tier.values.get("a")?.value).toBe(100);
      cache.set("a", 101);
      cache.delete("a");
      await cache.settled();
      expect(tier.log.slice(2)).toEqual(["delete a"]);
      expect(clock.now()).toBe(30);
    }));

  ambientTest("goes on when its caller is cancelled (needs ambient scopes)", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      tier.put("a", "old");
      tier.before = () => sleep(10);
      const cache = new AsyncLru({ tier, load: loading() });
      const scope = new CancelScope();
      await scope.run(async () => {
        cache.delete("a");
        cache.delete("b");
        cache.set("b", "new");
        await sleep(1);
        scope.cancel();
      });
      await cache.settled();
      expect([...tier.values.keys()]).toEqual(["b"]);
    }),
  );
});

describe("a load", () => {
  test("waits for a deletion that is under way, and finds nothing old", () =>
    withVirtualClock(async (clock) => {
      const tier = slow<string>(50, "delete");
      tier.put("a", "old");
      const cache = new AsyncLru({ tier, load: loading() });
      cache.delete("a");
      expect(await cache.get("a")).toBe("a, load 1");
      expect(clock.now()).toBe(60);
      expect(tier.log).toEqual(["delete a", "get a", "set a"]);
    }));

  test("waits for what was written before and has been evicted since", () =>
    withVirtualClock(async () => {
      const tier = slow<string>(50, "set");
      tier.put("a", "old");
      const cache = new AsyncLru({ max: 1, tier, load: loading() });
      cache.set("a", "new");
      cache.set("b", "other");
      expect(await cache.get("a")).toBe("new");
    }));

  test("does not go on to wait when all have left", () =>
    withVirtualClock(async (clock) => {
      const tier = new MemoryTier<string>();
      const gate = deferred();
      tier.before = (operation) => (operation === "delete" ? gate.promise : undefined);
      const cache = new AsyncLru({ tier, load: loading() });
      cache.delete("a");
      const call = timeout(5, (scope) => cache.get("a", at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      await clock.runUntilIdle();
      expect(cache.stats()).toMatchObject({ loading: 0 });
      expect(tier.log).toEqual(["delete a"]);
      gate.resolve();
    }));

  test("does not begin when all have left while the tier was asked", () =>
    withVirtualClock(async () => {
      const tier = slow<string>(10, "get");
      const calls: string[] = [];
      const cache = new AsyncLru<string, string>({
        tier,
        load: (key) => {
          calls.push(key);
          return key;
        },
      });
      const call = timeout(5, (scope) => cache.get("a", at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      await sleep(20);
      expect(calls).toEqual([]);
      expect(cache.stats()).toMatchObject({ loading: 0, size: 0 });
    }));
});

describe("after an invalidation", () => {
  const invalidations: [string, (cache: AsyncLru<string, string>) => unknown, string[]][] = [
    ["delete()", (cache) => cache.delete("a"), ["delete a"]],
    ["set()", (cache) => cache.set("a", "set"), ["set a"]],
    ["clear()", (cache) => cache.clear(), ["delete a"]],
    ["deleteTag()", (cache) => cache.deleteTag("tag"), ["delete a"]],
    ["deleteWhere()", (cache) => cache.deleteWhere(() => true), ["delete a"]],
  ];

  test.each(invalidations)("%s nothing is written that was loaded before", (_name, act, log) =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ tier, tagsOf: () => ["tag"], load: loading() });
      const call = cache.get("a");
      await sleep(5);
      act(cache);
      expect(await call).toBe("a, load 1");
      await cache.settled();
      expect(tier.log).toEqual(["get a", ...log]);
    }),
  );

  test.each(invalidations)("%s nothing is found that was there before", (_name, act) =>
    withVirtualClock(async () => {
      const tier = slow<string>(10, "get");
      tier.put("a", "old");
      const cache = new AsyncLru({ tier, tagsOf: () => ["tag"], load: loading() });
      const call = cache.get("a");
      await sleep(5);
      act(cache);
      const later = cache.get("a");
      expect(await call).toBe("old");
      expect(await later).not.toBe("old");
      expect(await cache.get("a")).not.toBe("old");
      await cache.settled();
      expect(tier.values.get("a")?.value).not.toBe("old");
    }),
  );

  test("refresh() nothing is written that was loaded before", () =>
    withVirtualClock(async () => {
      const tier = new MemoryTier<string>();
      const cache = new AsyncLru({ tier, load: loading() });
      const call = cache.get("a");
      await sleep(5);
      expect(await cache.refresh("a")).toBe("a, load 2");
      expect(await call).toBe("a, load 1");
      await cache.settled();
      expect(tier.log).toEqual(["get a", "set a"]);
      expect(tier.values.get("a")?.value).toBe("a, load 2");
    }));
});

describe("clear()", () => {
  test("deletes all of a tier that can, also what this process does not know", () =>
    withVirtualClock(async () => {
      const memory = new MemoryTier<string>();
      memory.put("b", "of another process");
      const cache = new AsyncLru({ tier: memory.withClear(), load: loading() });
      cache.set("a", "known");
      await cache.settled();
      cache.clear();
      await cache.settled();
      expect(memory.log).toEqual(["set a", "clear"]);
      expect(memory.values.size).toBe(0);
    }));

  test("deletes the keys that this process knows of where the tier cannot do more", () =>
    withVirtualClock(async (clock) => {
      const tier = slow<string>(10, "set");
      tier.put("c", "of another process");
      const cache = new AsyncLru({ max: 1, tier, load: loading() });
      cache.set("a", "evicted");
      cache.set("b", "known");
      await clock.runUntilIdle();
      // Both are being written still.
      cache.clear();
      await cache.settled();
      expect([...tier.values.keys()]).toEqual(["c"]);
      expect(tier.log.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
        "delete a",
        "delete b",
        "set a",
        "set b",
      ]);
    }));

  test("leaves nothing of what was being written, and of what was to be", () =>
    withVirtualClock(async (clock) => {
      const memory = slow<string>(10, "set");
      const cache = new AsyncLru({ tier: memory.withClear(), load: loading() });
      cache.set("a", "first");
      await clock.runUntilIdle();
      cache.set("a", "second");
      cache.clear();
      await cache.settled();
      expect(memory.values.size).toBe(0);
      expect(memory.log).toEqual(["set a", "clear", "delete a"]);
    }));

  test("is waited for by loads of any key, and by what is written after it", () =>
    withVirtualClock(async (clock) => {
      const memory = slow<string>(50, "clear");
      memory.put("a", "old");
      memory.put("b", "old");
      const cache = new AsyncLru({ tier: memory.withClear(), load: loading() });
      cache.clear();
      cache.set("b", "new");
      expect(await cache.get("a")).toBe("a, load 1");
      expect(clock.now()).toBe(60);
      await cache.settled();
      expect(memory.log[0]).toBe("clear");
      expect(memory.values.get("b")?.value).toBe("new");
    }));

  test("is waited for by a load whose key has something else under way, too", () =>
    withVirtualClock(async () => {
      const memory = slow<string>(50, "clear");
      const cache = new AsyncLru({ tier: memory.withClear(), load: loading() });
      cache.set("a", "first");
      await cache.settled();
      memory.before = (operation) => sleep(operation === "clear" ? 50 : 5);
      cache.set("a", "second");
      cache.clear();
      expect(await cache.get("a")).toBe("a, load 1");
    }));

  test("twice does it twice, one after the other", () =>
    withVirtualClock(async (clock) => {
      const memory = slow<string>(50, "clear");
      memory.put("a", "old");
      const cache = new AsyncLru({ tier: memory.withClear(), load: loading() });
      cache.clear();
      await sleep(20);
      cache.clear();
      expect(await cache.get("a")).toBe("a, load 1");
      expect(clock.now()).toBe(110);
      expect(memory.log).toEqual(["clear", "clear", "get a", "set a"]);
    }));
});

describe("settled()", () => {
  test("waits for all that is to be written and deleted, also for what comes meanwhile", () =>
    withVirtualClock(async (clock) => {
      const memory = slow<string>(10, "set delete clear");
      const cache = new AsyncLru({ tier: memory.withClear(), load: loading() });
      await cache.settled();
      cache.set("a", "value");
      const settled = cache.settled();
      await sleep(5);
      cache.delete("b");
      await sleep(4);
      cache.clear();
      await settled;
      expect(clock.now()).toBe(29);
      expect(memory.log).toEqual(["set a", "delete b", "clear", "delete a", "delete b"]);
    }));

  test("without a tier is over at once", () =>
    withVirtualClock(async () => {
      await new AsyncLru().settled();
    }));

  test("ends for one who has no patience, and goes on for the others", () =>
    withVirtualClock(async (clock) => {
      const tier = slow<string>(50, "set");
      const cache = new AsyncLru({ tier, load: loading() });
      cache.set("a", "value");
      const settled = cache.settled();
      const call = timeout(5, (scope) => cache.settled(at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      expect(clock.now()).toBe(5);
      await settled;
      expect(clock.now()).toBe(50);
    }));
});
