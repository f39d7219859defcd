import { describe, expect, test } from "vitest";
import { CancelScope, memoize, type MemoizeOptions, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { unhandledDuring } from "../support/unhandled.ts";

type Load = (key: string) => Promise<string>;

/** A memoized function whose loads take 10 ms, and give their number, or fail when they are told to. */
class World {
  loads = 0;
  failing = false;
  readonly get: Load & { readonly cache: ReturnType<typeof memoize<Load>>["cache"] };

  constructor(options: MemoizeOptions<Load>) {
    this.get = memoize(async (_key: string) => {
      const load = ++this.loads;
      await sleep(10);
      if (this.failing) throw new Error(`no ${load}`);
      return `load ${load}`;
    }, options);
  }

  /** What a call gives, or how it fails, and for how long it waits. */
  async ask(key = "a"): Promise<string> {
    const start = now();
    const text = await this.get(key).catch((error: Error) => error.message);
    return `${text} after ${now() - start}`;
  }
}

describe("ttlMs", () => {
  test("is for how long a value is fresh: to the moment, and from its end on", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100 });
      const [a, b] = [await world.ask(), await world.ask()];
      expect([a, b]).toEqual(["load 1 after 10", "load 1 after 0"]);
      await sleep(99);
      expect([await world.ask(), world.get.cache.has("a")]).toEqual(["load 1 after 0", true]);
      await sleep(1);
      expect([world.get.cache.has("a"), world.get.cache.peek("a")]).toEqual([false, undefined]);
      expect(world.get.cache.size).toBe(1);
      expect(await world.ask()).toBe("load 2 after 10");
      await sleep(99);
      expect(await world.ask()).toBe("load 2 after 0");
    }));

  test("begins anew when the value is put in place, and not when it is asked for", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100 });
      await world.ask();
      await sleep(60);
      world.get.cache.set("a", "put");
      await sleep(60);
      expect(await world.ask()).toBe("put after 0");
      await sleep(40);
      expect(await world.ask()).toBe("load 2 after 10");
    }));

  test("is Infinity by default", () =>
    withVirtualClock(async () => {
      const world = new World({});
      await world.ask();
      await sleep(1e12);
      expect(await world.ask()).toBe("load 1 after 0");
    }));

  test("may be computed from the value and its key", () =>
    withVirtualClock(async () => {
      const seen: unknown[] = [];
      const world = new World({
        ttlMs: (value, key) => {
          seen.push([value, key]);
          return key === "long" ? Infinity : 20;
        },
      });
      await Promise.all([world.ask("long"), world.ask("short")]);
      expect(seen).toEqual([
        ["load 1", "long"],
        ["load 2", "short"],
      ]);
      await sleep(20);
      expect(await world.ask("long")).toBe("load 1 after 0");
      expect(await world.ask("short")).toBe("load 3 after 10");
    }));

  test.each([0, -1, -Infinity])(
    "of %o keeps nothing, and those who come together share a load",
    (ttlMs) =>
      withVirtualClock(async () => {
        const world = new World({ ttlMs });
        expect(await Promise.all([world.ask(), world.ask()])).toEqual([
          "load 1 after 10",
          "load 1 after 10",
        ]);
        expect([world.get.cache.size, await world.ask()]).toEqual([0, "load 2 after 10"]);
        world.get.cache.set("a", "put");
        expect(world.get.cache.has("a")).toBe(false);
      }),
  );

  test("of a value that is put in place may be its own", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100 });
      world.get.cache.set("a", "put", { ttlMs: 20 });
      world.get.cache.set("b", "put", { ttlMs: Infinity });
      await sleep(20);
      expect(await world.ask("a")).toBe("load 1 after 10");
      await sleep(1e6);
      expect(await world.ask("b")).toBe("put after 0");
    }));

  test("that is no number of milliseconds fails the calls, and keeps nothing", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: () => Number.NaN });
      expect(await Promise.all([world.ask(), world.ask()])).toEqual([
        'Cannot keep a value: "ttlMs" must be a number of milliseconds, received NaN after 10',
        'Cannot keep a value: "ttlMs" must be a number of milliseconds, received NaN after 10',
      ]);
      expect(world.get.cache.size).toBe(0);
    }));

  test("pitfall 19: goes by the monotonic clock", async () => {
    const world = new World({ ttlMs: 60_000 });
    const { now: real } = Date;
    const get = memoize(async () => ++world.loads, { ttlMs: 60_000 });
    expect(await get()).toBe(1);
    try {
      Date.now = () => real() + 3_600_000;
      expect(await get()).toBe(1);
      Date.now = () => real() - 3_600_000;
      expect(await get()).toBe(1);
    } finally {
      Date.now = real;
    }
  });

  test("that was counted on one clock is over on another one", async () => {
    let loads = 0;
    const get = memoize(async () => ++loads, { ttlMs: 3_600_000 });
    const forever = memoize(async () => ++loads);
    await withVirtualClock(async () => {
      expect([await get(), await get(), await forever()]).toEqual([1, 1, 2]);
    });
    expect([await get(), await get(), await forever()]).toEqual([3, 3, 2]);
    await withVirtualClock(async () => {
      expect([await get(), await get()]).toEqual([4, 4]);
    });
  });

  test("pitfall 5: may be longer than a timer of the platform, and sets none", async () => {
    let loads = 0;
    const get = memoize(async () => ++loads, { ttlMs: 2 ** 40, staleWhileRevalidateMs: 2 ** 40 });
    expect([await get(), await get()]).toEqual([1, 1]);
  });
});

