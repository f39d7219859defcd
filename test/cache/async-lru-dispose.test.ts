import { describe, expect, test } from "vitest";
import { AsyncLru, type AsyncLruOptions, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

interface Resource {
  readonly id: number;
}

/** A cache that logs what it disposes; its loads are gated unless told otherwise. */
function resources(options: AsyncLruOptions<string, Resource> = {}): {
  readonly cache: AsyncLru<string, Resource>;
  readonly loads: GatedLoads<string, Resource>;
  readonly log: string[];
} {
  const log: string[] = [];
  const loads = new GatedLoads<string, Resource>();
  const cache = new AsyncLru<string, Resource>({
    load: loads.load,
    dispose: ({ id }, key, reason) => log.push(`${key}${id} ${reason}`),
    ...options,
  });
  return { cache, loads, log };
}

describe("dispose", () => {
  test("gets a value that goes for another, that is replaced, and that is deleted, at once", () => {
    const { cache, log } = resources({ max: 2, tagsOf: () => ["t"] });
    cache.set("a", { id: 1 });
    cache.set("b", { id: 2 });
    cache.set("c", { id: 3 });
    expect(log.splice(0)).toEqual(["a1 evicted"]);
    cache.set("b", { id: 4 });
    expect(log.splice(0)).toEqual(["b2 replaced"]);
    cache.delete("b");
    expect(log.splice(0)).toEqual(["b4 deleted"]);
    cache.set("d", { id: 5 });
    cache.clear();
    expect(log.splice(0)).toEqual(["c3 deleted", "d5 deleted"]);
    cache.set("e", { id: 6 });
    cache.set("f", { id: 7 });
    cache.deleteWhere(({ id }) => id === 7);
    expect(log.splice(0)).toEqual(["f7 deleted"]);
    cache.deleteTag("t");
    expect(log.splice(0)).toEqual(["e6 deleted"]);
    expectConsistent(cache, { max: 2 });
  });

  test("gets each value once, whatever is called again", () => {
    const { cache, log } = resources();
    cache.set("a", { id: 1 });
    cache.delete("a");
    cache.delete("a");
    cache.clear();
    cache.deleteWhere(() => true);
    expect(log).toEqual(["a1 deleted"]);
  });

  test("gets what a load has replaced, and what has gone for what was loaded", async () => {
    const { cache, loads, log } = resources({ max: 1 });
    cache.set("a", { id: 1 });
    const refreshed = cache.refresh("a");
    await loads.land("a", { id: 2 });
    await refreshed;
    expect(log.splice(0)).toEqual(["a1 replaced"]);
    void cache.get("b");
    await loads.land("b", { id: 3 });
    expect(log).toEqual(["a2 evicted"]);
  });

  test("does not get a value that is put in its own place", async () => {
    const { cache, loads, log } = resources();
    const resource = { id: 1 };
    cache.set("a", resource);
    cache.set("a", resource);
    const refreshed = cache.refresh("a");
    await loads.land("a", resource);
    expect([await refreshed, log]).toEqual([resource, []]);
    cache.delete("a");
    expect(log).toEqual(["a1 deleted"]);
  });

  test("gets no value that is over, until it goes", () =>
    withVirtualClock(async () => {
      const { cache, log } = resources({ ttlMs: 10, load: () => ({ id: 2 }) });
      cache.set("a", { id: 1 });
      await sleep(20);
      expect([cache.peek("a"), log]).toEqual([undefined, []]);
      await cache.get("a");
      expect(log).toEqual(["a1 replaced"]);
    }));

  test("gets no failures", async () => {
    const { cache, log } = resources({
      max: 1,
      negativeTtlMs: 1_000,
      isNegative: ({ status }) => status === "rejected",
      load: () => Promise.reject(new Error("down")),
    });
    await cache.get("a").catch(() => {});
    await cache.get("b").catch(() => {});
    expect([cache.size, cache.stats().evictions]).toEqual([1, 1]);
    await cache.refresh("b").catch(() => {});
    cache.delete("b");
    cache.clear();
    expect(log).toEqual([]);
  });

  test("gets a value whose place a failure has taken that is kept", async () => {
    const { cache, loads, log } = resources({ negativeTtlMs: 1_000, isNegative: () => true });
    cache.set("a", { id: 1 }, { ttlMs: 1_000 });
    void cache.refresh("a").catch(() => {});
    await loads.fail("a", new Error("gone"));
    expect(log.splice(0)).toEqual(["a1 replaced"]);
    cache.set("a", { id: 2 });
    expect(log).toEqual([]);
  });

  test("gets what undefined and null are, too", () => {
    const log: unknown[] = [];
    const cache = new AsyncLru<string, unknown>({ dispose: (...given) => log.push(given) });
    for (const value of [undefined, null]) {
      cache.set("a", value);
      cache.delete("a");
    }
    expect(log).toEqual([
      [undefined, "a", "deleted"],
      [null, "a", "deleted"],
    ]);
  });
});

describe("a value that is not kept", () => {
  test("is disposed when nobody waited for it: the last had left, or its key was deleted", async () => {
    const { cache, loads, log } = resources();
    const controller = new AbortController();
    void cache.get("a", { signal: controller.signal }).catch(() => {});
    cache.prefetch("b");
    await settle();
    controller.abort();
    cache.delete("a");
    cache.delete("b");
    await loads.land("a", { id: 1 });
    await loads.land("b", { id: 2 });
    expect(log).toEqual(["a1 unkept", "b2 unkept"]);
    expectConsistent(cache);
  });

  test("is theirs who waited for it", async () => {
    const { cache, loads, log } = resources();
    const wait = cache.get("a");
    await settle();
    cache.delete("a");
    await loads.land("a", { id: 1 });
    expect([(await wait).id, log]).toEqual([1, []]);
    const tooShort = resources({ ttlMs: 0, load: () => ({ id: 2 }) });
    expect([await tooShort.cache.get("a"), tooShort.log]).toEqual([{ id: 2 }, []]);
  });

  test("is disposed when it was set, for there is no room or no time for it", () => {
    const { cache, log } = resources({ maxSize: 1, sizeOf: ({ id }) => id });
    cache.set("a", { id: 2 });
    cache.set("b", { id: 1 }, { ttlMs: 0 });
    expect(log.splice(0)).toEqual(["a2 unkept", "b1 unkept"]);
    const resource = { id: 1 };
    cache.set("c", resource);
    cache.set("c", resource, { ttlMs: 0 });
    expect(log.splice(0)).toEqual(["c1 replaced"]);
    cache.set("c", { id: 1 });
    cache.set("c", { id: 2 });
    expect(log).toEqual(["c1 replaced", "c2 unkept"]);
    expectConsistent(cache, { maxSize: 1 });
  });

  test("is disposed when the load fails after it: for its time, its size or its tags", async () => {
    for (const name of ["ttlMs", "sizeOf", "tagsOf"] as const) {
      const { cache, log } = resources({
        maxSize: 10,
        load: () => ({ id: 1 }),
        [name]: () => {
          throw new Error(name);
        },
      });
      await expect(cache.get("a")).rejects.toThrow(name);
      expect(log).toEqual(["a1 unkept"]);
    }
  });

  test("is disposed once when the load has given back what was in its place", async () => {
    const { cache, loads, log } = resources({ tagsOf: () => ["t"] });
    const resource = { id: 1 };
    for (const invalidate of [
      () => cache.delete("a"),
      () => cache.deleteTag("t"),
      () => cache.set("a", { id: 2 }),
    ]) {
      cache.set("a", resource);
      log.length = 0;
      const controller = new AbortController();
      const wait = cache.refresh("a", { signal: controller.signal });
      await settle();
      const { keeping, gate } = loads.take("a");
      const previous = keeping.previous!;
      expect(previous).toBe(resource);
      invalidate();
      controller.abort("gone");
      await expect(wait).rejects.toBe("gone");
      gate.resolve(previous);
      await settle();
      expect(log).toHaveLength(1);
      expect(log[0]).toMatch(/^a1 (deleted|replaced)$/);
      cache.clear();
    }
  });

  test("is disposed once when the load gives what is in its place anew, without time, and nobody waits", async () => {
    const lifetimes = [1_000, 0];
    const { cache, loads, log } = resources({ ttlMs: () => lifetimes.shift()! });
    const resource = { id: 1 };
    cache.set("a", resource);
    const controller = new AbortController();
    const wait = cache.refresh("a", { signal: controller.signal });
    controller.abort("gone");
    await expect(wait).rejects.toBe("gone");
    await loads.land("a", resource);
    await settle();
    expect([log, cache.size]).toEqual([["a1 replaced"], 0]);
  });

  test("is not disposed while the very value has been put in place meanwhile", async () => {
    const { cache, loads, log } = resources();
    const resource = { id: 1 };
    for (const invalidate of [() => {}, () => cache.delete("a")]) {
      cache.prefetch("a");
      invalidate();
      cache.set("a", resource);
      await loads.land("a", resource);
      await settle();
      expect([log, cache.peek("a")]).toEqual([[], resource]);
      cache.delete("a");
      expect(log).toEqual(["a1 deleted"]);
      log.length = 0;
    }
  });

  test("is not disposed while it is in its place: a newer load was begun that has yet to end", async () => {
    const { cache, loads, log } = resources();
    const resource = { id: 1 };
    cache.set("a", resource);
    const controller = new AbortController();
    void cache.refresh("a", { signal: controller.signal }).catch(() => {});
    await settle();
    const { keeping, gate } = loads.take("a");
    const previous = keeping.previous!;
    const newer = cache.refresh("a");
    controller.abort();
    gate.resolve(previous);
    await settle();
    expect([log, cache.peek("a")]).toEqual([[], resource]);
    await loads.land("a", { id: 2 });
    await newer;
    expect(log).toEqual(["a1 replaced"]);
  });
});

describe("a dispose that throws", () => {
  test("is reported, at once or late, and breaks nothing", async () => {
    for (const fail of [
      () => {
        throw new Error("sync");
      },
      () => Promise.reject(new Error("async")),
    ]) {
      const { cache } = resources({ dispose: fail, max: 1 });
      const reports = await reportsDuring(async () => {
        cache.set("a", { id: 1 });
        cache.set("b", { id: 2 });
        cache.clear();
        await settle();
      });
      expect(reports).toHaveLength(2);
      expect(reports[0]).toMatch(/^dispose threw: Error: a?sync$/);
      expectConsistent(cache);
    }
  });
});
