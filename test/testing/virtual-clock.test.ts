import { describe, expect, test } from "vitest";
import {
  cancellable,
  CancelledError,
  CancelScope,
  DeadlockError,
  limit,
  now,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

describe("withVirtualClock()", () => {
  test("gives what its body gives, and jumps over hours", async () => {
    const value = await withVirtualClock(async (clock) => {
      expect(clock.now()).toBe(0);
      await sleep(3_600_000);
      await sleep(0.5);
      expect(now()).toBe(clock.now());
      return clock.now();
    });
    expect(value).toBe(3_600_000.5);
  });

  test("rejects with the body's error as it is, thrown or rejected", async () => {
    const failure = new Error("failed");
    await expect(withVirtualClock(() => Promise.reject(failure))).rejects.toBe(failure);
    await expect(
      withVirtualClock(() => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    await expect(
      withVirtualClock(async () => {
        await sleep(5);
        throw failure;
      }),
    ).rejects.toBe(failure);
  });

  test.each([
    ["AbortError", new DOMException("mine", "AbortError")],
    ["CancelledError", new CancelledError("mine")],
  ])("rejects with the body's own %s as it is", async (_, error) => {
    await expect(withVirtualClock(() => Promise.reject(error))).rejects.toBe(error);
    await expect(withVirtualClock(() => sleep(5).then(() => Promise.reject(error)))).rejects.toBe(
      error,
    );
  });

  test("is one at a time in a process, and free again after each end", async () => {
    await withVirtualClock(async () => {
      const second = withVirtualClock(() => undefined);
      await expect(second).rejects.toBeInstanceOf(TypeError);
      await expect(second).rejects.toThrow(
        "Cannot install a virtual clock: expected none, received one in use",
      );
      await sleep(5);
    });
    await withVirtualClock(() => Promise.reject(new Error("failed"))).catch(() => {});
    await withVirtualClock((clock) => expect(clock.now()).toBe(0));
  });

  test("leaves the platform's timers and clock alone", async () => {
    const before = performance.now();
    const { setTimeout: timer } = globalThis;
    await withVirtualClock(async () => {
      expect(globalThis.setTimeout).toBe(timer);
      await sleep(1e9);
      expect(performance.now() - before).toBeLessThan(1e8);
    });
    expect(now() - before).toBeLessThan(1e8);
  });

  ambientTest("cancels what still waits when the body ends (needs ambient scopes)", async () => {
    let left: Promise<void> = Promise.resolve();
    await withVirtualClock(() => {
      left = sleep(Infinity);
    });
    await expect(left).rejects.toMatchObject({ name: "AbortError", reason: "the test has ended" });
  });

  ambientTest(
    "lets what it so cancels clean up in virtual time (needs ambient scopes)",
    async () => {
      let left: Promise<void> = Promise.resolve();
      const steps: string[] = [];
      await withVirtualClock(() => {
        left = taskGroup(async () => {
          try {
            await sleep(Infinity);
          } finally {
            await shield(() => sleep(10), { timeoutMs: 100 });
            steps.push("cleaned up");
          }
        });
        // It is looked at after the clock has ended, and rejects before.
        left.catch(() => {});
      });
      await expect(left).rejects.toMatchObject({ reason: "the test has ended" });
      expect(steps).toEqual(["cleaned up"]);
    },
  );
});

describe("timers", () => {
  test("fire in the order in which they are due; those due at once, as they were set", () =>
    withVirtualClock(async (clock) => {
      const order: string[] = [];
      const delays = [30, 10, 20, 10, 30, 20, 10];
      await Promise.all(
        delays.map((ms, i) => sleep(ms).then(() => order.push(`${ms}/${i} at ${clock.now()}`))),
      );
      expect(order).toEqual([
        "10/1 at 10",
        "10/3 at 10",
        "10/6 at 10",
        "20/2 at 20",
        "20/5 at 20",
        "30/0 at 30",
        "30/4 at 30",
      ]);
    }));

  test("set by what a timer woke come in their turn", () =>
    withVirtualClock(async (clock) => {
      const order: string[] = [];
      await Promise.all([
        sleep(10)
          .then(() => sleep(5))
          .then(() => order.push(`second at ${clock.now()}`)),
        sleep(20).then(() => order.push(`third at ${clock.now()}`)),
        sleep(12).then(() => order.push(`first at ${clock.now()}`)),
      ]);
      expect(order).toEqual(["first at 12", "second at 15", "third at 20"]);
    }));

  test("that were cancelled are no events", () =>
    withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const wait = sleep(1_000, { signal: controller.signal });
      controller.abort("enough");
      await expect(wait).rejects.toBe("enough");
      await sleep(10);
      await clock.runUntilIdle();
      expect(clock.now()).toBe(10);
    }));

  test("many, in random order, fire sorted", () =>
    withVirtualClock(async (clock) => {
      const timers = Array.from({ length: 500 }, (_, i) => ({ i, ms: ((i * 7_919) % 53) + 1 }));
      const seen: { i: number; ms: number }[] = [];
      await Promise.all(
        timers.map(({ i, ms }) => sleep(ms).then(() => seen.push({ i, ms: clock.now() }))),
      );
      expect(seen).toEqual(timers.toSorted((x, y) => x.ms - y.ms || x.i - y.i));
    }));

  test("the deadline of a scope is an event, the watch over a cancelled one is none", () =>
    withVirtualClock(async (clock) => {
      await timeout(50, (scope) => sleep(Infinity, at(scope))).catch(() => {});
      expect(clock.now()).toBe(50);
      const hold = deferred();
      const scope = new CancelScope();
      const run = scope.run(() => hold.promise);
      scope.cancel();
      // Were it one, the second idle moment would be after it.
      await clock.runUntilIdle();
      await clock.runUntilIdle();
      expect(clock.now()).toBe(50);
      hold.resolve();
      await run;
    }));
});

describe("advance()", () => {
  test("lets time pass, and runs what is due in it to its next wait", () =>
    withVirtualClock(async (clock) => {
      const seen: number[] = [];
      const loop = (async () => {
        for (let i = 0; i < 10; i++) {
          await sleep(10);
          seen.push(clock.now());
        }
      })();
      await clock.advance(25);
      expect(seen).toEqual([10, 20]);
      expect(clock.now()).toBe(25);
      await clock.advance(5);
      expect(seen).toEqual([10, 20, 30]);
      await clock.advance(0);
      expect(clock.now()).toBe(30);
      await loop;
      expect(clock.now()).toBe(100);
    }));

  test("twice at once adds up", () =>
    withVirtualClock(async (clock) => {
      const ends: number[] = [];
      await Promise.all([
        clock.advance(10).then(() => ends.push(clock.now())),
        clock.advance(5).then(() => ends.push(clock.now())),
      ]);
      expect(ends).toEqual([10, 15]);
    }));

  test.each([-1, Number.NaN, Infinity, undefined])("by %s is a RangeError", (ms) =>
    withVirtualClock(async (clock) => {
      await expect(clock.advance(ms as number)).rejects.toBeInstanceOf(RangeError);
      await expect(clock.advance(ms as number)).rejects.toThrow(
        /^Cannot advance the clock: "ms" must/,
      );
    }),
  );

  test("fires a passive timer that is due in it", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const scope = new CancelScope({ name: "deaf" });
      const run = scope.run(() => hold.promise);
      scope.cancel();
      const reports = await reportsDuring(() => clock.advance(1_000));
      expect(reports).toEqual([expect.stringContaining("deaf")]);
      hold.resolve();
      await run;
    }));
});

