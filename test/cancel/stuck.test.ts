import { afterEach, beforeEach, describe, expect, test, vi, type MockInstance } from "vitest";
import { CancelScope, sleep, taskGroup, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";

let warn: MockInstance<typeof console.warn>;

beforeEach(() => {
  warn = vi.spyOn(console, "warn").mockImplementation(() => {});
});

afterEach(() => {
  warn.mockRestore();
});

function warnings(): string[] {
  return warn.mock.calls.map((call) => String(call[0]));
}

describe("a cancelled scope whose function does not end", () => {
  test("is reported by name after one second, once", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const scope = new CancelScope({ name: "deaf" });
      const run = scope.run(() => hold.promise);
      scope.cancel("first");
      await clock.advance(999);
      expect(warnings()).toEqual([]);
      await clock.advance(1);
      expect(warnings()).toEqual([expect.stringContaining('"deaf"')]);
      scope.cancel("again");
      await clock.advance(100_000);
      expect(warnings()).toHaveLength(1);
      hold.resolve();
      await run;
    }));

  test("is not reported when it ends in time", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const scope = new CancelScope({ name: "slow" });
      const run = scope.run(() => hold.promise);
      scope.cancel();
      await clock.advance(999);
      hold.resolve();
      await run;
      await clock.advance(100_000);
      expect(warnings()).toEqual([]);
    }));

  test("is reported after its timeout, too", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const call = timeout(500, () => hold.promise, { name: "deaf timeout" });
      await clock.advance(1_499);
      expect(warnings()).toEqual([]);
      await clock.advance(1);
      expect(warnings()).toEqual([expect.stringContaining('"deaf timeout"')]);
      hold.resolve();
      await call;
    }));

  test("is reported when a signal from outside cancelled it, too", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const controller = new AbortController();
      const call = timeout(5_000, () => hold.promise, {
        name: "deaf to a signal",
        signal: controller.signal,
      });
      controller.abort();
      await clock.advance(1_000);
      expect(warnings()).toEqual([expect.stringContaining('"deaf to a signal"')]);
      hold.resolve();
      await call;
    }));

  test("is reported when it was cancelled before it ran, too", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const scope = new CancelScope({ name: "deaf from the start" });
      scope.cancel();
      const run = scope.run(() => hold.promise);
      await clock.advance(1_000);
      expect(warnings()).toEqual([expect.stringContaining('"deaf from the start"')]);
      hold.resolve();
      await run;
    }));

  test("is named by its innermost part that still runs", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const group = taskGroup(
        async (it) => {
          it.spawn(() => hold.promise, { name: "deaf child" });
          it.spawn((task) => sleep(Infinity, at(task.scope)), { name: "good child" });
          it.cancel();
          await clock.advance(1_000);
          hold.resolve();
        },
        { name: "the group" },
      );
      await group;
      expect(warnings()).toHaveLength(1);
      expect(warnings()[0]).toContain('"deaf child"');
      expect(warnings()[0]).not.toContain("good child");
    }));
});

test.each([
  [0, '"deaf"'],
  [1, '"child 0"'],
  [3, '"child 0", "child 1", "child 2"'],
  [12, Array.from({ length: 10 }, (_, i) => `"child ${i}"`).join(", ")],
])("names at most ten of its parts, here of %d", (n, names) =>
  withVirtualClock(async (clock) => {
    const hold = deferred();
    const scope = new CancelScope({ name: "deaf" });
    const run = scope.run(async () => {
      const children = Array.from({ length: n }, (_, i) =>
        new CancelScope({ name: `child ${i}`, ...at(scope) }).run(() => hold.promise),
      );
      await Promise.allSettled([...children, hold.promise]);
    });
    scope.cancel();
    await clock.advance(1_000);
    expect(warnings()).toEqual([
      expect.stringContaining(`${names} has not ended 1000 ms after its cancellation`),
    ]);
    expect(warnings()[0]).not.toContain("child 10");
    hold.resolve();
    await run;
  }),
);

test("a part without a name is said to have none", () =>
  withVirtualClock(async (clock) => {
    const hold = deferred();
    const scope = new CancelScope();
    const run = scope.run(() => hold.promise);
    scope.cancel();
    await clock.advance(1_000);
    expect(warnings()).toEqual([
      'corral: "a scope without a name" has not ended 1000 ms after its cancellation',
    ]);
    hold.resolve();
    await run;
  }));

test("the watch over a cancelled scope is no event for the clock, and no timer is left", () =>
  withVirtualClock(async (clock) => {
    const scope = new CancelScope();
    await scope.run(async () => {
      scope.cancel();
      await clock.runUntilIdle();
    });
    expect(clock.now()).toBe(0);
    expect(warnings()).toEqual([]);
  }));

test("a scope that is cancelled and never run is not stuck", () =>
  withVirtualClock(async (clock) => {
    new CancelScope({ name: "never run" }).cancel();
    await clock.advance(5_000);
    expect(warnings()).toEqual([]);
  }));
