// What every lock does with a function that it runs.
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CancelScope, setDeadlockDetection, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { modes } from "./subjects.ts";

const storage = new AsyncLocalStorage<string>();

afterEach(() => {
  setDeadlockDetection(true);
});

describe.each(modes)("%s: run()", (_, detection, make) => {
  beforeEach(() => {
    setDeadlockDetection(detection);
  });

  test("calls the function at once when it is free, with no argument, and gives its value", async () => {
    const lock = make();
    const log: unknown[] = [];
    const call = lock.run((...given: unknown[]) => {
      log.push(given);
      return "value";
    });
    expect([log, lock.figures()]).toEqual([[[]], [1, 0]]);
    expect(await call).toBe("value");
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("runs one function after the other, in the order of the calls", async () => {
    await withVirtualClock(async (clock) => {
      const lock = make();
      const starts: [number, number][] = [];
      const calls = [3, 1, 2].map((ms, i) =>
        lock.run(() => {
          starts.push([i, clock.now()]);
          return sleep(ms);
        }),
      );
      expect(lock.figures()).toEqual([1, 2]);
      await Promise.all(calls);
      expect(starts).toEqual([
        [0, 0],
        [1, 3],
        [2, 4],
      ]);
    });
  });

  test("rejects with what the function throws, as it is, and goes on", async () => {
    const lock = make();
    const error = new Error("at once");
    const calls = await Promise.allSettled([
      lock.run(() => {
        throw error;
      }),
      lock.run(() => Promise.reject(undefined)),
      lock.run(async () => "value"),
    ]);
    expect(calls).toEqual([
      { status: "rejected", reason: error },
      { status: "rejected", reason: undefined },
      { status: "fulfilled", value: "value" },
    ]);
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("keeps the caller's async context in what had to wait", async () => {
    await withVirtualClock(async () => {
      const lock = make();
      const seen: unknown[] = [];
      const call = async (): Promise<void> => {
        seen.push(storage.getStore());
        await sleep(1);
        seen.push(storage.getStore());
      };
      await Promise.all(["a", "b", "c"].map((name) => storage.run(name, () => lock.run(call))));
      expect(seen).toEqual(["a", "a", "b", "b", "c", "c"]);
    });
  });

  ambientTest("leaves the current scope as it is (needs ambient scopes)", async () => {
    const lock = make();
    const scope = new CancelScope();
    const seen = await scope.run(() =>
      Promise.all(
        [1, 2].map(() =>
          lock.run(async () => {
            const atOnce = CancelScope.current;
            await Promise.resolve();
            return [atOnce, CancelScope.current];
          }),
        ),
      ),
    );
    expect(seen).toEqual([
      [scope, scope],
      [scope, scope],
    ]);
  });

  test("keeps the order of the starts when the budget is spent", async () => {
    const lock = make();
    const order: number[] = [];
    const calls = Array.from({ length: 1_500 }, (__, i) => lock.run(() => void order.push(i)));
    await Promise.all(calls);
    expect(order).toEqual(calls.map((__, i) => i));
  });

  test("leaves a failure to its caller, however much of the budget is spent", async () => {
    const lock = make();
    const unhandled = await unhandledDuring(async () => {
      for (let i = 0; i < 1_500; i++) {
        await expect(lock.run(() => Promise.reject(i))).rejects.toBe(i);
      }
    });
    expect([unhandled, lock.figures()]).toEqual([[], [0, 0]]);
  });

  test("begins at once when the budget is spent, too", async () => {
    const lock = make();
    for (let i = 0; i < 1_500; i++) {
      let begun = false;
      const call = lock.run(() => {
        begun = true;
      });
      expect(begun).toBe(true);
      await call;
    }
  });
});
