import { describe, expect, test } from "vitest";
import { AsyncLru, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { settle } from "../support/settle.ts";
import { expectConsistent } from "./consistent.ts";
import { GatedLoads } from "./gated-loads.ts";

function filled(): AsyncLru<string, number> {
  const cache = new AsyncLru<string, number>();
  for (const [i, key] of ["a", "b", "c", "d"].entries()) cache.set(key, i);
  return cache;
}

describe("entries()", () => {
  test("gives the keys and values that are fresh, and nothing that is loading", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<string, number>({ load: () => new Promise(() => {}) });
      cache.set("over", 1, { ttlMs: 10 });
      cache.set("fresh", 2, { ttlMs: 11 });
      cache.set("endless", 3);
      cache.prefetch("loading");
      cache.prefetch("endless");
      await sleep(10);
      expect([...cache.entries()]).toEqual([
        ["fresh", 2],
        ["endless", 3],
      ]);
    }));

  test("can be iterated over again and again, by several at once, and left", () => {
    const cache = filled();
    const one = cache.entries();
    const other = cache.entries();
    expect([one.next().value, other.next().value, one.next().value]).toEqual([
      ["a", 0],
      ["a", 0],
      ["b", 1],
    ]);
    for (const [key] of cache.entries()) {
      expect(key).toBe("a");
      break;
    }
    expect([[...one].length, [...other].length, [...cache.entries()].length]).toEqual([2, 3, 4]);
  });

  test("lets entries be deleted and set meanwhile: what has gone does not come", () => {
    const cache = filled();
    const seen: string[] = [];
    for (const [key] of cache.entries()) {
      seen.push(key);
      cache.delete(key);
      cache.delete("c");
      if (key === "a") cache.set("e", 5);
      expectConsistent(cache);
    }
    expect([seen, cache.size]).toEqual([["a", "b", "d", "e"], 0]);
    const other = filled();
    for (const [key] of other.entries()) {
      if (key === "b") other.clear();
      else expect(key).toBe("a");
    }
    expect(other.size).toBe(0);
  });

  test("shows values that are replaced meanwhile as they are then, and makes none younger", async () => {
    const cache = new AsyncLru<string, number>({ max: 2 });
    cache.set("a", 1);
    cache.set("b", 2);
    const entries = cache.entries();
    entries.next();
    cache.set("b", 3);
    cache.set("a", 4);
    expect([...entries]).toEqual([["b", 3]]);
    expect([...cache.entries()]).toHaveLength(2);
    cache.set("c", 5);
    expect([cache.has("a"), cache.has("b")]).toEqual([true, false]);
  });

  test("gives what has landed meanwhile", async () => {
    const loads = new GatedLoads<string, number>();
    const cache = new AsyncLru(loads);
    cache.set("a", 1);
    void cache.get("b");
    await settle();
    const entries = cache.entries();
    entries.next();
    await loads.land("b", 2);
    expect([...entries]).toEqual([["b", 2]]);
  });
});