describe("staleWhileRevalidateMs", () => {
  test("gives an old value at once, and loads it anew behind the callers, once", () =>
    withVirtualClock(async (clock) => {
      const world = new World({ ttlMs: 100, staleWhileRevalidateMs: 50 });
      await world.ask();
      await sleep(100);
      expect(await Promise.all([world.ask(), world.ask()])).toEqual([
        "load 1 after 0",
        "load 1 after 0",
      ]);
      expect([world.loads, world.get.cache.has("a")]).toEqual([2, false]);
      await sleep(9);
      expect(await world.ask()).toBe("load 1 after 0");
      await clock.advance(1);
      expect([await world.ask(), world.loads]).toEqual(["load 2 after 0", 2]);
      expect(world.get.cache.stats()).toMatchObject({ hits: 1, staleHits: 3, misses: 1, loads: 2 });
    }));

  test("ends to the moment", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100, staleWhileRevalidateMs: 50 });
      await world.ask("a");
      await world.ask("b");
      await sleep(139);
      expect(await world.ask("a")).toBe("load 1 after 0");
      await sleep(11);
      expect(await world.ask("b")).toBe("load 4 after 10");
    }));

  test("lets those wait who come when it is over, for the load that is under way", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100, staleWhileRevalidateMs: 5 });
      await world.ask();
      await sleep(104);
      expect(await world.ask()).toBe("load 1 after 0");
      await sleep(3);
      expect([await world.ask(), world.loads]).toEqual(["load 2 after 7", 2]);
    }));

  test("loads on when the caller has left, and a caller who has not left does not cancel it", () =>
    withVirtualClock(async () => {
      const signals: AbortSignal[] = [];
      const get = memoize(
        async (options: { signal?: AbortSignal | undefined }) => {
          signals.push(options.signal!);
          await sleep(10, { signal: options.signal });
          return signals.length;
        },
        { ttlMs: 100, staleWhileRevalidateMs: 50 },
      );
      const controller = new AbortController();
      await get({ signal: controller.signal });
      await sleep(100);
      expect(await get({ signal: controller.signal })).toBe(1);
      controller.abort("gone");
      await sleep(11);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
      expect(await get({ signal: undefined })).toBe(2);
    }));

  test("keeps the old value when the load behind the callers fails, and is no unhandled rejection", async () => {
    const unhandled = await unhandledDuring(() =>
      withVirtualClock(async () => {
        const world = new World({ ttlMs: 100, staleWhileRevalidateMs: 50 });
        await world.ask();
        await sleep(100);
        world.failing = true;
        expect(await world.ask()).toBe("load 1 after 0");
        await sleep(20);
        expect(await world.ask()).toBe("load 1 after 0");
        await sleep(20);
        expect(world.get.cache.stats()).toMatchObject({ failures: 2, loads: 3, staleHits: 2 });
        await sleep(10);
        expect(await world.ask()).toBe("no 4 after 10");
        world.failing = false;
        expect(await world.ask()).toBe("load 5 after 10");
      }),
    );
    expect(unhandled).toEqual([]);
  });

  ambientTest("tells of a load behind the callers that fails (needs ambient scopes)", async () => {
    const reports = await reportsDuring(() =>
      withVirtualClock(async () => {
        const world = new World({ ttlMs: 100, staleWhileRevalidateMs: 50 });
        await world.ask();
        await sleep(100);
        world.failing = true;
        await world.ask();
        await sleep(20);
      }),
    );
    expect(reports).toEqual(["A load that nobody waited for rejected: Error: no 2"]);
  });

  test("gives an old value to a load that asks for itself", () =>
    withVirtualClock(async () => {
      let loads = 0;
      const get: () => Promise<string> = memoize(
        async (): Promise<string> => (++loads === 1 ? "first" : `after ${await get()}`),
        { ttlMs: 100, staleWhileRevalidateMs: 50 },
      );
      expect(await get()).toBe("first");
      await sleep(100);
      expect(await get()).toBe("first");
      await sleep(1);
      expect(await get()).toBe("after first");
    }));

  test("says nothing about failures that are kept", () =>
    withVirtualClock(async () => {
      const world = new World({
        negativeTtlMs: 20,
        isNegative: ({ status }) => status === "rejected",
        staleWhileRevalidateMs: 1e6,
      });
      world.failing = true;
      expect([await world.ask(), await world.ask()]).toEqual(["no 1 after 10", "no 1 after 0"]);
      await sleep(20);
      expect(await world.ask()).toBe("no 2 after 10");
    }));
});

