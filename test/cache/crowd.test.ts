import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AsyncLru, DeadlockError, detached, memoize, setDeadlockDetection } from "corral";
import { GatedLoads } from "./gated-loads.ts";

// Those whom nothing can cancel get one promise, where nobody looks for deadlocks.
beforeEach(() => setDeadlockDetection(false));
afterEach(() => setDeadlockDetection(true));

describe("callers whom nothing can cancel", () => {
  test("share a load, and each is counted", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru<string, number>({ load: loads.load, tagsOf: () => ["all"] });
    const waits = detached(() => [cache.get("a"), cache.get("a"), cache.get("a")]);
    expect(cache.stats()).toMatchObject({ loads: 1, misses: 3, hits: 0 });
    await loads.land("a", 1);
    expect(await Promise.all(waits)).toEqual([1, 1, 1]);
  });

  test("do not join a load in doubt", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru<string, number>({ load: loads.load, tagsOf: () => ["all"] });
    const before = detached(() => [cache.get("a"), cache.get("a")]);
    cache.deleteTag("all");
    const after = detached(() => cache.get("a"));
    expect(cache.stats().loads).toBe(2);
    await loads.land("a", 1);
    await loads.land("a", 2);
    expect(await Promise.all(before)).toEqual([1, 1]);
    expect(await after).toBe(2);
  });

  test("are refused where a load asks for its own key in the step of the call", async () => {
    const own = memoize((key: string): Promise<string> => detached(() => own(key)), { max: 10 });
    await expect(detached(() => own("a"))).rejects.toBeInstanceOf(DeadlockError);
  });
});
