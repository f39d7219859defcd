import { describe, expect, test } from "vitest";
import { AsyncLru, type AsyncLruOptions, type CacheLease, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { settle } from "../support/settle.ts";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

/** A cache of numbers that logs what it disposes; its loads are gated unless told otherwise. */
function leasing(options: AsyncLruOptions<string, number> = {}): {
  readonly cache: AsyncLru<string, number>;
  readonly loads: GatedLoads<string, number>;
  readonly log: string[];
} {
  const log: string[] = [];
  const loads = new GatedLoads<string, number>();
  const cache = new AsyncLru<string, number>({
    load: loads.load,
    dispose: (value, key, reason) => log.push(`${key}${value} ${reason}`),
    ...options,
  });
  return { cache, loads, log };
}

describe("lease()", () => {
  test("gives what there is, and what is loaded", async () => {
    const { cache, loads } = leasing();
    cache.set("a", 1);
    expect((await cache.lease("a")).value).toBe(1);
    const wait = cache.lease("b");
    await loads.land("b", 2);
    expect((await wait).value).toBe(2);
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 1, loads: 1 });
    expectConsistent(cache);
  });

  test("holds a value back from disposal until it is released, in whatever way it goes", async () => {
    const ways: [string, (cache: AsyncLru<string, number>) => unknown][] = [
      ["deleted", (cache) => cache.delete("a")],
      ["deleted", (cache) => cache.clear()],
      ["deleted", (cache) => cache.deleteWhere(() => true)],
      ["deleted", (cache) => cache.deleteTag("t")],
      ["replaced", (cache) => cache.set("a", 2)],
      ["replaced", (cache) => cache.set("a", 2, { ttlMs: 0 })],
      ["evicted", (cache) => cache.set("b", 2)],
    ];
    for (const [reason, letGo] of ways) {
      const { cache, log } = leasing({ max: 1, tagsOf: () => ["t"] });
      cache.set("a", 1);
      const lease = await cache.lease("a");
      letGo(cache);
      expect(log.filter((line) => line.startsWith("a1"))).toEqual([]);
      expect(lease.value).toBe(1);
      lease.release();
      expect(log.filter((line) => line.startsWith("a1"))).toEqual([`a1 ${reason}`]);
      lease.release();
      expect(log.filter((line) => line.startsWith("a1"))).toHaveLength(1);
      expectConsistent(cache, { max: 1 });
    }
  });

  test("is counted: the value is disposed when the last has released it", async () => {
    const { cache, log } = leasing();
    cache.set("a", 1);
    const leases = await Promise.all([cache.lease("a"), cache.lease("a"), cache.lease("a")]);
    cache.delete("a");
    // The same one again does not count.
    for (let i = 0; i < 3; i++) leases[0].release();
    leases[1].release();
    expect(log).toEqual([]);
    leases[2].release();
    expect(log).toEqual(["a1 deleted"]);
  });

  test("disposes nothing that is in the cache still", async () => {
    const { cache, log } = leasing();
    cache.set("a", 1);
    (await cache.lease("a")).release();
    (await cache.lease("a")).release();
    expect([log, cache.peek("a")]).toEqual([[], 1]);
    cache.delete("a");
    expect(log).toEqual(["a1 deleted"]);
  });

  test("holds its own value, and not the one that takes its place", async () => {
    const { cache, log } = leasing();
    cache.set("a", 1);
    const first = await cache.lease("a");
    cache.set("a", 2);
    const second = await cache.lease("a");
    cache.set("a", 3);
    cache.delete("a");
    expect(log.splice(0)).toEqual(["a3 deleted"]);
    second.release();
    expect([log.splice(0), first.value, second.value]).toEqual([["a2 replaced"], 1, 2]);
    first.release();
    expect(log).toEqual(["a1 replaced"]);
  });

  test("goes on holding a value that is put in its own place", async () => {
    const { cache, log } = leasing();
    cache.set("a", 1);
    const lease = await cache.lease("a");
    cache.set("a", 1);
    cache.delete("a");
    expect(log).toEqual([]);
    lease.release();
    expect(log).toEqual(["a1 deleted"]);
  });

  test("is released at the end of a block by `using`", async () => {
    const { cache, log } = leasing();
    cache.set("a", 1);
    {
      using lease = await cache.lease("a");
      cache.delete("a");
      expect([lease.value, log]).toEqual([1, []]);
    }
    expect(log).toEqual(["a1 deleted"]);
  });

  test("rejects as get() does, and holds nothing", async () => {
    const { cache, loads, log } = leasing({ staleWhileRevalidateMs: 100 });
    const failing = cache.lease("a");
    await Promise.all([
      expect(failing).rejects.toThrow("down"),
      loads.fail("a", new Error("down")),
    ]);
    cache.set("a", 1);
    const signal = AbortSignal.abort("no");
    await expect(cache.lease("a", { signal })).rejects.toBe("no");
    await expect(cache.lease("b", { signal })).rejects.toBe("no");
    await expect(cache.lease("a", { signal: {} as never })).rejects.toThrow(TypeError);
    await expect(cache.lease("a", 5 as never)).rejects.toThrow(
      'Cannot lease a value: "options" must be an object, received 5',
    );
    cache.delete("a");
    expect(log).toEqual(["a1 deleted"]);
    expectConsistent(cache);
  });

  test("holds nothing of a failure that is kept", async () => {
    const { cache } = leasing({
      negativeTtlMs: 100,
      isNegative: () => true,
      load: () => Promise.reject(new Error("kept")),
    });
    await expect(cache.lease("a")).rejects.toThrow("kept");
    await expect(cache.lease("a")).rejects.toThrow("kept");
    expect(cache.stats()).toMatchObject({ hits: 1, loads: 1 });
  });

  test("holds an old value that is given while it is loaded anew", () =>
    withVirtualClock(async () => {
      const { cache, log } = leasing({
        ttlMs: 10,
        staleWhileRevalidateMs: 100,
        load: () => 2,
      });
      cache.set("a", 1);
      await sleep(20);
      const lease = await cache.lease("a");
      await sleep(1);
      expect([lease.value, cache.peek("a"), log]).toEqual([1, 2, []]);
      lease.release();
      expect(log).toEqual(["a1 replaced"]);
    }));

  test("holds an old value of which the load lets go in its first step", () =>
    withVirtualClock(async () => {
      const ways: [string, (cache: AsyncLru<string, number>) => unknown][] = [
        ["deleted", (cache) => cache.delete("a")],
        ["deleted", (cache) => cache.clear()],
        ["replaced", (cache) => cache.set("a", 3)],
        ["evicted", (cache) => cache.set("b", 3)],
      ];
      for (const [reason, letGo] of ways) {
        for (const ages of [{ refreshAheadMs: 100 }, { staleWhileRevalidateMs: 100 }]) {
          const { cache, log } = leasing({
            max: 1,
            ttlMs: 10,
            ...ages,
            load: () => {
              letGo(cache);
              return 2;
            },
          });
          cache.set("a", 1);
          if ("staleWhileRevalidateMs" in ages) await sleep(20);
          const lease = await cache.lease("a");
          await settle();
          expect([lease.value, log.filter((line) => line.startsWith("a1"))]).toEqual([1, []]);
          lease.release();
          expect(log.filter((line) => line.startsWith("a1"))).toEqual([`a1 ${reason}`]);
          expectConsistent(cache, { max: 1 });
        }
      }
    }));

  test("holds an old value that is given in place of a failure", () =>
    withVirtualClock(async () => {
      const { cache, log } = leasing({
        ttlMs: 10,
        staleIfErrorMs: 100,
        load: () => Promise.reject(new Error("down")),
      });
      cache.set("a", 1);
      await sleep(20);
      const lease = await cache.lease("a");
      cache.delete("a");
      expect([lease.value, log]).toEqual([1, []]);
      lease.release();
      expect(log).toEqual(["a1 deleted"]);
    }));
});

