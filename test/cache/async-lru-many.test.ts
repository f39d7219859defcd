import { describe, expect, test } from "vitest";
import { AsyncLru, CancelScope, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

describe("getMany()", () => {
  test("gives the values in the order of the keys, however the loads end", async () => {
    const loads = new GatedLoads<string, string>();
    const cache = new AsyncLru(loads);
    cache.set("b", "was there");
    const wait = cache.getMany(["a", "b", "c"]);
    await settle();
    expect(loads.begun).toEqual(["a", "c"]);
    await loads.land("c", "last");
    await loads.land("a", "first");
    expect(await wait).toEqual(["first", "was there", "last"]);
    expectConsistent(cache);
  });

  test("takes any iterable, once, and gives a key each time that it comes", async () => {
    const loaded: number[] = [];
    const cache = new AsyncLru<number, number>({
      load: (key) => {
        loaded.push(key);
        return key * 2;
      },
    });
    expect(await cache.getMany([1, 2, 1, 1].values())).toEqual([2, 4, 2, 2]);
    expect(await cache.getMany(new Set([2, 3]))).toEqual([4, 6]);
    expect(loaded).toEqual([1, 2, 3]);
  });

  test("gives nothing for no keys", async () => {
    const cache = new AsyncLru<number, number>();
    expect(await cache.getMany([])).toEqual([]);
  });

  test("rejects with the first failure, and ends its other waits", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const staying = cache.get("c");
    const wait = cache.getMany(["a", "b", "c"]);
    await settle();
    const a = loads.take("a");
    const b = loads.take("b");
    const c = loads.take("c");
    b.gate.reject(new Error("down"));
    await expect(wait).rejects.toThrow("down");
    expect([a.scope.cancelled, c.scope.cancelled]).toEqual([true, false]);
    c.gate.resolve(3);
    a.gate.reject(new Error("late"));
    expect(await staying).toBe(3);
    await settle();
    expect([...cache.entries()]).toEqual([["c", 3]]);
    expectConsistent(cache);
  });

  test("leaves the values in the cache that have come when one fails: they are not disposed", async () => {
    const disposed: string[] = [];
    const loads = new GatedLoads<string, Disposable>();
    const cache = new AsyncLru(loads);
    const wait = cache.getMany(["a", "b"]);
    await settle();
    await loads.land("a", { [Symbol.dispose]: () => void disposed.push("a") });
    loads.take("b").gate.reject(new Error("down"));
    await expect(wait).rejects.toThrow("down");
    await settle();
    expect([disposed, cache.has("a")]).toEqual([[], true]);
  });

  test("leaves all its waits when its signal aborts, or its scope is cancelled", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const controller = new AbortController();
    const wait = cache.getMany(["a", "b"], { signal: controller.signal });
    await settle();
    controller.abort("gone");
    await expect(wait).rejects.toBe("gone");
    for (const key of ["a", "b"]) {
      const { scope: own, gate } = loads.take(key);
      expect(own.cancelled).toBe(true);
      gate.reject(own.signal.reason);
    }
    const scope = new CancelScope();
    await scope.run(async () => {
      const inScope = cache.getMany(["c"], at(scope));
      await settle();
      scope.cancel();
      await expect(inScope).rejects.toBe(scope.signal.reason);
    });
    await loads.fail("c", scope.signal.reason);
    await expect(cache.getMany(["d"], { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    await settle();
    expect([loads.begun, cache.table.size]).toEqual([["a", "b", "c"], 0]);
  });

  test("loads as many keys as it is asked for, whatever there is room for", async () => {
    const cache = new AsyncLru<number, number>({ max: 3, load: (key) => key });
    const keys = Array.from({ length: 100 }, (_, i) => i);
    expect(await cache.getMany(keys)).toEqual(keys);
    expectConsistent(cache, { max: 3 });
  });

  test.each([undefined, null, 5, {}, () => {}])("refuses the keys %o", async (keys) => {
    const cache = new AsyncLru<string, number>({ load: () => 1 });
    await expect(cache.getMany(keys as never)).rejects.toThrow(
      /^Cannot get values: "keys" must be an iterable, received /,
    );
  });
});

describe("prefetch()", () => {
  test("loads a key for those who will ask for it", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    expect(cache.prefetch("a")).toBeUndefined();
    await settle();
    expect([loads.begun, cache.stats().loading, cache.stats().misses]).toEqual([["a"], 1, 0]);
    const wait = cache.get("a");
    await loads.land("a", 1);
    expect([await wait, await cache.get("a"), loads.begun]).toEqual([1, 1, ["a"]]);
    expectConsistent(cache);
  });

  test("does nothing for a value that is fresh, and loads one that is not", () =>
    withVirtualClock(async () => {
      let loads = 0;
      const cache = new AsyncLru<string, number>({ ttlMs: 10, load: () => ++loads });
      await cache.get("a");
      cache.prefetch("a");
      await sleep(9);
      expect(loads).toBe(1);
      await sleep(1);
      cache.prefetch("a");
      cache.prefetch("a");
      await sleep(1);
      expect([loads, cache.peek("a")]).toEqual([2, 2]);
      expect(cache.stats()).toMatchObject({ hits: 0, misses: 1 });
    }));

  test("lets a load that is under way go on when those have left who waited for it", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const controller = new AbortController();
    const leaving = cache.get("a", { signal: controller.signal });
    await settle();
    cache.prefetch("a");
    controller.abort("gone");
    await expect(leaving).rejects.toBe("gone");
    const { scope, gate } = loads.take("a");
    expect(scope.cancelled).toBe(false);
    gate.resolve(1);
    await settle();
    expect(cache.peek("a")).toBe(1);
  });

  test("begins a load of its own beside one that is being cancelled", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const controller = new AbortController();
    void cache.get("a", { signal: controller.signal }).catch(() => {});
    await settle();
    controller.abort("gone");
    cache.prefetch("a");
    await settle();
    expect(loads.begun).toEqual(["a", "a"]);
    await loads.land("a", 1);
    expect(cache.has("a")).toBe(false);
    await loads.land("a", 2);
    expect(cache.peek("a")).toBe(2);
    expectConsistent(cache);
  });

  test("tells a failure as an event: it is no unhandled rejection, and nothing is kept", async () => {
    const events: unknown[] = [];
    const cache = new AsyncLru<string, number>({
      load: () => Promise.reject(new Error("down")),
      onEvent: ({ kind, error }) => events.push([kind, error]),
    });
    let unhandled: unknown[] = [];
    await reportsDuring(async () => {
      unhandled = await unhandledDuring(() => cache.prefetch("a"));
    });
    expect(unhandled).toEqual([]);
    expect(events).toEqual([
      ["load", undefined],
      ["failure", new Error("down")],
    ]);
    expectConsistent(cache);
  });
});

