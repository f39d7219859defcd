import { describe, expect, test } from "vitest";
import { AsyncLru, type AsyncLruOptions, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

/** A cache whose loads take 10 ms and give their number, or fail with it. */
function slow(options: AsyncLruOptions<string, number> = {}): {
  readonly cache: AsyncLru<string, number>;
  readonly state: { loads: number; broken: boolean };
} {
  const state = { loads: 0, broken: false };
  const cache = new AsyncLru<string, number>({
    ttlMs: 100,
    load: async (_key, { signal }) => {
      const load = ++state.loads;
      await sleep(10, { signal });
      if (state.broken) throw new Error(`load ${load}`);
      return load;
    },
    ...options,
  });
  return { cache, state };
}

describe("staleWhileRevalidateMs", () => {
  test("gives the old value at once, and makes one load behind all who ask", () =>
    withVirtualClock(async (clock) => {
      const { cache, state } = slow({ staleWhileRevalidateMs: 50 });
      await cache.get("a");
      await sleep(100);
      const before = clock.now();
      const values = await Promise.all(Array.from({ length: 10 }, () => cache.get("a")));
      expect([new Set(values), clock.now()]).toEqual([new Set([1]), before]);
      await sleep(9);
      expect(await cache.get("a")).toBe(1);
      expect(state.loads).toBe(2);
      await sleep(2);
      expect(await cache.get("a")).toBe(2);
      expect(cache.stats()).toMatchObject({ hits: 1, staleHits: 11, misses: 1, loads: 2 });
      expectConsistent(cache);
    }));

  test("ends at its edge: from then on callers wait", () =>
    withVirtualClock(async (clock) => {
      const { cache, state } = slow({ staleWhileRevalidateMs: 50 });
      cache.set("a", 7);
      await sleep(149);
      expect(await cache.get("a")).toBe(7);
      await sleep(20);
      expect(cache.peek("a")).toBe(1);
      cache.set("a", 7);
      await sleep(150);
      const before = clock.now();
      expect(await cache.get("a")).toBe(2);
      expect([clock.now() - before, state.loads]).toEqual([10, 2]);
    }));

  test("gives the old value without an end if it is Infinity", () =>
    withVirtualClock(async () => {
      const { cache } = slow({ staleWhileRevalidateMs: Infinity });
      await cache.get("a");
      await sleep(1e9);
      expect(await cache.get("a")).toBe(1);
    }));

  test("keeps the old value when the load fails, and the next who asks loads again", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleWhileRevalidateMs: 1_000 });
      await cache.get("a");
      state.broken = true;
      await sleep(100);
      for (const loads of [2, 3]) {
        expect(await cache.get("a")).toBe(1);
        await sleep(20);
        expect(state.loads).toBe(loads);
      }
      state.broken = false;
      await cache.get("a");
      await sleep(20);
      expect(await cache.get("a")).toBe(4);
      expect(cache.stats()).toMatchObject({ failures: 2, staleHits: 3 });
      expectConsistent(cache);
    }));

  test("lets the load go on when the one who asked is cancelled", () =>
    withVirtualClock(async () => {
      const { cache } = slow({ staleWhileRevalidateMs: 1_000 });
      await cache.get("a");
      await sleep(100);
      const controller = new AbortController();
      expect(await cache.get("a", { signal: controller.signal })).toBe(1);
      controller.abort();
      await sleep(20);
      expect(cache.peek("a")).toBe(2);
    }));

  test("joins a load that a caller waits for, which goes on when that one leaves", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleWhileRevalidateMs: 1_000 });
      await cache.get("a");
      await sleep(100);
      const controller = new AbortController();
      const refreshing = cache.refresh("a", { signal: controller.signal });
      await sleep(1);
      expect(await cache.get("a")).toBe(1);
      controller.abort("gone");
      await expect(refreshing).rejects.toBe("gone");
      await sleep(20);
      expect([cache.peek("a"), state.loads]).toEqual([2, 2]);
    }));

  test("counts for no value that was invalidated", () =>
    withVirtualClock(async () => {
      const { cache } = slow({ staleWhileRevalidateMs: 1_000 });
      await cache.get("a");
      await sleep(100);
      cache.delete("a");
      expect(await cache.get("a")).toBe(2);
    }));

  test("is not so by default", () =>
    withVirtualClock(async () => {
      const { cache } = slow();
      await cache.get("a");
      await sleep(100);
      expect(await cache.get("a")).toBe(2);
      expect(cache.stats().staleHits).toBe(0);
    }));

  test("shows no old value to peek(), has(), entries() and dump()", () =>
    withVirtualClock(async () => {
      const { cache } = slow({ staleWhileRevalidateMs: 1_000 });
      await cache.get("a");
      await sleep(100);
      expect([cache.peek("a"), cache.has("a"), cache.size]).toEqual([undefined, false, 1]);
      expect([[...cache.entries()], cache.dump().entries]).toEqual([[], []]);
    }));

  test("makes an old value that is asked for younger than those that are not", () =>
    withVirtualClock(async () => {
      const { cache } = slow({ staleWhileRevalidateMs: 1_000, max: 2 });
      cache.set("a", 1);
      cache.set("b", 2);
      await sleep(100);
      expect(await cache.get("a")).toBe(1);
      cache.set("c", 3);
      expect(await cache.get("a")).toBe(1);
    }));

  test("tells the load the old value", () =>
    withVirtualClock(async () => {
      const seen: unknown[] = [];
      const { cache } = slow({
        staleWhileRevalidateMs: 1_000,
        load: (_key, _scope, keeping) => seen.push(keeping.previous),
      });
      await cache.get("a");
      await sleep(100);
      await cache.get("a");
      await sleep(1);
      expect(seen).toEqual([undefined, 1]);
    }));
});

