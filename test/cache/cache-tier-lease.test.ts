import { describe, expect, test } from "vitest";
import { AsyncLru, type CacheTier, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { MemoryTier } from "./memory-tier.ts";

interface Processes {
  readonly memory: MemoryTier<string>;
  readonly tier: CacheTier<string, string>;
  readonly caches: AsyncLru<string, string>[];
  /** Who has loaded, in order. */
  readonly loads: number[];
}

/** Processes that share a tier with leases of 1,000 ms; each load takes 50 ms. */
function processes(count: number, load: (process: number) => unknown = () => undefined): Processes {
  const memory = new MemoryTier<string>();
  const tier = memory.withLeases();
  const loads: number[] = [];
  const caches = Array.from(
    { length: count },
    (_, process) =>
      new AsyncLru<string, string>({
        tier,
        tierLeaseMs: 1_000,
        load: async (key, scope) => {
          loads.push(process);
          await load(process);
          await sleep(50, at(scope));
          return `${key} of ${process}`;
        },
      }),
  );
  return { memory, tier, caches, loads };
}

describe("processes that ask for a key at the same time", () => {
  test("load it once", () =>
    withVirtualClock(async (clock) => {
      const { caches, loads, memory } = processes(3);
      const values = await Promise.all(caches.map((cache) => cache.get("a")));
      expect(values).toEqual(["a of 0", "a of 0", "a of 0"]);
      expect(loads).toEqual([0]);
      // 10, 20, 40 and 80 ms apart they look for it.
      expect(clock.now()).toBe(70);
      expect(memory.leases.size).toBe(0);
    }));

  test("load different keys each", () =>
    withVirtualClock(async (clock) => {
      const { caches } = processes(2);
      const values = await Promise.all([caches[0]!.get("a"), caches[1]!.get("b")]);
      expect([values, clock.now()]).toEqual([["a of 0", "b of 1"], 50]);
    }));

  test("load it one after the other while it fails", () =>
    withVirtualClock(async () => {
      const { caches, loads } = processes(3, (process) => {
        if (process === 0) throw new RangeError("fails");
      });
      const calls = await Promise.allSettled(caches.map((cache) => cache.get("a")));
      expect(calls.map((call) => call.status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
      expect(loads).toHaveLength(2);
    }));

  test("find what another one has loaded between their two looks", () =>
    withVirtualClock(async () => {
      const { caches, memory, loads } = processes(1);
      memory.before = (operation) => {
        if (operation === "lease") memory.put("a", "of another process");
      };
      expect(await caches[0]!.get("a")).toBe("of another process");
      await caches[0]!.settled();
      expect([loads, memory.leases.size]).toEqual([[], 0]);
    }));

  test("look less and less often, at least twice a second", () =>
    withVirtualClock(async (clock) => {
      const { caches, memory } = processes(1);
      memory.leases.set("a", { until: Infinity });
      const looks: number[] = [];
      memory.before = (operation) => {
        if (operation === "get") looks.push(clock.now());
      };
      expect(await caches[0]!.get("a")).toBe("a of 0");
      expect(looks).toEqual([0, 10, 30, 70, 150, 310, 630, 1_130, 1_630, 2_000]);
    }));
});

describe("a process that holds the lease and dies", () => {
  test("is replaced by one of the others when the lease has ended", () =>
    withVirtualClock(async (clock) => {
      const { caches, memory, loads } = processes(3);
      memory.leases.set("a", { until: 1_000 });
      const values = await Promise.all(caches.map((cache) => cache.get("a")));
      expect(new Set(values).size).toBe(1);
      expect(loads).toHaveLength(1);
      expect(clock.now()).toBeGreaterThan(1_000);
      expect(clock.now()).toBeLessThan(2_000);
    }));

  test("is not waited for twice", () =>
    withVirtualClock(async (clock) => {
      const { caches, memory, loads } = processes(2);
      memory.leases.set("a", { until: Infinity });
      await Promise.all(caches.map((cache) => cache.get("a")));
      expect([clock.now(), loads]).toEqual([2_050, [0, 1]]);
    }));
});

describe("a lease", () => {
  test("is for as long as the options say, 10 s by default", () =>
    withVirtualClock(async () => {
      const asked: number[] = [];
      const tier: CacheTier<string, string> = {
        get: () => undefined,
        set: () => {},
        delete: () => {},
        lease: (_key, { leaseMs, signal }) => {
          expect(signal).toBeInstanceOf(AbortSignal);
          asked.push(leaseMs);
          return () => {};
        },
      };
      for (const tierLeaseMs of [undefined, 70]) {
        await new AsyncLru<string, string>({ tier, tierLeaseMs, load: (key) => key }).get("a");
      }
      expect(asked).toEqual([10_000, 70]);
    }));

  test("is released after the value is written", () =>
    withVirtualClock(async () => {
      const { caches, memory } = processes(1);
      const gate = deferred();
      memory.before = (operation) => (operation === "set" ? gate.promise : undefined);
      await caches[0]!.get("a");
      await sleep(10);
      expect(memory.leases.size).toBe(1);
      gate.resolve();
      await caches[0]!.settled();
      expect(memory.log).toEqual(["get a", "lease a", "get a", "set a", "release a"]);
      expect(memory.leases.size).toBe(0);
    }));

  test("is released after a failure", () =>
    withVirtualClock(async () => {
      const { caches, memory } = processes(1, () => {
        throw new RangeError("fails");
      });
      await expect(caches[0]!.get("a")).rejects.toThrow("fails");
      await caches[0]!.settled();
      expect(memory.log).toEqual(["get a", "lease a", "get a", "release a"]);
    }));

  test("is released when the load was cancelled", () =>
    withVirtualClock(async () => {
      const { caches, memory, loads } = processes(1);
      const call = timeout(20, (scope) => caches[0]!.get("a", at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      await caches[0]!.settled();
      await sleep(1);
      expect([loads, memory.log.at(-1), memory.leases.size]).toEqual([[0], "release a", 0]);
    }));

  test("is released if the load was cancelled before it was there", () =>
    withVirtualClock(async () => {
      const { caches, memory, loads } = processes(1);
      memory.before = (operation) => (operation === "lease" ? sleep(50) : undefined);
      const call = timeout(20, (scope) => caches[0]!.get("a", at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      await sleep(100);
      expect([loads, memory.leases.size]).toEqual([[], 0]);
    }));

  test("is released when the key was invalidated meanwhile; the next load waits for that", () =>
    withVirtualClock(async (clock) => {
      const { caches, memory, loads } = processes(1);
      const first = caches[0]!.get("a");
      await sleep(10);
      caches[0]!.delete("a");
      const second = caches[0]!.get("a");
      expect(await first).toBe("a of 0");
      expect(await second).toBe("a of 0");
      expect(loads).toEqual([0, 0]);
      expect(clock.now()).toBe(130);
      await caches[0]!.settled();
      expect(memory.log.filter((line) => line === "set a")).toHaveLength(1);
      expect(memory.leases.size).toBe(0);
    }));

  test("is not asked for where refresh() loads", () =>
    withVirtualClock(async () => {
      const { caches, memory } = processes(1);
      await caches[0]!.refresh("a");
      await caches[0]!.settled();
      expect(memory.log).toEqual(["set a"]);
    }));
});

describe("a load that waits for another process", () => {
  test("ends when its last caller leaves", () =>
    withVirtualClock(async (clock) => {
      const { caches, memory, loads } = processes(1);
      memory.leases.set("a", { until: Infinity });
      const controller = new AbortController();
      const call = caches[0]!.get("a", { signal: controller.signal });
      await sleep(100);
      controller.abort("enough");
      await expect(call).rejects.toBe("enough");
      await clock.runUntilIdle();
      expect(caches[0]!.stats()).toMatchObject({ loading: 0, failures: 0 });
      const { length } = memory.log;
      await sleep(5_000);
      expect([loads, memory.log.length]).toEqual([[], length]);
    }));

  test("ends at the latest deadline of its callers", () =>
    withVirtualClock(async (clock) => {
      const { caches, memory } = processes(1);
      memory.leases.set("a", { until: Infinity });
      const calls = [100, 300].map((ms) =>
        timeout(ms, (scope) => caches[0]!.get("a", at(scope))).catch(() => clock.now()),
      );
      expect(await Promise.all(calls)).toEqual([100, 300]);
      await clock.runUntilIdle();
      expect(caches[0]!.stats()).toMatchObject({ loading: 0 });
    }));

  test("reports nothing of what its cancellation does to the tier", async () => {
    const reports = await reportsDuring(() =>
      withVirtualClock(async () => {
        const tier: CacheTier<string, string> = {
          get: (_key, { signal }) => sleep(100, { signal }) as never,
          set: () => {},
          delete: () => {},
        };
        const cache = new AsyncLru<string, string>({ tier, load: (key) => key });
        const call = timeout(20, (scope) => cache.get("a", at(scope)));
        await expect(call).rejects.toThrow(TimeoutError);
        expect(cache.stats()).toMatchObject({ loading: 0 });
      }),
    );
    expect(reports).toEqual([]);
  });

  test("loads if the tier forgets what a lease is", () =>
    withVirtualClock(async (clock) => {
      const { caches, memory } = processes(1);
      memory.leases.set("a", { until: Infinity });
      memory.before = (operation) => {
        if (operation === "lease" && clock.now() > 20) throw new RangeError("fails");
      };
      const reports = await reportsDuring(async () => {
        expect(await caches[0]!.get("a")).toBe("a of 0");
      });
      expect([clock.now(), reports]).toEqual([
        80,
        ["lease() of a cache's second level threw: RangeError: fails"],
      ]);
    }));
});
