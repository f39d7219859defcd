import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { AsyncLocalStorage } from "node:async_hooks";
import { AsyncLru, type CacheLease, memoize, memoizeMethod, SingleFlight } from "corral";
import { GatedLoads } from "./gated-loads.ts";
import { leastLeft } from "../support/heap.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are still held, given some turns and collections. */
async function held(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 12 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

type Resource = object;

describe("a cache holds nothing", () => {
  test("of values that have gone, in whatever way, nor of their keys", async () => {
    const cache = new AsyncLru<object, Resource>({ max: 3, load: () => ({}) });
    const refs: WeakRef<object>[] = [];
    const run = async (): Promise<void> => {
      const keys = Array.from({ length: 8 }, () => ({}));
      for (const key of keys) {
        refs.push(new WeakRef(key), new WeakRef(await cache.get(key)));
        cache.set(key, {}, { tags: ["t"] });
        refs.push(new WeakRef(cache.peek(key)!));
      }
      cache.delete(keys.at(-1)!);
      cache.deleteTag("t");
      const last = {};
      refs.push(new WeakRef(last), new WeakRef(await cache.refresh(last)));
      cache.clear();
    };
    await run();
    expect(cache.size).toBe(0);
    expect(await held(refs)).toBe(0);
  });

  test("of a key whose lease came to nothing that is kept", async () => {
    const loads = new GatedLoads<object, unknown>();
    const cache = new AsyncLru<object, unknown>({ load: loads.load, dispose: () => {} });
    const refs: WeakRef<object>[] = [];
    const run = async (value: unknown): Promise<void> => {
      const key = {};
      refs.push(new WeakRef(key));
      const wait = cache.lease(key);
      cache.delete(key);
      await loads.land(key, value);
      (await wait).release();
      loads.begun.length = 0;
    };
    await run(undefined);
    await run({});
    expect(await held(refs)).toBe(0);
    expect(cache.size).toBe(0);
  });

  test("of the async contexts of those who have called it, be they the first to get a value that is there", async () => {
    const storage = new AsyncLocalStorage<object>();
    const cache = new AsyncLru<string, Resource>({ load: async () => ({}) });
    const fn = memoize(async (_key: string) => ({}));
    const own = { method: memoizeMethod(async (_key: string) => ({})) };
    cache.set("there", {});
    const refs: WeakRef<object>[] = [];
    const run = async (call: () => unknown): Promise<void> => {
      const store = {};
      refs.push(new WeakRef(store));
      await storage.run(store, async () => {
        await call();
      });
    };
    const calls = [
      () => cache.get("a"),
      () => cache.get("there"),
      async () => (await cache.lease("b")).release(),
      () => fn("a"),
      () => own.method("a"),
      () => cache.set("c", {}),
    ];
    for (const call of [...calls, ...calls, ...calls]) await run(call);
    expect(await held(refs)).toBe(0);
    expect([cache.size, fn.cache.size]).toEqual([4, 1]);
    await own.method("a");
  });

  test("of who has left a load that goes on in spite of that", async () => {
    const storage = new AsyncLocalStorage<object>();
    const ends: ((value: Resource) => void)[] = [];
    const load = (): Promise<Resource> => new Promise((resolve) => ends.push(resolve));
    const cache = new AsyncLru<string, Resource>({ load });
    const flights = new SingleFlight<string, Resource>();
    const refs: WeakRef<object>[] = [];
    const leave = async (call: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
      const store = {};
      refs.push(new WeakRef(store));
      await storage.run(store, async () => {
        const controller = new AbortController();
        const left = call(controller.signal).catch(() => {});
        controller.abort();
        await left;
      });
    };
    await leave((signal) => cache.get("a", { signal }));
    await leave((signal) => flights.run("a", load, { signal }));
    expect(await held(refs)).toBe(0);
    expect([cache.stats().loading, flights.stats().loads]).toEqual([1, 1]);
    for (const end of ends) end({});
  });

  test("of what came after a value that is leased, or that a load is told of", async () => {
    const loads = new GatedLoads<string, Resource>();
    const cache = new AsyncLru<string, Resource>({ max: 2, load: loads.load });
    const refs: WeakRef<object>[] = [];
    let lease: CacheLease<Resource> | undefined;
    const run = async (): Promise<void> => {
      cache.set("a", {});
      lease = await cache.lease("a");
      void cache.refresh("a").catch(() => {});
      for (let i = 0; i < 20; i++) {
        const value = {};
        refs.push(new WeakRef(value));
        cache.set(`${i}`, value);
      }
    };
    await run();
    expect(await held(refs)).toBe(2);
    expect(lease!.value).toEqual({});
    cache.clear();
    expect(await held(refs)).toBe(0);
    lease!.release();
  });

  test("of leases that were released, of those that were cancelled, and of their values", async () => {
    const loads = new GatedLoads<string, Resource>();
    const cache = new AsyncLru<string, Resource>({ load: loads.load, dispose: () => {} });
    const refs: WeakRef<object>[] = [];
    const run = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        const controller = new AbortController();
        const wait = cache.lease("a", { signal: controller.signal });
        const other = cache.lease("a");
        refs.push(new WeakRef(controller.signal), new WeakRef(wait));
        await turn();
        controller.abort();
        await wait.catch(() => {});
        const value = {};
        await loads.land("a", value);
        const lease = await other;
        refs.push(new WeakRef(value), new WeakRef(lease));
        cache.delete("a");
        lease.release();
      }
    };
    await run();
    expect(await held(refs)).toBe(0);
    expect(cache.table.size).toBe(0);
  });

  test("of predicates and tags when the loads have ended that they could concern", async () => {
    const loads = new GatedLoads<string, Resource>();
    const cache = new AsyncLru<string, Resource>({ load: loads.load });
    const refs: WeakRef<object>[] = [];
    const run = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        const wait = cache.get("a");
        await turn();
        const predicate = (): boolean => i % 2 === 0;
        refs.push(new WeakRef(predicate));
        cache.deleteWhere(predicate);
        await loads.land("a", {});
        await wait;
        cache.clear();
      }
    };
    await run();
    expect(await held(refs)).toBe(0);
  });

  test("of callers that have left a load that never ends", async () => {
    const cache = new AsyncLru<string, Resource>({ load: () => new Promise(() => {}) });
    cache.prefetch("a");
    const refs: WeakRef<object>[] = [];
    const run = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        const controller = new AbortController();
        const reason = {};
        const wait = cache.get("a", { signal: controller.signal });
        refs.push(new WeakRef(controller.signal), new WeakRef(wait), new WeakRef(reason));
        await turn();
        controller.abort(reason);
        await wait.catch(() => {});
      }
    };
    await run();
    expect(await held(refs)).toBe(0);
    expect(cache.stats().loading).toBe(1);
  });
});