describe("refresh()", () => {
  test("loads a key anew; until then callers get what there is", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    cache.set("a", 1);
    const wait = cache.refresh("a");
    await settle();
    expect([loads.begun, await cache.get("a"), cache.peek("a")]).toEqual([["a"], 1, 1]);
    await loads.land("a", 2);
    expect([await wait, await cache.get("a")]).toEqual([2, 2]);
    expectConsistent(cache);
  });

  test("takes the place of a load that is under way, which writes nothing any more", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const old = cache.get("a");
    await settle();
    const anew = cache.refresh("a");
    await settle();
    expect(loads.begun).toEqual(["a", "a"]);
    await loads.land("a", 1);
    expect([await old, cache.has("a")]).toEqual([1, false]);
    const joining = cache.get("a");
    await loads.land("a", 2);
    expect([await anew, await joining, cache.peek("a"), loads.begun.length]).toEqual([2, 2, 2, 2]);
    expectConsistent(cache);
  });

  test("writes what the newer load gives, whichever ends first", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const old = cache.refresh("a");
    const anew = cache.refresh("a");
    await settle();
    const [first, second] = [loads.take("a"), loads.take("a")];
    second.gate.resolve(2);
    expect(await anew).toBe(2);
    first.gate.resolve(1);
    expect([await old, cache.peek("a")]).toEqual([1, 2]);
    expectConsistent(cache);
  });

  test("rejects when the load fails, and the value that there was stays", async () => {
    let broken = false;
    const cache = new AsyncLru<string, number>({
      load: () => {
        if (broken) throw new Error("down");
        return 1;
      },
    });
    await cache.get("a");
    broken = true;
    await expect(cache.refresh("a")).rejects.toThrow("down");
    expect(cache.peek("a")).toBe(1);
    await expect(cache.refresh("b")).rejects.toThrow("down");
    expect(cache.table.size).toBe(1);
    expectConsistent(cache);
  });

  test("is cancelled when all have left who wait for it, and the value stays", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    cache.set("a", 1);
    const controller = new AbortController();
    const wait = cache.refresh("a", { signal: controller.signal });
    await settle();
    controller.abort("gone");
    await expect(wait).rejects.toBe("gone");
    const { scope, gate } = loads.take("a");
    expect(scope.cancelled).toBe(true);
    gate.reject(scope.signal.reason);
    await settle();
    expect([cache.peek("a"), cache.stats().failures, cache.stats().loading]).toEqual([1, 0, 0]);
    expectConsistent(cache);
  });

  test("does nothing when its signal has aborted: a load that is under way writes its value", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const wait = cache.get("a");
    await settle();
    await expect(cache.refresh("a", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    await expect(cache.refresh("a", { signal: 5 as never })).rejects.toThrow(TypeError);
    await expect(cache.refresh("b", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    await loads.land("a", 1);
    expect([await wait, cache.peek("a"), loads.begun]).toEqual([1, 1, ["a"]]);
    expectConsistent(cache);
  });
});
