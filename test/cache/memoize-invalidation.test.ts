// What is invalidated while it is loaded is not written, and a newer load outlives the end of an older one.
import { describe, expect, test } from "vitest";
import { CancelScope, memoize, type Memoized, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { Loads, outcomeOf } from "./flights.ts";

interface Options {
  readonly signal?: AbortSignal | undefined;
}

type Get = Memoized<(key: string, options?: Options) => Promise<string>>;

/** A memoized function whose loads end when a test says so. */
function open(loads: Loads): Get {
  return memoize((_key: string, options: Options = {}) =>
    loads.stubborn({ signal: options.signal ?? new AbortController().signal }),
  );
}

const invalidations: Record<string, (get: Get) => void> = {
  "delete()": (get) => expect(get.cache.delete("a")).toBe(true),
  "clear()": (get) => get.cache.clear(),
};

describe.each(Object.entries(invalidations))(
  "pitfall 8: %s while a load is under way",
  (_, invalidate) => {
    test("lets those who wait have what it gives, which is not written", async () => {
      const loads = new Loads();
      const get = open(loads);
      const old = [get("a"), get("a")];
      invalidate(get);
      expect([get.cache.has("a"), get.cache.size]).toEqual([false, 0]);
      loads.begun[0]!.gate.resolve("old");
      expect(await Promise.all(old)).toEqual(["old", "old"]);
      expect([get.cache.has("a"), get.cache.size]).toEqual([false, 0]);
      const anew = get("a");
      expect(loads.begun).toHaveLength(2);
      loads.begun[1]!.gate.resolve("new");
      expect([await anew, get.cache.peek("a")]).toEqual(["new", "new"]);
    });

    test("lets the next call load anew at once, and both ends come in either order", async () => {
      for (const order of [
        [0, 1],
        [1, 0],
      ]) {
        const loads = new Loads();
        const get = open(loads);
        const old = get("a");
        invalidate(get);
        const anew = get("a");
        expect(loads.begun).toHaveLength(2);
        for (const i of order) {
          loads.begun[i]!.gate.resolve(["old", "new"][i]!);
          await settle();
          // Neither end takes the newer load, or its value, away.
          const joined = get("a");
          expect(loads.begun).toHaveLength(2);
          if (i === 1) expect(await joined).toBe("new");
        }
        expect([await old, await anew, get.cache.peek("a")]).toEqual(["old", "new", "new"]);
        expect(get.cache.stats()).toMatchObject({ loads: 2, size: 1, totalSize: 1, evictions: 0 });
      }
    });

    test("harms nothing when the old one fails, before or after the new one has ended", async () => {
      const unhandled = await unhandledDuring(async () => {
        for (const order of [
          [0, 1],
          [1, 0],
        ]) {
          const loads = new Loads();
          const get = open(loads);
          const old = outcomeOf(get("a"));
          invalidate(get);
          const anew = get("a");
          for (const i of order) {
            if (i === 0) loads.begun[0]!.gate.reject("no");
            else loads.begun[1]!.gate.resolve("new");
            await settle();
          }
          expect([await old, await anew, await get("a")]).toEqual([{ reason: "no" }, "new", "new"]);
          expect(loads.begun).toHaveLength(2);
        }
      });
      expect(unhandled).toEqual([]);
    });

    test("and several loads later only the last one writes", async () => {
      const loads = new Loads();
      const get = open(loads);
      const calls: Promise<string>[] = [];
      for (let i = 0; i < 4; i++) {
        calls.push(get("a"));
        if (i < 3) invalidate(get);
      }
      for (const i of [2, 0, 3, 1]) {
        loads.begun[i]!.gate.resolve(`load ${i}`);
        await settle();
        expect(get.cache.peek("a")).toBe([3, 1].includes(i) ? "load 3" : undefined);
      }
      expect(await Promise.all(calls)).toEqual(["load 0", "load 1", "load 2", "load 3"]);
    });

    test("does not cancel it for those who wait, and lets the last who leaves cancel it", async () => {
      const loads = new Loads();
      const get = open(loads);
      const controller = new AbortController();
      const old = outcomeOf(get("a", { signal: controller.signal }));
      invalidate(get);
      const anew = get("a", { signal: new AbortController().signal });
      await settle();
      expect(loads.aborted).toEqual([false, false]);
      controller.abort("gone");
      expect([await old, loads.aborted]).toEqual([{ reason: "gone" }, [true, false]]);
      loads.begun[0]!.gate.resolve("old");
      loads.begun[1]!.gate.resolve("new");
      expect([await anew, get.cache.peek("a")]).toEqual(["new", "new"]);
    });

    test("in the load's first step counts, too", async () => {
      let calls = 0;
      const get: Get = memoize(async (_key: string, _options?: Options) => {
        if (++calls === 1) invalidate(get);
        return `load ${calls}`;
      });
      expect([await get("a"), await get("a"), await get("a")]).toEqual([
        "load 1",
        "load 2",
        "load 2",
      ]);
    });

    test("in the step of its end is before it, or after it", async () => {
      for (let microtasks = 0; microtasks < 8; microtasks++) {
        const loads = new Loads();
        const get = open(loads);
        const old = get("a");
        loads.begun[0]!.gate.resolve("old");
        for (let i = 0; i < microtasks; i++) await Promise.resolve();
        invalidate(get);
        await settle();
        expect([await old, get.cache.has("a"), get.cache.size]).toEqual(["old", false, 0]);
      }
    });
  },
);

describe("pitfall 8: set() while a load is under way", () => {
  test("keeps what was put in place; those who wait get what the load gives", async () => {
    const loads = new Loads();
    const get = open(loads);
    const old = get("a");
    get.cache.set("a", "put");
    expect(await get("a")).toBe("put");
    loads.begun[0]!.gate.resolve("old");
    expect([await old, await get("a"), get.cache.size]).toEqual(["old", "put", 1]);
    expect(loads.begun).toHaveLength(1);
  });

  test("keeps it also when the load fails", async () => {
    const loads = new Loads();
    const get = open(loads);
    const old = outcomeOf(get("a"));
    get.cache.set("a", "put");
    loads.begun[0]!.gate.reject("no");
    expect([await old, await get("a")]).toEqual([{ reason: "no" }, "put"]);
  });

  test("and a load after that writes again", async () => {
    const loads = new Loads();
    const get = open(loads);
    const old = get("a");
    get.cache.set("a", "put");
    get.cache.delete("a");
    const anew = get("a");
    loads.begun[1]!.gate.resolve("new");
    expect(await anew).toBe("new");
    loads.begun[0]!.gate.resolve("old");
    expect([await old, get.cache.peek("a")]).toEqual(["old", "new"]);
  });

  test("that does not keep its value invalidates all the same", async () => {
    const loads = new Loads();
    const get = open(loads);
    const old = get("a");
    get.cache.set("a", "put");
    get.cache.set("a", "gone", { ttlMs: 0 });
    expect(get.cache.has("a")).toBe(false);
    const anew = get("a");
    expect(loads.begun).toHaveLength(2);
    loads.begun[0]!.gate.resolve("old");
    loads.begun[1]!.gate.resolve("new");
    expect([await old, await anew, get.cache.peek("a")]).toEqual(["old", "new", "new"]);
  });

  test("that is refused changes nothing of it", async () => {
    const loads = new Loads();
    const get = open(loads);
    const call = get("a");
    expect(() => get.cache.set("a", Promise.resolve("bad") as never)).toThrow(TypeError);
    loads.begun[0]!.gate.resolve("value");
    expect([await call, get.cache.peek("a")]).toEqual(["value", "value"]);
  });
});

/** Begins a load and leaves it. */
async function givenUp(loads: Loads, get: Get): Promise<void> {
  const controller = new AbortController();
  const call = outcomeOf(get("a", { signal: controller.signal }));
  controller.abort("gone");
  expect([await call, loads.aborted.at(-1)]).toEqual([{ reason: "gone" }, true]);
}

describe("a load of a cache that was given up", () => {
  test("is not joined, and is written where nothing has come in its place", async () => {
    const loads = new Loads();
    const get = open(loads);
    await givenUp(loads, get);
    loads.begun[0]!.gate.resolve("late");
    await settle();
    expect([get.cache.peek("a"), get.cache.stats()]).toEqual([
      "late",
      expect.objectContaining({ failures: 0, loads: 1 }),
    ]);
  });

  test.each(["late value", "late failure"])("does not harm a newer one by its %s", async (late) => {
    const unhandled = await unhandledDuring(async () => {
      const loads = new Loads();
      const get = open(loads);
      await givenUp(loads, get);
      const anew = get("a");
      expect(loads.begun).toHaveLength(2);
      if (late === "late value") loads.begun[0]!.gate.resolve("late");
      else loads.begun[0]!.gate.reject("late");
      await settle();
      expect(get.cache.has("a")).toBe(false);
      const joined = get("a");
      expect(loads.begun).toHaveLength(2);
      loads.begun[1]!.gate.resolve("new");
      expect([await anew, await joined, get.cache.peek("a")]).toEqual(["new", "new", "new"]);
      expect(get.cache.stats()).toMatchObject({ failures: 0, loads: 2, size: 1 });
    });
    expect(unhandled).toEqual([]);
  });

  test("leaves no entry when it fails", async () => {
    const loads = new Loads();
    const get = open(loads);
    await givenUp(loads, get);
    loads.begun[0]!.gate.reject(new Error("late"));
    await settle();
    expect([get.cache.delete("a"), get.cache.stats()]).toEqual([
      false,
      expect.objectContaining({ failures: 0, size: 0 }),
    ]);
  });

  test("keeps no failure of it, whatever is negative", async () => {
    const controller = new AbortController();
    const get = memoize(
      async (options: Options) => {
        await sleep(1e6, options).catch(() => {});
        throw new Error("late");
      },
      { negativeTtlMs: 1e6, isNegative: () => true },
    );
    const call = outcomeOf(get({ signal: controller.signal }));
    controller.abort("gone");
    expect(await call).toEqual({ reason: "gone" });
    await settle();
    expect(get.cache.size).toBe(0);
  });
});

test("with keepAlive, a load goes on when its callers have left, and its value is kept", () =>
  withVirtualClock(async () => {
    let loads = 0;
    const get = memoize(
      async (options: Options) => {
        loads++;
        await sleep(10, { signal: options.signal });
        return "value";
      },
      { keepAlive: true },
    );
    const scope = new CancelScope();
    const call = outcomeOf(scope.run(() => get({ signal: at(scope).signal })));
    scope.cancel("gone");
    expect(await call).toMatchObject({ reason: { reason: "gone" } });
    await sleep(20);
    expect([await get({ signal: undefined }), loads]).toEqual(["value", 1]);
  }));