test("a cache that nobody holds goes, with its values and its loads", async () => {
  const refs: WeakRef<object>[] = [];
  const run = async (): Promise<void> => {
    const cache = new AsyncLru<string, Resource>({
      load: (key) => (key === "never" ? new Promise<Resource>(() => {}) : {}),
      onEvent: () => {},
    });
    const value = await cache.get("a");
    cache.prefetch("never");
    refs.push(new WeakRef(cache), new WeakRef(value));
    await turn();
  };
  await run();
  expect(await held(refs)).toBe(0);
});

// The first brings tables to their size, which are not made smaller again.
describe("5,000 times leave the heap flat:", () => {
  const cache = new AsyncLru<string, Resource>({
    max: 10,
    ttlMs: 60_000,
    sliding: true,
    load: (key) => ({ key }),
    tagsOf: (_, key) => [key, `tag of ${key}`],
    dispose: () => {},
    onEvent: () => {},
  });
  const loads = new GatedLoads<string, Resource>();
  const gated = new AsyncLru<string, Resource>({ load: loads.load });
  const { signal } = new AbortController();
  const operations: [string, (i: number) => unknown][] = [
    ["get() of what is there", () => cache.get("a", { signal })],
    ["get() of what is not", (i) => cache.get(`${i}`, { signal })],
    ["set() and delete()", (i) => (cache.set(`${i}`, {}), cache.delete(`${i}`))],
    ["set() and deleteTag()", (i) => (cache.set(`${i}`, {}), cache.deleteTag(`tag of ${i}`))],
    ["deleteTag() of what is not", (i) => cache.deleteTag(`${-i}`)],
    ["refresh()", () => cache.refresh("a", { signal })],
    ["lease() and release()", async (i) => (await cache.lease(`${i % 20}`)).release()],
    [
      "lease() of what goes while it is held",
      async (i) => {
        using lease = await cache.lease(`${i}`, { signal });
        cache.clear();
        return lease.value;
      },
    ],
    [
      "delete() while it is loading",
      (i) => {
        const wait = cache.get(`${i}`);
        cache.delete(`${i}`);
        cache.deleteTag(`${i}`);
        return wait;
      },
    ],
    [
      "a caller who leaves a load",
      async () => {
        const controller = new AbortController();
        const wait = gated.lease("a", { signal: controller.signal });
        await Promise.resolve();
        await Promise.resolve();
        controller.abort();
        await wait.catch(() => {});
        loads.take("a").gate.reject(new Error("gone"));
        loads.begun.length = 0;
      },
    ],
  ];
  test.each(operations)("%s", { timeout: 60_000 }, async (_, operation) => {
    for (let i = 0; i < 5_000; i++) await operation(i);
    const round = async (): Promise<void> => {
      for (let i = 0; i < 5_000; i++) await operation(i);
    };
    expect(await leastLeft(round, 250 * 1024)).toBeLessThan(250 * 1024);
    expect([cache.stats().loading, gated.stats().loading]).toEqual([0, 0]);
    expect(gated.table.size).toBe(0);
  });
});
