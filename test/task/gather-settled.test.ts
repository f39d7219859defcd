import { describe, expect, test } from "vitest";
import { CancelScope, gatherSettled, sleep, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("gatherSettled()", () => {
  test("tells how each has ended; a failure cancels nobody", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("no");
      const results = await gatherSettled([
        () => Promise.reject(error),
        async (scope) => {
          await sleep(10, at(scope));
          return "value";
        },
        () => {
          throw error;
        },
      ]);
      expect(results).toEqual([
        { status: "rejected", reason: error },
        { status: "fulfilled", value: "value" },
        { status: "rejected", reason: error },
      ]);
      expect(clock.now()).toBe(10);
    });
  });

  test("keeps the shape of a record, and of any iterable", async () => {
    expect(await gatherSettled({ a: () => 1, b: () => Promise.reject(null) })).toEqual({
      a: { status: "fulfilled", value: 1 },
      b: { status: "rejected", reason: null },
    });
    expect(await gatherSettled(new Set([() => 1]))).toEqual([{ status: "fulfilled", value: 1 }]);
    expect(await gatherSettled([])).toEqual([]);
  });

  test("runs at most `concurrency` at once, and goes on after a failure", async () => {
    await withVirtualClock(async () => {
      let running = 0;
      let most = 0;
      const jobs = [0, 1, 2, 3].map((i) => async (scope: CancelScope) => {
        most = Math.max(most, ++running);
        await sleep(5, at(scope));
        running--;
        if (i === 0) throw new Error("first");
        return i;
      });
      const results = await gatherSettled(jobs, { concurrency: 2 });
      expect(results.map(({ status }) => status)).toEqual([
        "rejected",
        "fulfilled",
        "fulfilled",
        "fulfilled",
      ]);
      expect(most).toBe(2);
    });
  });

  test("rejects with the signal's raw reason when a function ended for it", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const settling = gatherSettled([() => 1, (scope) => sleep(1_000, at(scope))], {
        signal: controller.signal,
      });
      controller.abort("shutdown");
      await expect(settling).rejects.toBe("shutdown");
    });
  });

  test("rejects with the cancellation of the scope around it", async () => {
    await withVirtualClock(async () => {
      const outer = new CancelScope();
      const run = outer.run((scope) =>
        gatherSettled([(inner) => sleep(1_000, at(inner))], at(scope)),
      );
      outer.cancel("outer");
      await expect(run).rejects.toMatchObject({ reason: "outer" });
    });
  });

  test("gives the results when none of the functions ended for the cancellation", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const settling = gatherSettled(
        [
          async (scope) => {
            await sleep(1_000, at(scope)).catch(() => {});
            return "anyway";
          },
        ],
        { signal: controller.signal },
      );
      controller.abort("shutdown");
      expect(await settling).toEqual([{ status: "fulfilled", value: "anyway" }]);
    });
  });

  test("rejects with a TimeoutError when its time is over and a function ended for that", async () => {
    await withVirtualClock(async (clock) => {
      const settling = gatherSettled([(scope) => sleep(1_000, at(scope))], { timeoutMs: 5 });
      await expect(settling).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
    });
  });

  test("rejects, and starts none of those in line, when it is cancelled", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const controller = new AbortController();
      const settling = gatherSettled(
        [
          async (scope) => {
            log.push("runs");
            await sleep(1_000, at(scope)).catch(() => {});
          },
          () => void log.push("never"),
        ],
        { signal: controller.signal, concurrency: 1 },
      );
      controller.abort("shutdown");
      await expect(settling).rejects.toBe("shutdown");
      expect(log).toEqual(["runs"]);
    });
  });

  test("refuses promises in place of functions", async () => {
    await expect(gatherSettled([Promise.resolve(1) as never])).rejects.toThrow(TypeError);
    await expect(gatherSettled(undefined as never)).rejects.toThrow(TypeError);
    await expect(gatherSettled([() => 1], { concurrency: 0 })).rejects.toThrow(RangeError);
  });
});