describe("staleIfErrorMs", () => {
  test("gives all who waited the old value in place of the failure", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleIfErrorMs: 50 });
      await cache.get("a");
      state.broken = true;
      await sleep(100);
      expect(await Promise.all([cache.get("a"), cache.get("a")])).toEqual([1, 1]);
      expect(cache.stats()).toMatchObject({ failures: 1, misses: 3, loads: 2, staleHits: 0 });
      expectConsistent(cache);
    }));

  test("ends at its edge, which counts when the load has ended", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleIfErrorMs: 50 });
      state.broken = true;
      cache.set("a", 1);
      await sleep(139);
      expect(await cache.get("a")).toBe(1);
      cache.set("a", 1);
      await sleep(140);
      await expect(cache.get("a")).rejects.toThrow("load 2");
    }));

  test("keeps the old value in its place, for the next failure", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleIfErrorMs: Infinity });
      await cache.get("a");
      state.broken = true;
      await sleep(1e9);
      expect([await cache.get("a"), await cache.get("a")]).toEqual([1, 1]);
      expect([state.loads, cache.has("a"), cache.size]).toEqual([3, false, 1]);
      state.broken = false;
      expect(await cache.get("a")).toBe(4);
      expectConsistent(cache);
    }));

  test("gives no value that was invalidated meanwhile, in whatever way", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleIfErrorMs: Infinity, tagsOf: () => ["t"] });
      const ways: (() => unknown)[] = [
        () => cache.delete("a"),
        () => cache.clear(),
        () => cache.deleteTag("t"),
        () => cache.deleteWhere((_, key) => key === "a"),
      ];
      for (const invalidate of ways) {
        state.broken = false;
        await cache.get("a");
        await sleep(100);
        state.broken = true;
        const wait = cache.get("a");
        await sleep(5);
        invalidate();
        await expect(wait).rejects.toThrow(`load ${state.loads}`);
        expect([cache.size, cache.table.size]).toEqual([0, 0]);
      }
      expectConsistent(cache);
    }));

  test("gives the value that was set meanwhile", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleIfErrorMs: Infinity });
      state.broken = true;
      const wait = cache.get("a");
      await sleep(5);
      cache.set("a", 7);
      expect([await wait, cache.peek("a")]).toEqual([7, 7]);
    }));

  test("gives no value in place of a cancellation", () =>
    withVirtualClock(async () => {
      const { cache } = slow({ staleIfErrorMs: Infinity });
      await cache.get("a");
      await sleep(100);
      const controller = new AbortController();
      const wait = cache.get("a", { signal: controller.signal });
      await sleep(1);
      controller.abort("gone");
      await expect(wait).rejects.toBe("gone");
      await sleep(1);
      expect([cache.size, cache.stats().failures, cache.stats().loading]).toEqual([1, 0, 0]);
      expectConsistent(cache);
    }));

  test("holds for refresh(), too: there it gives what is fresh", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleIfErrorMs: 0 });
      await cache.get("a");
      state.broken = true;
      expect(await cache.refresh("a")).toBe(1);
      await sleep(80);
      // It is over when the load is.
      await expect(cache.refresh("a")).rejects.toThrow("load 3");
    }));

  test("is not so by default, and not even for a value that is fresh", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow();
      await cache.get("a");
      state.broken = true;
      await expect(cache.refresh("a")).rejects.toThrow("load 2");
      expect(cache.peek("a")).toBe(1);
      await sleep(100);
      await expect(cache.get("a")).rejects.toThrow("load 3");
    }));

  test("does not help where there was no value", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ staleIfErrorMs: Infinity });
      state.broken = true;
      await expect(cache.get("a")).rejects.toThrow("load 1");
      expect(cache.table.size).toBe(0);
    }));
});

