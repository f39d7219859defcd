// What a cache keeps of an evicted key serves the next one: only when nobody has it in hand any more.
import { expect, test } from "vitest";
import { lru, memoize, type MemoCache, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";

test("a load that fails late does not get the value of another key", async () => {
  const loads = new Map(["a", "c"].map((key) => [key, deferred<string>()]));
  const get = memoize((key: string) => loads.get(key)!.promise, {
    max: 1,
    staleIfErrorMs: Infinity,
  });
  const first = get("a");
  get.cache.set("a", "put in place");
  get.cache.set("b", "evicts it");
  const other = get("c");
  loads.get("c")!.resolve("of c");
  expect(await other).toBe("of c");
  loads.get("a")!.reject(new Error("late"));
  await expect(first).rejects.toThrow("late");
  expect([get.cache.peek("c"), get.cache.peek("a")]).toEqual(["of c", undefined]);
});

test("a value whose size is asked for stays with its key, whatever that evicts", async () => {
  const get = memoize(async (key: string) => `of ${key}`, {
    maxSize: 1,
    sizeOf: (value: string) => {
      if (value === "second") {
        get.cache.set("b", "evicts it");
        void get("c");
      }
      return 1;
    },
  });
  get.cache.set("a", "first");
  get.cache.set("a", "second");
  expect([get.cache.peek("a"), get.cache.peek("b")]).toEqual(["second", undefined]);
  expect(await get("c")).toBe("of c");
  expect([get.cache.peek("a"), get.cache.peek("c"), get.cache.size]).toEqual([
    undefined,
    "of c",
    1,
  ]);
});

test("a load whose key is evicted while its value is measured stays with its key", async () => {
  const get = memoize(async (key: string) => `of ${key}`, {
    maxSize: 1,
    sizeOf: (value: string) => {
      if (value === "of a") {
        get.cache.set("a", "put in place");
        get.cache.set("b", "evicts it");
        void get("c");
      }
      return 1;
    },
  });
  expect(await get("a")).toBe("of a");
  expect(await get("c")).toBe("of c");
  expect([get.cache.peek("a"), get.cache.peek("c"), get.cache.size]).toEqual([
    undefined,
    "of c",
    1,
  ]);
});

test("a failure that was kept, and a value that was hit, leave nothing to the next key", async () => {
  const get = memoize(
    async (key: string) => {
      if (key === "fails") throw new Error("no");
      return `of ${key}`;
    },
    { max: 1, negativeTtlMs: Infinity, isNegative: (result) => result.status === "rejected" },
  );
  for (let i = 0; i < 3; i++) {
    await expect(get("fails")).rejects.toThrow("no");
    expect(get.cache.peek("a")).toBeUndefined();
    expect([await get("a"), await get("a"), get.cache.peek("a")]).toEqual(["of a", "of a", "of a"]);
    expect([get.cache.size, get.cache.has("fails")]).toEqual([1, false]);
  }
});

interface Thing {
  readonly key: string;
  readonly then: undefined;
}

/** Values at which somebody looks in the middle of a hit, and then evicts them and begins another load. */
function watched(): { of(key: string): Thing; arm(deed: () => void): void } {
  let due: (() => void) | undefined;
  return {
    of: (key) => ({
      key,
      // oxlint-disable-next-line unicorn/no-thenable -- what this is about
      get then() {
        const deed = due;
        due = undefined;
        deed?.();
        return undefined;
      },
    }),
    arm: (deed) => void (due = deed),
  };
}

test("a value with a getter named then that evicts it does not become that of another key", async () => {
  const { of, arm } = watched();
  const get = memoize(async (key: string) => of(key), { max: 1 });
  await get("a");
  arm(() => {
    get.cache.set("b", of("b"));
    void get("c");
  });
  expect((await get("a")).key).toBe("a");
  await get("c");
  expect([(await get("c")).key, get.cache.peek("c")?.key]).toEqual(["c", "c"]);
});

test("a stale value that evicts itself is loaded anew under its own key", async () => {
  await withVirtualClock(async () => {
    const { of, arm } = watched();
    const get = memoize(
      async (key: string) => {
        await sleep(5);
        return of(key);
      },
      { max: 1, ttlMs: 20, staleWhileRevalidateMs: Infinity },
    );
    const { cache } = get as unknown as { cache: MemoCache<unknown, Thing> };
    await get("a");
    await sleep(30);
    arm(() => {
      cache.set("b", of("b"));
      void get("c");
    });
    expect((await get("a")).key).toBe("a");
    await sleep(12);
    expect((await get("c")).key).toBe("c");
    expect([cache.size, cache.table.size]).toEqual([1, 1]);
    cache.clear();
    expect([cache.size, cache.table.size]).toEqual([0, 0]);
  });
});

test("a policy that uses the cache in a hit gives no key the value of another", async () => {
  let deed: (() => void) | undefined;
  const get = memoize(async (key: string) => `of ${key}`, {
    max: 1,
    eviction: () => {
      const policy = lru();
      return {
        admit: (entry) => policy.admit(entry),
        remove: (entry) => policy.remove(entry),
        victim: () => policy.victim(),
        hit: (entry) => {
          policy.hit(entry);
          deed?.();
        },
      };
    },
  });
  await get("a");
  deed = () => {
    deed = undefined;
    get.cache.set("b", "of b");
    void get("c");
  };
  expect(await get("a")).toBe("of a");
  expect([await get("c"), await get("c"), get.cache.peek("c")]).toEqual(["of c", "of c", "of c"]);
});

test("the wrapper has the name and the length of the function", () => {
  const two = memoize(async function two(_a: string, _b: string) {});
  expect([two.name, two.length]).toEqual(["two", 2]);
});