describe("staleIfErrorMs", () => {
  test("gives an old value in place of the failure of its load, to the moment", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100, staleIfErrorMs: 50 });
      await world.ask();
      world.failing = true;
      await sleep(100);
      expect(await Promise.all([world.ask(), world.ask()])).toEqual([
        "load 1 after 10",
        "load 1 after 10",
      ]);
      await sleep(29);
      expect(await world.ask()).toBe("load 1 after 10");
      expect(await world.ask()).toBe("no 4 after 10");
      expect(world.get.cache.stats()).toMatchObject({ failures: 3, misses: 5, staleHits: 0 });
    }));

  test("loads anew each time, and gives the new value", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100, staleIfErrorMs: 1_000 });
      await world.ask();
      await sleep(100);
      world.failing = true;
      expect(await world.ask()).toBe("load 1 after 10");
      world.failing = false;
      expect([await world.ask(), await world.ask()]).toEqual(["load 3 after 10", "load 3 after 0"]);
    }));

  test("gives nothing where there was no value, or where it was invalidated meanwhile", () =>
    withVirtualClock(async () => {
      const world = new World({ ttlMs: 100, staleIfErrorMs: 1_000 });
      world.failing = true;
      expect(await world.ask()).toBe("no 1 after 10");
      world.failing = false;
      await world.ask();
      await sleep(100);
      world.failing = true;
      const call = world.ask();
      world.get.cache.delete("a");
      expect(await call).toBe("no 3 after 10");
    }));

  test("goes before keeping the failure", () =>
    withVirtualClock(async () => {
      const world = new World({
        ttlMs: 100,
        staleIfErrorMs: 50,
        negativeTtlMs: 1_000,
        isNegative: ({ status }) => status === "rejected",
      });
      await world.ask();
      world.failing = true;
      await sleep(100);
      expect(await world.ask()).toBe("load 1 after 10");
      await sleep(40);
      expect([await world.ask(), await world.ask()]).toEqual(["no 3 after 10", "no 3 after 0"]);
    }));

  test("holds for a load that has run into a deadline of its own, too", () =>
    withVirtualClock(async () => {
      let loads = 0;
      const get = memoize(
        async ({ signal }: { signal?: AbortSignal }) => {
          if (++loads === 1) return "first";
          const scope = new CancelScope({ timeoutMs: 10, signal });
          return scope.run(() => sleep(1_000, at(scope)).then(() => "late"));
        },
        { ttlMs: 100, staleIfErrorMs: 1_000 },
      );
      const { signal } = new AbortController();
      expect(await get({ signal })).toBe("first");
      await sleep(100);
      expect([await get({ signal }), now()]).toEqual(["first", 110]);
      expect(get.cache.stats().failures).toBe(1);
    }));

  ambientTest(
    "holds for a load that has set its scope a deadline, too (needs ambient scopes)",
    () =>
      withVirtualClock(async () => {
        let loads = 0;
        const get = memoize(
          async () => {
            if (++loads === 1) return "first";
            CancelScope.current!.deadline = now() + 10;
            await sleep(1_000);
            return "late";
          },
          { ttlMs: 100, staleIfErrorMs: 1_000 },
        );
        expect(await get()).toBe("first");
        await sleep(100);
        expect([await get(), now()]).toEqual(["first", 110]);
        expect(get.cache.stats().failures).toBe(1);
      }),
  );

  test("is not what those get who have left", () =>
    withVirtualClock(async () => {
      let loads = 0;
      const get = memoize(
        async ({ signal }: { signal?: AbortSignal }) => {
          if (++loads > 1) await sleep(1_000, { signal });
          return loads;
        },
        { ttlMs: 100, staleIfErrorMs: 1_000 },
      );
      const controller = new AbortController();
      const options = { signal: controller.signal };
      expect(await get(options)).toBe(1);
      await sleep(100);
      const call = get(options);
      controller.abort("gone");
      await expect(call).rejects.toBe("gone");
      await sleep(1);
      expect(get.cache.stats()).toMatchObject({ failures: 0, loads: 2, size: 1 });
    }));
});

