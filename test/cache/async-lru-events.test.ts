import { describe, expect, test } from "vitest";
import { AsyncLru, type AsyncLruOptions, type CacheEvent, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { expectConsistent } from "./consistent.ts";

/** A cache that logs its events as `kind key`. */
function logging(options: AsyncLruOptions<string, number> = {}): {
  readonly cache: AsyncLru<string, number>;
  readonly log: string[];
} {
  const log: string[] = [];
  const cache = new AsyncLru<string, number>({
    onEvent: ({ kind, key }) => log.push(`${kind} ${key}`),
    load: () => 1,
    ...options,
  });
  return { cache, log };
}

describe("onEvent", () => {
  test("is told of a miss and its load, and of hits", async () => {
    const { cache, log } = logging();
    await Promise.all([cache.get("a"), cache.get("a")]);
    expect(log.splice(0)).toEqual(["miss a", "load a", "miss a"]);
    await cache.get("a");
    await cache.lease("a");
    expect(log.splice(0)).toEqual(["hit a", "hit a"]);
    await cache.lease("b");
    await cache.getMany(["a", "c"]);
    expect(log).toEqual(["miss b", "load b", "hit a", "miss c", "load c"]);
  });

  test("is told of a stale hit before its load, and of loads behind the callers", () =>
    withVirtualClock(async () => {
      const { cache, log } = logging({
        ttlMs: 10,
        staleWhileRevalidateMs: 10,
        refreshAheadMs: 5,
      });
      await cache.get("a");
      log.length = 0;
      await sleep(10);
      await cache.get("a");
      expect(log.splice(0)).toEqual(["staleHit a", "load a"]);
      await sleep(6);
      await cache.get("a");
      expect(log.splice(0)).toEqual(["hit a", "load a"]);
      cache.prefetch("b");
      expect(log.splice(0)).toEqual(["load b"]);
      await cache.refresh("b");
      expect(log).toEqual(["load b"]);
    }));

  test("is told what a load has failed with", async () => {
    const events: CacheEvent<string>[] = [];
    const error = new Error("down");
    const { cache } = logging({
      load: () => Promise.reject(error),
      onEvent: (event) => events.push(event),
    });
    await expect(cache.get("a")).rejects.toBe(error);
    expect(events.at(-1)).toEqual({ kind: "failure", key: "a", error });
    expect(events.every(Object.isFrozen)).toBe(true);
  });

  test("is told of a failure that an old value was given for, but of no cancellation", () =>
    withVirtualClock(async () => {
      const { cache, log } = logging({
        ttlMs: 10,
        staleIfErrorMs: Infinity,
        load: async (key, { signal }) => {
          await sleep(10, { signal });
          throw new Error(key);
        },
      });
      cache.set("a", 1);
      await sleep(10);
      expect(await cache.get("a")).toBe(1);
      expect(log.splice(0)).toEqual(["miss a", "load a", "failure a"]);
      const controller = new AbortController();
      const wait = cache.get("b", { signal: controller.signal });
      await sleep(1);
      controller.abort("gone");
      await expect(wait).rejects.toBe("gone");
      await sleep(1);
      expect(log).toEqual(["miss b", "load b"]);
    }));

  test("is told of evictions before it is known who caused them, and of no other end", async () => {
    const { cache, log } = logging({ max: 1 });
    cache.set("a", 1);
    cache.set("b", 1);
    expect(log.splice(0)).toEqual(["eviction a"]);
    await cache.get("c");
    expect(log.splice(0)).toEqual(["miss c", "load c", "eviction b"]);
    cache.set("c", 2);
    cache.delete("c");
    cache.set("d", 1);
    cache.clear();
    expect(log).toEqual([]);
  });

  test("is told of nothing by peek(), has(), set(), entries(), dump() and restore()", () => {
    const { cache, log } = logging();
    cache.set("a", 1);
    cache.peek("a");
    cache.has("b");
    expect([...cache.entries()]).toHaveLength(1);
    cache.restore(cache.dump());
    expect(log).toEqual([]);
  });

  test("is told when the cache can be used: of a miss, the load is there", async () => {
    const seen: unknown[] = [];
    const cache: AsyncLru<string, number> = new AsyncLru<string, number>({
      max: 1,
      load: (key) => key.length,
      onEvent: ({ kind, key }) => seen.push([kind, key, cache.size, cache.stats().loading]),
    });
    await cache.get("a");
    await cache.get("bb");
    expect(seen).toEqual([
      ["miss", "a", 0, 1],
      ["load", "a", 0, 1],
      ["miss", "bb", 1, 1],
      ["load", "bb", 1, 1],
      ["eviction", "a", 1, 0],
    ]);
  });

  test("breaks nothing when it throws, at once or late: that is reported", async () => {
    for (const onEvent of [
      () => {
        throw new Error("sync");
      },
      () => Promise.reject(new Error("async")),
    ]) {
      const { cache } = logging({ onEvent, max: 1 });
      const reports = await reportsDuring(async () => {
        expect(await cache.get("a")).toBe(1);
        expect(await cache.get("a")).toBe(1);
        cache.set("b", 2);
        expect((await cache.lease("b")).value).toBe(2);
        await settle();
      });
      expect(reports).toHaveLength(5);
      expect(reports.every((line) => /^onEvent threw: Error: a?sync$/.test(line))).toBe(true);
      expectConsistent(cache, { max: 1 });
    }
  });
});
