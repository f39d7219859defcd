import { describe, expect, test } from "vitest";
import { AsyncLru, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { LoadTimes } from "../../src/cache/load-times.ts";
import { settle } from "../support/settle.ts";
import { GatedLoads } from "./gated-loads.ts";

/** The powers of ten that are next to the figures. */
function magnitudes(times: LoadTimes): number[] {
  const { p50, p90, p99 } = times.stats();
  return [p50, p90, p99].map((figure) => 10 ** Math.round(Math.log10(figure)));
}

describe("stats()", () => {
  test("has nothing but zeros at first, and is frozen", () => {
    const stats = new AsyncLru().stats();
    expect(stats).toEqual({
      size: 0,
      totalSize: 0,
      hits: 0,
      staleHits: 0,
      misses: 0,
      loads: 0,
      failures: 0,
      evictions: 0,
      loading: 0,
      loadMs: { p50: 0, p90: 0, p99: 0 },
    });
    expect([Object.isFrozen(stats), Object.isFrozen(stats.loadMs)]).toEqual([true, true]);
  });

  test("counts hits, stale hits, misses, loads, failures and evictions", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<string, string>({
        max: 2,
        ttlMs: 10,
        staleWhileRevalidateMs: 10,
        load: async (key) => {
          if (key === "bad") throw new Error("down");
          return key;
        },
      });
      await Promise.all([cache.get("a"), cache.get("a")]);
      expect(cache.stats()).toMatchObject({ misses: 2, loads: 1, hits: 0 });
      await cache.get("a");
      await cache.lease("a");
      await cache.getMany(["a", "b"]);
      expect(cache.stats()).toMatchObject({ misses: 3, loads: 2, hits: 3, size: 2, evictions: 0 });
      await cache.get("bad").catch(() => {});
      expect(cache.stats()).toMatchObject({ misses: 4, loads: 3, failures: 1, evictions: 0 });
      cache.prefetch("c");
      await sleep(10);
      expect(cache.stats()).toMatchObject({ misses: 4, loads: 4, evictions: 1, size: 2 });
      await cache.get("b");
      await sleep(1);
      expect(cache.stats()).toMatchObject({ hits: 3, staleHits: 1, misses: 4, loads: 5 });
      await cache.refresh("b");
      expect(cache.stats()).toMatchObject({ hits: 3, staleHits: 1, misses: 4, loads: 6 });
    }));

  test("counts what is said of values that are set as neither, and deletions as no evictions", () => {
    const cache = new AsyncLru<string, number>();
    cache.set("a", 1);
    cache.set("a", 2);
    cache.delete("a");
    cache.set("b", 1);
    cache.clear();
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, loads: 0, evictions: 0 });
  });

  test("tells how many loads are under way, those included that write nothing any more", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    const waits = [cache.get("a"), cache.get("b"), cache.get("a")];
    expect(cache.stats().loading).toBe(2);
    await settle();
    cache.delete("a");
    expect(cache.stats()).toMatchObject({ loading: 2, size: 0 });
    waits.push(cache.get("a"));
    expect(cache.stats().loading).toBe(3);
    await loads.land("a", 1);
    expect(cache.stats().loading).toBe(2);
    await Promise.all([
      expect(waits[1]).rejects.toThrow("down"),
      loads.fail("b", new Error("down")),
    ]);
    await loads.land("a", 2);
    expect([await waits[0], await waits[3], cache.stats().loading]).toEqual([1, 2, 0]);
  });

  test("does not count a load that was cancelled as a failure", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<string, number>({
        load: (_key, { signal }) => sleep(1_000, { signal }).then(() => 1),
      });
      const controller = new AbortController();
      const wait = cache.get("a", { signal: controller.signal });
      await sleep(1);
      controller.abort("gone");
      await expect(wait).rejects.toBe("gone");
      await sleep(1);
      expect(cache.stats()).toMatchObject({ failures: 0, misses: 1, loads: 1, loading: 0 });
    }));
});

describe("loadMs", () => {
  test("leaves out loads that were cancelled", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<string, number>({
        load: (_key, { signal }) => sleep(1_000, { signal }).then(() => 1),
      });
      const controller = new AbortController();
      for (const key of ["a", "b", "c"]) {
        void cache.get(key, { signal: controller.signal }).catch(() => {});
      }
      await sleep(1);
      const late = cache.get("d", { signal: controller.signal });
      controller.abort("gone");
      await expect(late).rejects.toBe("gone");
      await sleep(1);
      expect(cache.stats()).toMatchObject({ loads: 4, loading: 0, loadMs: { p99: 0 } });
      await cache.get("a");
      expect(cache.stats().loadMs.p50).toBeGreaterThan(900);
    }));

  test("tells how long loads took, failed ones included", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<number, number>({
        load: async (key) => {
          await sleep(key);
          if (key % 2 === 0) throw new Error("even");
          return key;
        },
      });
      await Promise.allSettled(Array.from({ length: 100 }, (_, i) => cache.get(i + 1)));
      const { p50, p90, p99 } = cache.stats().loadMs;
      for (const [figure, exact] of [
        [p50, 50],
        [p90, 90],
        [p99, 99],
      ] as const) {
        expect(Math.abs(figure / exact - 1)).toBeLessThan(0.1);
      }
    }));

  test.each([0.02, 0.1, 1, 7, 100, 12_345, 86_400_000])("is within a tenth of %d", (ms) => {
    const times = new LoadTimes();
    times.add(ms);
    const { p50, p99 } = times.stats();
    expect(Math.abs(p50 / ms - 1)).toBeLessThan(0.1);
    expect(p99).toBe(p50);
  });

  test("is the time that so many of a hundred did not exceed", () => {
    const times = new LoadTimes();
    for (let i = 0; i < 100; i++) times.add(i < 50 ? 1 : i < 90 ? 10 : i < 99 ? 100 : 1_000);
    expect(magnitudes(times)).toEqual([1, 10, 100]);
    times.add(1_000);
    expect(magnitudes(times)).toEqual([10, 100, 1_000]);
  });

  test("takes what took no time, or less than none between two clocks, for nothing", () => {
    const times = new LoadTimes();
    for (const ms of [0, -5, -1e9, 1e-9]) times.add(ms);
    expect(times.stats()).toEqual({ p50: 0, p90: 0, p99: 0 });
    times.add(8);
    const { p50, p99 } = times.stats();
    expect([p50, p99 > 7 && p99 < 9]).toEqual([0, true]);
  });
});
