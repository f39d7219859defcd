import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { AsyncLru, CancelScope, DeadlockError, sleep, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { turn } from "../support/turn.ts";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

describe("get()", () => {
  test("loads a key once, and gives its value from then on", async () => {
    const loaded: number[] = [];
    const cache = new AsyncLru<number, string>({
      load: (key) => {
        loaded.push(key);
        return `value ${key}`;
      },
    });
    expect(await cache.get(1)).toBe("value 1");
    expect(await cache.get(1)).toBe("value 1");
    expect(await cache.get(2)).toBe("value 2");
    expect(loaded).toEqual([1, 2]);
    expectConsistent(cache);
  });

  test("makes one load of a key for all who ask for it meanwhile", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const waits = Array.from({ length: 100 }, () => cache.get("a"));
    await settle();
    expect(loads.begun).toEqual(["a"]);
    expectConsistent(cache);
    await loads.land("a", 1);
    expect(new Set(await Promise.all(waits))).toEqual(new Set([1]));
    expect(loads.begun).toEqual(["a"]);
    expectConsistent(cache);
  });

  test.each([undefined, null, 0, "", false, Number.NaN])("keeps %o as any value", async (value) => {
    let loads = 0;
    const cache = new AsyncLru<string, unknown>({ load: () => (loads++, value) });
    for (let i = 0; i < 3; i++) expect(await cache.get("a")).toBe(value);
    expect([loads, cache.size, cache.has("a")]).toEqual([1, 1, true]);
    expect(cache.peek("a")).toBe(value);
    expect([...cache.entries()]).toEqual([["a", value]]);
  });

  test.each([new Error("down"), undefined, null, 0, "", false])(
    "gives the failure %o to all who waited, and does not keep it",
    async (error) => {
      let loads = 0;
      const cache = new AsyncLru<string, number>({
        load: () => (++loads === 1 ? Promise.reject(error) : loads),
      });
      const ends = await Promise.allSettled([cache.get("a"), cache.get("a")]);
      expect(ends).toEqual([
        { status: "rejected", reason: error },
        { status: "rejected", reason: error },
      ]);
      expect([cache.size, cache.has("a"), cache.table.size]).toEqual([0, false, 0]);
      expect(await cache.get("a")).toBe(2);
    },
  );

  test("gives what a load throws at once as its failure", async () => {
    const cache = new AsyncLru<string, number>({
      load: () => {
        throw new Error("sync");
      },
    });
    await expect(cache.get("a")).rejects.toThrow("sync");
    expectConsistent(cache);
  });

  test("rejects without a load, and gives what was set", async () => {
    const cache = new AsyncLru<string, number>();
    await expect(cache.get("a")).rejects.toEqual(
      new TypeError('Cannot get a value: "load" must be a function, received undefined'),
    );
    cache.set("a", 1);
    expect(await cache.get("a")).toBe(1);
    expectConsistent(cache);
  });

  test("compares keys as a Map does", async () => {
    const cache = new AsyncLru<unknown, unknown>({ load: (key) => [key] });
    const object = {};
    const nan = await cache.get(Number.NaN);
    expect(await cache.get(Number.NaN)).toBe(nan);
    expect(await cache.get(-0)).toBe(await cache.get(0));
    expect(await cache.get(object)).toBe(await cache.get(object));
    expect(await cache.get({})).not.toBe(await cache.get({}));
    expect(await cache.get("1")).not.toBe(await cache.get(1));
    expect(await cache.get(undefined)).not.toBe(await cache.get(null));
    expect([cache.has(-0), cache.delete(-0), cache.has(0)]).toEqual([true, true, false]);
  });

  test("tells the load which value is in its place", async () => {
    const seen: unknown[] = [];
    const cache = new AsyncLru<string, number>({
      load: (_key, _scope, keeping) => seen.push(keeping.previous),
    });
    await cache.get("a");
    await cache.refresh("a");
    cache.delete("a");
    await cache.get("a");
    expect(seen).toEqual([undefined, 1, undefined]);
  });

  ambientTest(
    "runs a load in the async context in which the cache was made (needs AsyncLocalStorage)",
    async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      const cache = storage.run(
        "owner",
        () =>
          new AsyncLru<string, number>({
            load: async () => {
              seen.push(storage.getStore());
              await turn();
              return seen.push(storage.getStore());
            },
          }),
      );
      await storage.run("caller", () => cache.get("a"));
      await storage.run("another", () => cache.refresh("a"));
      expect(seen).toEqual(["owner", "owner", "owner", "owner"]);
    },
  );

  ambientTest("runs a load in no scope of its caller (needs ambient scopes)", async () => {
    let parent: unknown = "none";
    const cache = new AsyncLru<string, number>({
      load: () => {
        parent = CancelScope.current?.parent;
        return 1;
      },
    });
    await new CancelScope({ name: "caller" }).run(() => cache.get("a"));
    expect(parent).toBeUndefined();
  });
});

