// The times of one clock say nothing about another: what they end is over.
import { expect, test } from "vitest";
import { AsyncLru, type AsyncLruOptions, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { expectConsistent } from "./consistent.ts";

function counting(options: AsyncLruOptions<string, number> = {}): AsyncLru<string, number> {
  let loads = 0;
  return new AsyncLru<string, number>({ load: () => ++loads, ...options });
}

test("values with a time that were made before a virtual clock are over on it", async () => {
  const cache = counting({ ttlMs: 1e9 });
  await cache.get("a");
  cache.set("endless", 7, { ttlMs: Infinity });
  expect(cache.has("a")).toBe(true);
  await withVirtualClock(async () => {
    expect([cache.has("a"), cache.peek("a"), cache.has("endless")]).toEqual([
      false,
      undefined,
      true,
    ]);
    expect([...cache.entries()]).toEqual([["endless", 7]]);
    expect([await cache.get("a"), await cache.get("endless")]).toEqual([2, 7]);
    await sleep(1e9 - 1);
    expect(cache.has("a")).toBe(true);
    await sleep(1);
    expect(cache.has("a")).toBe(false);
    expectConsistent(cache);
  });
});

test("values of a virtual clock are over when it has gone", async () => {
  const cache = counting({ ttlMs: 1e9 });
  await withVirtualClock(() => cache.get("a"));
  cache.set("b", 5);
  expect([cache.has("a"), cache.has("b")]).toEqual([false, true]);
  expect(await cache.get("a")).toBe(2);
  expectConsistent(cache);
});

test("values of one virtual clock are over on the next, also where it has come less far", async () => {
  const cache = counting({ ttlMs: 100 });
  await withVirtualClock(async () => {
    await sleep(1_000);
    await cache.get("a");
  });
  await withVirtualClock(async () => {
    await sleep(950);
    expect(cache.has("a")).toBe(false);
    cache.set("b", 1);
    expect(cache.has("a")).toBe(false);
    expect(cache.has("b")).toBe(true);
  });
});

test("they are given neither as old values nor in place of failures, however long that may be", async () => {
  const cache = counting({
    ttlMs: 1e9,
    staleWhileRevalidateMs: Infinity,
    staleIfErrorMs: Infinity,
    load: () => Promise.reject(new Error("down")),
  });
  cache.set("a", 1);
  await withVirtualClock(async () => {
    await expect(cache.get("a")).rejects.toThrow("down");
    expect(cache.stats().staleHits).toBe(0);
  });
});

test("a failure that is kept is over, too", async () => {
  let loads = 0;
  const cache = counting({
    negativeTtlMs: 1e9,
    isNegative: () => true,
    load: () => Promise.reject(new Error(`load ${++loads}`)),
  });
  await expect(cache.get("a")).rejects.toThrow("load 1");
  await expect(cache.get("a")).rejects.toThrow("load 1");
  await withVirtualClock(() => expect(cache.get("a")).rejects.toThrow("load 2"));
});

test("a load that begins on one clock and ends on another is kept, and is no long one", async () => {
  const gate = deferred<number>();
  const cache = new AsyncLru<string, number>({
    ttlMs: 10,
    load: () => gate.promise,
  });
  const wait = cache.get("a");
  await Promise.resolve();
  await withVirtualClock(async () => {
    gate.resolve(1);
    expect([await wait, cache.has("a")]).toEqual([1, true]);
    await sleep(10);
    expect(cache.has("a")).toBe(false);
    expect(cache.stats().loadMs).toEqual({ p50: 0, p90: 0, p99: 0 });
  });
});
