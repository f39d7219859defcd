import { describe, expect, test } from "vitest";
import { AsyncLru, type AsyncLruOptions, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { unhandledDuring } from "../support/unhandled.ts";
import { expectConsistent } from "./consistent.ts";

/** A cache whose loads end one after the other as told; what is an error is thrown. */
function of<V>(
  ends: readonly (V | Error)[],
  options: AsyncLruOptions<string, V> = {},
): { readonly cache: AsyncLru<string, V>; readonly loads: () => number } {
  let loads = 0;
  const load = (): V => {
    const end = ends[loads++]!;
    if (end instanceof Error) throw end;
    return end;
  };
  return { cache: new AsyncLru<string, V>({ load, ...options }), loads: () => loads };
}

const rejected = ({ status }: PromiseSettledResult<unknown>): boolean => status === "rejected";

function broken(): never {
  throw new Error("isNegative");
}

describe("negativeTtlMs", () => {
  test.each([undefined, null])("is how long %o is kept, beside the time of the others", (nothing) =>
    withVirtualClock(async () => {
      const { cache, loads } = of([nothing, 1, 2], { ttlMs: 1_000, negativeTtlMs: 10 });
      expect(await cache.get("a")).toBe(nothing);
      await sleep(9);
      expect([await cache.get("a"), loads(), cache.has("a")]).toEqual([nothing, 1, true]);
      await sleep(1);
      expect([cache.has("a"), await cache.get("a")]).toEqual([false, 1]);
      await sleep(999);
      expect([await cache.get("a"), loads()]).toEqual([1, 2]);
      expectConsistent(cache);
    }),
  );

  test.each([0, "", false, Number.NaN, {}])("leaves %o as any other value", (value) =>
    withVirtualClock(async () => {
      const { cache } = of<unknown>([value], { ttlMs: 1_000, negativeTtlMs: 10 });
      await cache.get("a");
      await sleep(999);
      expect(cache.has("a")).toBe(true);
    }),
  );

  test("keeps no failures by itself", async () => {
    const { cache } = of<number>([new Error("down"), 1], { negativeTtlMs: 1_000 });
    await expect(cache.get("a")).rejects.toThrow("down");
    expect(await cache.get("a")).toBe(1);
  });

  test("counts for what is set, unless a time is said; and for what a load says none of", () =>
    withVirtualClock(async () => {
      const cache = new AsyncLru<string, undefined>({
        negativeTtlMs: 10,
        load: (key, _scope, keeping) => {
          if (key === "long") keeping.ttlMs = 100;
          return undefined;
        },
      });
      cache.set("set", undefined);
      cache.set("set long", undefined, { ttlMs: 100 });
      await cache.get("long");
      await cache.get("plain");
      await sleep(10);
      expect([...cache.entries()].map(([key]) => key)).toEqual(["set long", "long"]);
    }));

  test("of 0 keeps no negative values", async () => {
    const { cache } = of([undefined, 1], { negativeTtlMs: 0 });
    expect(await cache.get("a")).toBeUndefined();
    expect([cache.size, await cache.get("a"), cache.size]).toEqual([0, 1, 1]);
  });

  test("may be longer than that of the others, and Infinity", () =>
    withVirtualClock(async () => {
      const { cache } = of([undefined, 1], { ttlMs: 10, negativeTtlMs: Infinity });
      await cache.get("a");
      await sleep(1e9);
      expect(cache.has("a")).toBe(true);
    }));
});

describe("isNegative", () => {
  test("is asked about each result and its key: what it says, and no longer what is nothing", () =>
    withVirtualClock(async () => {
      const asked: unknown[] = [];
      const { cache } = of([0, undefined], {
        negativeTtlMs: 10,
        isNegative: (result, key) => {
          asked.push([result.status, (result as { value?: unknown }).value, key]);
          return result.status === "fulfilled" && result.value === 0;
        },
      });
      await cache.get("a");
      await cache.get("b");
      expect(asked).toEqual([
        ["fulfilled", 0, "a"],
        ["fulfilled", undefined, "b"],
      ]);
      await sleep(10);
      expect([cache.has("a"), cache.has("b")]).toEqual([false, true]);
    }));

  test("may keep a failure: callers get it for that time only, and then it is loaded again", () =>
    withVirtualClock(async () => {
      const error = new Error("not found");
      const { cache, loads } = of<number>([error, new Error("again"), 3], {
        negativeTtlMs: 10,
        isNegative: rejected,
      });
      await expect(cache.get("a")).rejects.toBe(error);
      await sleep(9);
      for (let i = 0; i < 3; i++) await expect(cache.get("a")).rejects.toBe(error);
      expect([loads(), cache.size]).toEqual([1, 1]);
      expect(cache.stats()).toMatchObject({ hits: 3, misses: 1, failures: 1 });
      await sleep(1);
      await expect(cache.get("a")).rejects.toThrow("again");
      await sleep(10);
      expect([await cache.get("a"), loads()]).toEqual([3, 3]);
      expectConsistent(cache);
    }));

  test("chooses among failures by what they are", async () => {
    const { cache, loads } = of<number>(
      [new RangeError("kept"), new Error("not kept"), new Error("neither")],
      {
        negativeTtlMs: 1_000,
        isNegative: (result) => result.status === "rejected" && result.reason instanceof RangeError,
      },
    );
    await expect(cache.get("a")).rejects.toThrow("kept");
    await expect(cache.get("a")).rejects.toThrow("kept");
    await expect(cache.get("b")).rejects.toThrow("not kept");
    await expect(cache.get("b")).rejects.toThrow("neither");
    expect(loads()).toBe(3);
    expectConsistent(cache);
  });

  test("shows a failure that is kept nowhere but to callers: it is no value", async () => {
    const { cache, loads } = of<number>([new Error("kept"), 2], {
      negativeTtlMs: 1_000,
      isNegative: rejected,
    });
    await expect(cache.get("a")).rejects.toThrow("kept");
    expect([cache.size, cache.has("a"), cache.peek("a")]).toEqual([1, false, undefined]);
    expect([[...cache.entries()], cache.dump().entries]).toEqual([[], []]);
    expect(cache.deleteWhere(() => true)).toBe(0);
    expect(loads()).toBe(1);
    expect([cache.delete("a"), await cache.get("a")]).toEqual([true, 2]);
    expectConsistent(cache);
  });

  test("lets a failure give way to what is set, to what is loaded anew, and to others", async () => {
    const { cache } = of<number>([new Error("one"), new Error("two"), 3], {
      negativeTtlMs: 1_000,
      isNegative: rejected,
      max: 1,
    });
    await expect(cache.get("a")).rejects.toThrow("one");
    cache.set("a", 1);
    expect(await cache.get("a")).toBe(1);
    cache.delete("a");
    await expect(cache.get("a")).rejects.toThrow("two");
    expect(await cache.refresh("a")).toBe(3);
    expectConsistent(cache, { max: 1 });
    cache.set("b", 1);
    expect([cache.size, cache.has("a")]).toEqual([1, false]);
    expectConsistent(cache, { max: 1 });
  });

  test("gives a failure that is kept no old value's rights, and takes the place of one", () =>
    withVirtualClock(async () => {
      const { cache } = of<number>([1, new Error("gone"), new Error("still")], {
        ttlMs: 10,
        negativeTtlMs: 10,
        isNegative: rejected,
        staleWhileRevalidateMs: 1_000,
      });
      await cache.get("a");
      await sleep(10);
      expect(await cache.get("a")).toBe(1);
      await sleep(1);
      await expect(cache.get("a")).rejects.toThrow("gone");
      await sleep(20);
      await expect(cache.get("a")).rejects.toThrow("still");
      expectConsistent(cache);
    }));

  test("is no unhandled rejection when a failure is kept that nobody asks for", async () => {
    const { cache } = of<number>([new Error("kept")], {
      negativeTtlMs: 1_000,
      isNegative: rejected,
    });
    expect(await unhandledDuring(() => cache.prefetch("a"))).toEqual([]);
    expect(cache.size).toBe(1);
  });

  test("counts a failure as 1 of the size, without asking for it", async () => {
    const { cache } = of<number>([new Error("kept")], {
      negativeTtlMs: 1_000,
      isNegative: rejected,
      maxSize: 5,
      sizeOf: () => {
        throw new Error("asked");
      },
    });
    await expect(cache.get("a")).rejects.toThrow("kept");
    expect([cache.size, cache.totalSize]).toEqual([1, 1]);
  });

  test("makes the load fail when it throws, and is not asked without negativeTtlMs", async () => {
    const { cache } = of<number>([1], { negativeTtlMs: 10, isNegative: broken });
    await expect(cache.get("a")).rejects.toThrow("isNegative");
    expect(cache.table.size).toBe(0);
    const { cache: other } = of<number>([1], { isNegative: broken });
    expect(await other.get("a")).toBe(1);
  });
});