test("a cache outlives the scope in which it was made", async () => {
  const scope = new CancelScope();
  const cache = await scope.run(
    () => new AsyncLru<string, number>({ load: () => sleep(0).then(() => 1) }),
  );
  scope.cancel();
  expect(await cache.get("a")).toBe(1);
  const cancelled = new CancelScope();
  let inside: AsyncLru<string, number> | undefined;
  await cancelled
    .run(() => {
      cancelled.cancel();
      inside = new AsyncLru<string, number>({ load: () => sleep(0).then(() => 2) });
    })
    .catch(() => {});
  expect(await inside!.get("a")).toBe(2);
});

describe("a caller of get()", () => {
  test("leaves alone, and the others get the value", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const controller = new AbortController();
    const leaving = cache.get("a", { signal: controller.signal });
    const staying = cache.get("a");
    await settle();
    controller.abort("gone");
    await expect(leaving).rejects.toBe("gone");
    const joining = cache.get("a");
    await settle();
    expect(loads.begun).toEqual(["a"]);
    const { scope, gate } = loads.take("a");
    expect(scope.cancelled).toBe(false);
    gate.resolve(1);
    expect([await staying, await joining, cache.peek("a")]).toEqual([1, 1, 1]);
  });

  test("who is the last to leave cancels the load, which nobody joins any more", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const controller = new AbortController();
    const leaving = cache.get("a", { signal: controller.signal });
    await settle();
    const { scope, gate } = loads.take("a");
    controller.abort("gone");
    await expect(leaving).rejects.toBe("gone");
    expect(scope.cancelled).toBe(true);
    const next = cache.get("a");
    await settle();
    expect(loads.begun).toEqual(["a", "a"]);
    gate.reject(scope.signal.reason);
    await settle();
    expectConsistent(cache);
    await loads.land("a", 2);
    expect([await next, cache.peek("a")]).toEqual([2, 2]);
    expect(cache.stats()).toMatchObject({ failures: 0, loads: 2, misses: 2 });
    expectConsistent(cache);
  });

  test("leaves nothing behind who was the only one", async () => {
    await withVirtualClock(async () => {
      const cache = new AsyncLru<string, number>({
        load: (_key, { signal }) => sleep(1_000, { signal }).then(() => 1),
      });
      const controller = new AbortController();
      const leaving = cache.get("a", { signal: controller.signal });
      void sleep(10).then(() => controller.abort("gone"));
      await expect(leaving).rejects.toBe("gone");
      await sleep(1);
      expect([cache.table.size, cache.size, cache.stats().loading]).toEqual([0, 0, 0]);
    });
  });

  test("keeps the value of a cancelled load that has come all the same", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const controller = new AbortController();
    void cache.get("a", { signal: controller.signal }).catch(() => {});
    await settle();
    controller.abort();
    await loads.land("a", 1);
    expect(cache.peek("a")).toBe(1);
    expectConsistent(cache);
  });

  test("lets the load go on with keepAlive", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru({ load: loads.load, keepAlive: true });
    const controller = new AbortController();
    const leaving = cache.get("a", { signal: controller.signal });
    await settle();
    controller.abort("gone");
    await expect(leaving).rejects.toBe("gone");
    await loads.land("a", 1);
    expect(cache.peek("a")).toBe(1);
  });

  test("who has aborted already takes nothing, not even what is there", async () => {
    const cache = new AsyncLru<string, number>({ load: () => 1 });
    const signal = AbortSignal.abort("no");
    await expect(cache.get("a", { signal })).rejects.toBe("no");
    expect([cache.table.size, cache.stats().misses]).toEqual([0, 0]);
    cache.set("a", 1);
    await expect(cache.get("a", { signal })).rejects.toBe("no");
    expect(cache.stats()).toMatchObject({ hits: 0, loads: 0 });
  });
});

