import { describe, expect, test } from "vitest";
import { any, CancelScope, type Job, shield, sleep, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

function after<T>(ms: number, value: T): Job<T> {
  return async (scope) => {
    await sleep(ms, at(scope));
    return value;
  };
}

function failing(ms: number, error: unknown): Job<never> {
  return async (scope) => {
    await sleep(ms, at(scope));
    throw error;
  };
}

describe("any()", () => {
  test("gives the first value, past failures; the others are cancelled and waited for", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const value = await any([
        failing(1, new Error("early")),
        after(5, "value"),
        async (scope) => {
          await sleep(1_000, at(scope)).catch(() => {});
          await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
          log.push("loser has ended");
          return "late";
        },
      ]);
      expect(value).toBe("value");
      expect(log).toEqual(["loser has ended"]);
      expect(clock.now()).toBe(25);
    });
  });

  test("rejects with all failures, in the order of the functions, when nobody succeeds", async () => {
    await withVirtualClock(async (clock) => {
      const [a, b, c] = [new Error("a"), undefined, new Error("c")];
      const error: unknown = await any([failing(10, a), failing(1, b), failing(5, c)]).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(AggregateError);
      expect((error as AggregateError).errors).toEqual([a, b, c]);
      expect(clock.now()).toBe(10);
    });
  });

  test("rejects with an empty AggregateError for no functions", async () => {
    const error: unknown = await any([]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors).toEqual([]);
  });

  test("hands who comes after the win to onLoser, not who failed before it", async () => {
    await withVirtualClock(async () => {
      const late = new Error("late");
      const losers: unknown[] = [];
      await any<string>(
        [
          failing(1, new Error("early")),
          after(5, "value"),
          async (scope) => {
            await sleep(1_000, at(scope)).catch(() => {});
            throw late;
          },
          async (scope) => {
            await sleep(1_000, at(scope)).catch(() => {});
            return "too late";
          },
        ],
        { onLoser: (result, index) => losers.push([index, result]) },
      );
      expect(losers).toEqual([
        [2, { status: "rejected", reason: late }],
        [3, { status: "fulfilled", value: "too late" }],
      ]);
    });
  });

  test("disposes a late value by default", async () => {
    const log: string[] = [];
    await any<unknown>([
      () => "won",
      async (scope) => {
        await sleep(1_000, at(scope)).catch(() => {});
        return { [Symbol.dispose]: () => log.push("disposed") };
      },
    ]);
    expect(log).toEqual(["disposed"]);
  });

  test("rejects with its signal's raw reason when all have ended for it", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const trying = any([failing(1, new Error("early")), after(1_000, 1)], {
        signal: controller.signal,
      });
      await sleep(5);
      controller.abort("shutdown");
      await expect(trying).rejects.toBe("shutdown");
    });
  });

  test("rejects with the cancellation of the scope around it", async () => {
    await withVirtualClock(async () => {
      const outer = new CancelScope();
      const run = outer.run((scope) => any([after(1_000, 1)], at(scope)));
      outer.cancel("outer");
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "outer" });
    });
  });

  test("rejects with a TimeoutError when its time is over", async () => {
    await withVirtualClock(async (clock) => {
      await expect(any([after(1_000, 1)], { timeoutMs: 5 })).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
    });
  });

  ambientTest(
    "tells the earlier failures to the diagnostics channel when it ends with something else (needs node:diagnostics_channel)",
    async () => {
      await withVirtualClock(async () => {
        const reports = await reportsDuring(async () => {
          const trying = any(
            [failing(1, new Error("early")), after(1_000, 1), failing(2, new Error("next"))],
            { timeoutMs: 5 },
          );
          await expect(trying).rejects.toBeInstanceOf(TimeoutError);
        });
        expect(reports).toEqual([
          "A loser of any() failed: Error: early",
          "A loser of any() failed: Error: next",
        ]);
      });
    },
  );

  test("refuses promises in place of functions, and wrong options", async () => {
    await expect(any([Promise.resolve(1) as never])).rejects.toThrow(/already started/);
    await expect(any([() => 1], { onLoser: 5 } as never)).rejects.toThrow(TypeError);
    await expect(any([() => 1], null as never)).rejects.toThrow(TypeError);
  });
});
