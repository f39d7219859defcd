import { afterEach, describe, expect, test, vi } from "vitest";
import { withVirtualClock } from "corral/testing";
import { deliver, passed, ready, rejected, spend } from "../../src/internal/budget.ts";
import { runtime } from "../../src/internal/runtime.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

/** Begins with a full budget: when a hop has just ended. */
async function full(): Promise<void> {
  for (let hop = spend(); ; hop = spend()) {
    if (hop === undefined) continue;
    await hop;
    return;
  }
}

/** How many operations there are until one has to wait. */
function operations(): number {
  for (let n = 1; ; n++) if (spend() !== undefined) return n;
}

describe("the budget", () => {
  test("is 4,096 operations, where time stands still", async () => {
    await withVirtualClock(async () => {
      await full();
      expect(operations()).toBe(4_096);
      await runtime.hop;
      expect(operations()).toBe(4_096);
      await runtime.hop;
    });
  });

  test.each([
    [0.5, 4_096],
    [0.51, 16],
  ])("asks for the time each 16 operations: after %d ms it is over at %d", async (ms, n) => {
    await full();
    const clock = vi.spyOn(runtime as { time: () => number }, "time");
    clock.mockReturnValue(runtime.hopped + ms);
    expect(operations()).toBe(n);
    // It is one hop for all who come now.
    expect(spend()).toBe(runtime.hop);
    clock.mockRestore();
    await runtime.hop;
  });

  test("counts what is handed over, and puts that off when it is spent", async () => {
    await withVirtualClock(async () => {
      await full();
      const told: number[] = [];
      let n = 1;
      for (; told.length === n - 1; n++) deliver((value) => told.push(value), n);
      expect([n - 1, told.length]).toEqual([4_096, 4_095]);
      await runtime.hop;
      expect(told.at(-1)).toBe(4_096);
    });
  });

  test("is paid once by an operation that is ready", async () => {
    await withVirtualClock(async () => {
      await full();
      const { ops } = runtime;
      const first = passed();
      expect(passed()).toBe(first);
      void ready(1);
      rejected(new Error("no")).catch(() => {});
      expect(runtime.ops - ops).toBe(4);
    });
  });

  test("lets what is ready, or refused, wait when it is spent, in order", async () => {
    await withVirtualClock(async () => {
      await full();
      operations();
      const told: string[] = [];
      const all = [
        ready("first").then((value) => told.push(value)),
        passed().then(() => told.push("second")),
        ready("third").then((value) => told.push(value)),
      ];
      const refused = rejected(new Error("no")).catch((error: unknown) => told.push(String(error)));
      for (let i = 0; i < 5; i++) await Promise.resolve();
      expect(told).toEqual([]);
      await Promise.all([...all, refused]);
      expect(told.slice(0, 3)).toEqual(["first", "second", "third"]);
      expect(told[3]).toBe("Error: no");
    });
  });
});