describe("a load that asks the cache for its own key", () => {
  test.each([
    ["at once", { a: "a" }],
    ["through another load", { a: "b", b: "a" }],
  ] as [string, Record<string, string>][])("fails with a DeadlockError, %s", async (_, asks) => {
    const cache: AsyncLru<string, number> = new AsyncLru<string, number>({
      load: async (key, scope) => {
        await turn();
        return cache.get(asks[key]!, at(scope));
      },
    });
    await expect(cache.get("a")).rejects.toThrow(DeadlockError);
    await settle();
    expect([cache.table.size, cache.stats().loading]).toEqual([0, 0]);
  });

  test("may do so for another key, and may set, refresh and delete keys", async () => {
    const cache: AsyncLru<string, number> = new AsyncLru<string, number>({
      load: async (key, scope) => {
        if (key !== "a") return 1;
        cache.set("c", 3);
        cache.delete("d");
        return (await cache.get("b", at(scope))) + (await cache.refresh("b", at(scope)));
      },
    });
    expect(await cache.get("a")).toBe(2);
    expect([...cache.entries()].toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ["a", 2],
      ["b", 1],
      ["c", 3],
    ]);
    expectConsistent(cache);
  });

  test("is not written when it sets its own key, and its callers get what it gives", async () => {
    const cache: AsyncLru<string, number> = new AsyncLru<string, number>({
      load: async (key) => {
        cache.set(key, 1);
        return 2;
      },
    });
    expect([await cache.get("a"), cache.peek("a")]).toEqual([2, 1]);
    expectConsistent(cache);
  });
});

describe("peek() and has()", () => {
  test("load nothing, count as no question, and make nothing younger", async () => {
    const cache = new AsyncLru<string, number>({ max: 2, load: () => 9 });
    cache.set("a", 1);
    cache.set("b", 2);
    expect([cache.peek("a"), cache.has("a")]).toEqual([1, true]);
    expect([cache.peek("c"), cache.has("c")]).toEqual([undefined, false]);
    cache.set("d", 3);
    expect([cache.has("a"), cache.has("b"), cache.has("d")]).toEqual([false, true, true]);
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, loads: 0 });
  });

  test("do not see a value that is being loaded", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    void cache.get("a");
    await settle();
    expect([cache.peek("a"), cache.has("a"), cache.size]).toEqual([undefined, false, 0]);
    expectConsistent(cache);
  });
});

describe("set()", () => {
  test("puts a value in place of what there is, and of the load that is under way", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const wait = cache.get("a");
    await settle();
    cache.set("a", 1);
    cache.set("a", 2);
    expect([cache.peek("a"), await cache.get("a"), cache.size]).toEqual([2, 2, 1]);
    expectConsistent(cache);
    await loads.land("a", 3);
    expect([await wait, cache.peek("a")]).toEqual([3, 2]);
    expectConsistent(cache);
  });
});

describe("delete() and clear()", () => {
  test("tell whether there was a value or a load", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    expect(cache.delete("a")).toBe(false);
    cache.set("a", 1);
    expect([cache.delete("a"), cache.delete("a"), cache.has("a")]).toEqual([true, false, false]);
    void cache.get("a");
    await settle();
    expect([cache.delete("a"), cache.delete("a")]).toEqual([true, false]);
    expectConsistent(cache);
  });

  test("let the next caller load anew", async () => {
    let loads = 0;
    const cache = new AsyncLru<string, number>({ load: () => ++loads });
    expect([await cache.get("a"), await cache.get("b")]).toEqual([1, 2]);
    cache.delete("a");
    expect([await cache.get("a"), await cache.get("b")]).toEqual([3, 2]);
    cache.clear();
    expect([cache.size, cache.totalSize, cache.table.size]).toEqual([0, 0, 0]);
    expect([await cache.get("a"), await cache.get("b")]).toEqual([4, 5]);
    expectConsistent(cache);
  });
});

describe("name", () => {
  test("is what was given, and is none by default", () => {
    expect(new AsyncLru({ name: "users" }).name).toBe("users");
    expect(new AsyncLru().name).toBeUndefined();
  });

  test("tells in waitTree() what is waited for, together with the key", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru({ load: loads.load, name: "users" });
    const scope = new CancelScope({ name: "caller" });
    const wait = scope.run(() => cache.get("ada", at(scope)));
    expect(waitTree(scope)).toContain("users[ada]");
    await loads.land("ada", 1);
    expect(await wait).toBe(1);
  });
});