describe("refreshAheadMs", () => {
  test("loads behind the callers what is asked for shortly before its end, once", () =>
    withVirtualClock(async (clock) => {
      const { cache, state } = slow({ refreshAheadMs: 30 });
      await cache.get("a");
      await sleep(69);
      expect(await cache.get("a")).toBe(1);
      await sleep(0);
      expect(state.loads).toBe(1);
      await sleep(1);
      const before = clock.now();
      expect(await Promise.all([cache.get("a"), cache.get("a")])).toEqual([1, 1]);
      expect(clock.now()).toBe(before);
      await sleep(11);
      expect([await cache.get("a"), state.loads]).toEqual([2, 2]);
      expect(cache.stats()).toMatchObject({ hits: 4, staleHits: 0, misses: 1, loads: 2 });
      expectConsistent(cache);
    }));

  test("lets the value be when the load fails, until its time is over", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ refreshAheadMs: 30 });
      await cache.get("a");
      state.broken = true;
      await sleep(70);
      await cache.get("a");
      await sleep(20);
      expect(await cache.get("a")).toBe(1);
      await sleep(10);
      await expect(cache.get("a")).rejects.toThrow();
      expectConsistent(cache);
    }));

  test("loads nothing that nobody asks for, and nothing that has no end", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({ refreshAheadMs: 30 });
      await cache.get("a");
      cache.set("endless", 1, { ttlMs: Infinity });
      await sleep(80);
      cache.peek("a");
      cache.has("a");
      await cache.get("endless");
      await sleep(15);
      expect(state.loads).toBe(1);
    }));

  test("does not write when the key was deleted meanwhile", () =>
    withVirtualClock(async () => {
      const { cache } = slow({ refreshAheadMs: 30 });
      await cache.get("a");
      await sleep(80);
      await cache.get("a");
      await sleep(5);
      cache.delete("a");
      await sleep(20);
      expect([cache.size, cache.table.size]).toEqual([0, 0]);
    }));

  test("loads no failure ahead that is kept", () =>
    withVirtualClock(async () => {
      const { cache, state } = slow({
        refreshAheadMs: 1_000,
        negativeTtlMs: 100,
        isNegative: ({ status }) => status === "rejected",
      });
      state.broken = true;
      await expect(cache.get("a")).rejects.toThrow("load 1");
      await sleep(50);
      await expect(cache.get("a")).rejects.toThrow("load 1");
      await sleep(20);
      expect(state.loads).toBe(1);
    }));
});

test("a key whose value was given in place of a failure goes when that is evicted", async () => {
  const loads = new GatedLoads<string, number>();
  const cache = new AsyncLru<string, number>({ max: 1, staleIfErrorMs: 10, load: loads.load });
  cache.set("a", 1);
  const wait = cache.refresh("a");
  await loads.fail("a", new Error("no"));
  expect(await wait).toBe(1);
  cache.set("b", 2);
  expect([cache.size, cache.table.size]).toEqual([1, 1]);
});