describe("runUntilIdle()", () => {
  test("lets all run until it waits, and time stand still", () =>
    withVirtualClock(async (clock) => {
      const steps: string[] = [];
      const one = limit(1);
      const calls = Promise.all([
        one(async () => {
          for (let i = 0; i < 50; i++) await Promise.resolve();
          steps.push("first");
          await sleep(5);
          steps.push("slept");
        }),
        one(() => steps.push("second")),
      ]);
      await clock.runUntilIdle();
      expect(steps).toEqual(["first"]);
      expect(clock.now()).toBe(0);
      await calls;
      expect(steps).toEqual(["first", "slept", "second"]);
    }));
});

describe("external()", () => {
  test("keeps the clock from taking what is outside for idle", () =>
    withVirtualClock(async (clock) => {
      const work = clock.external(
        new Promise<string>((resolve) => setTimeout(resolve, 20, "done")),
      );
      let woken = false;
      const other = sleep(10).then(() => {
        woken = true;
      });
      await expect(work).resolves.toBe("done");
      expect(woken).toBe(false);
      expect(clock.now()).toBe(0);
      await other;
      expect(clock.now()).toBe(10);
    }));

  test("passes the rejection, and is over with it", () =>
    withVirtualClock(async (clock) => {
      const failure = new Error("failed");
      await expect(clock.external(Promise.reject(failure))).rejects.toBe(failure);
      await sleep(10);
      expect(clock.now()).toBe(10);
    }));
});

describe("a test that cannot end", () => {
  test("fails with a DeadlockError that shows what waits where, and a hint", async () => {
    const run = withVirtualClock(() =>
      taskGroup(
        async (group) => {
          const one = limit(1);
          group.spawn((task) => one(() => sleep(Infinity, at(task.scope)), at(task.scope)), {
            name: "holder",
          });
          group.spawn((task) => one(() => undefined, at(task.scope)), { name: "waiter" });
          await cancellable(new Promise(() => {}), at(group.scope));
        },
        { name: "jobs" },
      ),
    );
    await expect(run).rejects.toBeInstanceOf(DeadlockError);
    const { message } = (await run.catch((error: unknown) => error)) as Error;
    expect(message).toMatch(/^The test is not over, but all of it waits/);
    expect(message).toContain("clock.external()");
    expect(message).toContain('"holder"');
    expect(message).toContain("waits for sleep");
    expect(message).toContain('"waiter"');
    expect(message).toContain("waits for limit");
    expect(message).toContain("waits for promise");
    expect(message).toMatch(/[├└]─ /);
  });

  test("says so when nothing of the library waits", async () => {
    const run = withVirtualClock(() => new Promise<void>(() => {}));
    await expect(run).rejects.toThrow("no wait of the library");
  });

  ambientTest("has its waits cancelled, and its cleanup run (needs ambient scopes)", async () => {
    const steps: string[] = [];
    const run = withVirtualClock(async () => {
      try {
        await sleep(Infinity);
      } catch (error) {
        steps.push((error as Error).name);
        await shield(() => sleep(5), { timeoutMs: 100 });
        steps.push(`cleaned at ${now()}`);
        throw error;
      }
    });
    await expect(run).rejects.toBeInstanceOf(DeadlockError);
    expect(steps).toEqual(["AbortError", "cleaned at 5"]);
  });

  test("is no deadlock while a timer is set, however far", () =>
    withVirtualClock(async (clock) => {
      await sleep(Number.MAX_SAFE_INTEGER);
      expect(clock.now()).toBe(Number.MAX_SAFE_INTEGER);
    }));

  test("leaves the process without a clock and without a watcher", async () => {
    await withVirtualClock(() => sleep(Infinity)).catch(() => {});
    const record = (globalThis as unknown as Record<symbol, { clock: unknown; watcher: unknown }>)[
      Symbol.for("corral.runtime.1")
    ]!;
    expect(record.clock).toBeUndefined();
    expect(record.watcher).toBeUndefined();
  });
});