describe("a lease that was waited for", () => {
  test("holds the value from the moment on at which it is there", async () => {
    const { cache, loads, log } = leasing({ max: 1 });
    const first = cache.lease("a");
    const second = cache.lease("a");
    await settle();
    const { gate } = loads.take("a");
    const b = cache.get("b");
    await settle();
    const other = loads.take("b");
    // Both come in the same turn: b lets a go before anybody who waits for a has heard of it.
    gate.resolve(1);
    other.gate.resolve(2);
    const leases = await Promise.all([first, second]);
    await b;
    expect([leases.map(({ value }) => value), cache.has("a"), log]).toEqual([[1, 1], false, []]);
    leases[0].release();
    expect(log).toEqual([]);
    leases[1].release();
    expect(log).toEqual(["a1 evicted"]);
    expectConsistent(cache, { max: 1 });
  });

  test("holds it even if it is let go in the step in which it came", async () => {
    const ways: [string, (cache: AsyncLru<string, number>) => unknown][] = [
      ["deleted", (cache) => cache.delete("a")],
      ["deleted", (cache) => cache.clear()],
      ["evicted", (cache) => cache.set("c", 3)],
      ["replaced", (cache) => cache.set("a", 3)],
    ];
    for (const [reason, letGo] of ways) {
      const log: string[] = [];
      const cache: AsyncLru<string, number> = new AsyncLru<string, number>({
        max: 1,
        load: () => 1,
        dispose: (value, key, why) => {
          log.push(`${key}${value} ${why}`);
          // Called when the value of a has just been written: it has taken the place of b.
          if (key === "b") letGo(cache);
        },
      });
      cache.set("b", 2);
      const lease = await cache.lease("a");
      expect([lease.value, log.splice(0)]).toEqual([1, ["b2 evicted"]]);
      lease.release();
      expect(log).toEqual([`a1 ${reason}`]);
      expectConsistent(cache, { max: 1 });
    }
  });

  test("holds a value that is not kept, which is disposed when all have released it", async () => {
    const { cache, loads, log } = leasing();
    const waits = [cache.lease("a"), cache.lease("a")];
    await settle();
    cache.delete("a");
    await loads.land("a", 1);
    const leases = await Promise.all(waits);
    expect([leases.map(({ value }) => value), log]).toEqual([[1, 1], []]);
    leases[1]!.release();
    leases[1]!.release();
    expect(log).toEqual([]);
    leases[0]!.release();
    expect(log).toEqual(["a1 unkept"]);
  });

  test("holds what its load gives, and nothing else that was put in place meanwhile", async () => {
    for (const [given, held] of [
      [undefined as never, false],
      [2, false],
      [1, true],
    ] as const) {
      const { cache, loads, log } = leasing();
      const wait = cache.lease("a");
      cache.set("a", 1);
      await loads.land("a", given);
      const lease = await wait;
      expect(lease.value).toBe(given);
      cache.delete("a");
      expect(log.filter((line) => line.startsWith("a1"))).toEqual(held ? [] : ["a1 deleted"]);
      lease.release();
      expect(log.filter((line) => line.startsWith("a1"))).toEqual(["a1 deleted"]);
      expect(log.filter((line) => line.startsWith("a2"))).toHaveLength(given === 2 ? 1 : 0);
      expectConsistent(cache);
    }
  });

  test("leaves nothing behind when it was cancelled before the value came", async () => {
    const { cache, loads, log } = leasing();
    const controller = new AbortController();
    const leaving = cache.lease("a", { signal: controller.signal });
    const staying = cache.lease("a");
    await settle();
    controller.abort("gone");
    await expect(leaving).rejects.toBe("gone");
    await loads.land("a", 1);
    const lease = await staying;
    cache.delete("a");
    expect(log).toEqual([]);
    lease.release();
    expect(log).toEqual(["a1 deleted"]);
  });

  test("leaves nothing behind when it was cancelled as the value came", async () => {
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const { cache, loads, log } = leasing();
      const controller = new AbortController();
      const wait: Promise<CacheLease<number>> = cache.lease("a", { signal: controller.signal });
      // Somebody else waits, too, so that the load is not cancelled.
      const other = cache.get("a");
      await settle();
      loads.take("a").gate.resolve(1);
      for (let i = 0; i < microtasks; i++) await Promise.resolve();
      controller.abort("gone");
      const lease = await wait.catch(() => undefined);
      await other;
      cache.delete("a");
      expect(log).toEqual(lease === undefined ? ["a1 deleted"] : []);
      lease?.release();
      expect(log).toEqual(["a1 deleted"]);
    }
  });

  test("is cancelled alone with the load, whose value is then disposed", async () => {
    const { cache, loads, log } = leasing();
    const controller = new AbortController();
    const wait = cache.lease("a", { signal: controller.signal });
    await settle();
    const { scope, gate } = loads.take("a");
    controller.abort("gone");
    await expect(wait).rejects.toBe("gone");
    expect(scope.cancelled).toBe(true);
    cache.delete("a");
    gate.resolve(1);
    await settle();
    expect([log, cache.table.size]).toEqual([["a1 unkept"], 0]);
  });

  test("counts with those that have come before the load had ended, and after", async () => {
    const { cache, loads, log } = leasing();
    const before = cache.lease("a");
    await loads.land("a", 1);
    const after = await cache.lease("a");
    cache.delete("a");
    after.release();
    expect(log).toEqual([]);
    (await before).release();
    expect(log).toEqual(["a1 deleted"]);
  });
});

test("a lease that is not waited for is no unhandled rejection's cause, and not given back by itself", async () => {
  const { cache, log } = leasing();
  cache.set("a", 1);
  void cache.lease("a");
  await settle();
  cache.delete("a");
  await settle();
  expect(log).toEqual([]);
});