describe("negativeTtlMs", () => {
  test("is for how long undefined and null are kept, and nothing else", () =>
    withVirtualClock(async () => {
      const values = [undefined, null, false, 0, ""];
      let loads = 0;
      const get = memoize(
        async (which: number) => {
          loads++;
          return values[which];
        },
        { ttlMs: 1_000, negativeTtlMs: 20 },
      );
      const all = (): Promise<unknown[]> => Promise.all(values.map((_, which) => get(which)));
      expect(await all()).toEqual(values);
      await sleep(19);
      expect([await all(), loads]).toEqual([values, 5]);
      await sleep(1);
      expect([await all(), loads]).toEqual([values, 7]);
    }));

  test("leaves values that are negative as any others where it is not given", () =>
    withVirtualClock(async () => {
      let loads = 0;
      const get = memoize(async () => void loads++, { ttlMs: 100 });
      await get();
      await sleep(99);
      await get();
      expect(loads).toBe(1);
    }));

  test("may be for failures, which reject at once then, with the very error", () =>
    withVirtualClock(async () => {
      const error = new Error("missing");
      const asked: unknown[] = [];
      let loads = 0;
      const get = memoize(
        async (_key: string) => {
          loads++;
          throw error;
        },
        {
          negativeTtlMs: 20,
          isNegative: (result, key) => {
            asked.push(result.status, (result as PromiseRejectedResult).reason, key);
            return result.status === "rejected";
          },
        },
      );
      await expect(get("a")).rejects.toBe(error);
      expect(asked).toEqual(["rejected", error, "a"]);
      await sleep(19);
      await expect(get("a")).rejects.toBe(error);
      expect([loads, get.cache.size, get.cache.has("a"), get.cache.peek("a")]).toEqual([
        1,
        1,
        false,
        undefined,
      ]);
      await sleep(1);
      await expect(get("a")).rejects.toBe(error);
      expect([loads, asked.length]).toEqual([2, 6]);
      expect(get.cache.stats()).toMatchObject({ hits: 1, misses: 2, failures: 2 });
    }));

  test("keeps no failure that the predicate does not name", () =>
    withVirtualClock(async () => {
      const world = new World({
        negativeTtlMs: 1_000,
        isNegative: (result) => result.status === "rejected" && String(result.reason).includes("2"),
      });
      world.failing = true;
      const answers = [await world.ask(), await world.ask(), await world.ask()];
      expect(answers).toEqual(["no 1 after 10", "no 2 after 10", "no 2 after 0"]);
    }));

  test("of a failure that is kept makes nobody handle it: it is no unhandled rejection", async () => {
    const unhandled = await unhandledDuring(async () => {
      const get = memoize(() => Promise.reject(new Error("no")), {
        negativeTtlMs: 1_000,
        isNegative: () => true,
      });
      await get().catch(() => {});
    });
    expect(unhandled).toEqual([]);
  });

  test.each([0, -1])("of %o keeps no negative result", (negativeTtlMs) =>
    withVirtualClock(async () => {
      let loads = 0;
      const get = memoize(async () => void loads++, { negativeTtlMs });
      await get();
      await get();
      expect([loads, get.cache.size]).toEqual([2, 0]);
    }),
  );

  test("is replaced by a value that is loaded later", () =>
    withVirtualClock(async () => {
      const world = new World({
        negativeTtlMs: 20,
        isNegative: ({ status }) => status === "rejected",
      });
      world.failing = true;
      await world.ask();
      world.failing = false;
      await sleep(20);
      expect([await world.ask(), await world.ask()]).toEqual(["load 2 after 10", "load 2 after 0"]);
      expect(world.get.cache.size).toBe(1);
    }));

  test("fails the calls when the predicate throws, and keeps nothing", async () => {
    const error = new Error("predicate");
    const options = {
      negativeTtlMs: 20,
      isNegative: () => {
        throw error;
      },
    };
    const value = memoize(async () => "value", options);
    await expect(value()).rejects.toBe(error);
    expect(value.cache.size).toBe(0);
    const failure = memoize(() => Promise.reject(new Error("no")), options);
    await expect(failure()).rejects.toBe(error);
    expect(failure.cache.size).toBe(0);
  });
});
