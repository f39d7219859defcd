import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, type Job, race, shield, sleep, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

function after<T>(ms: number, value: T): Job<T> {
  return async (scope) => {
    await sleep(ms, at(scope));
    return value;
  };
}

/** Is cancelled, cleans up for 20 ms, and then does what `last` does. */
function lateLoser<T>(last: () => T): Job<T> {
  return async (scope) => {
    await sleep(1_000, at(scope)).catch(() => {});
    await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
    return last();
  };
}

function rejects(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe("race()", () => {
  test("gives the value of the first to end; the others are cancelled and waited for", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const winner = await race<unknown>([
        lateLoser(() => log.push("loser has ended")),
        after(5, "fast"),
        after(10, "slow"),
      ]);
      expect(winner).toBe("fast");
      expect(log).toEqual(["loser has ended"]);
      expect(clock.now()).toBe(25);
    });
  });

  test("throws the failure of the first to end, as it is", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("first");
      const racing = race([
        async (scope) => {
          await sleep(5, at(scope));
          throw error;
        },
        after(10, "slow"),
      ]);
      await expect(racing).rejects.toBe(error);
      expect(clock.now()).toBe(5);
    });
  });

  test.each([
    ["an AbortError of the platform", new DOMException("mine", "AbortError")],
    ["a CancelledError of another scope", new CancelledError("mine")],
  ])("throws %s with which the first ended, as it is", async (_, error) => {
    const racing = race([
      () => Promise.reject(error),
      (scope) => sleep(100, { signal: scope.signal }),
    ]);
    await expect(racing).rejects.toBe(error);
  });

  test("calls all at once, each with the one scope", async () => {
    const scopes = new Set<CancelScope>();
    const racing = race([
      (scope) => scopes.add(scope).size,
      (scope) => scopes.add(scope).size,
      (scope) => scopes.add(scope).size,
    ]);
    expect(scopes.size).toBe(1);
    expect(await racing).toBe(1);
  });

  test("takes any iterable of functions", async () => {
    expect(await race(new Set([() => "only"]))).toBe("only");
  });

  test("rejects with a RangeError for no functions", async () => {
    await expect(race([])).rejects.toBeInstanceOf(RangeError);
  });
});

describe("a loser", () => {
  test("that was just cancelled is nobody's business", async () => {
    const losers: unknown[] = [];
    await race<unknown>([() => "won", (scope) => sleep(1_000, at(scope))], {
      onLoser: (result) => losers.push(result),
    });
    expect(losers).toEqual([]);
  });

  test("with a value that came too late goes to onLoser, with its index", async () => {
    await withVirtualClock(async () => {
      const losers: unknown[] = [];
      await race<string>([() => "won", lateLoser(() => "late")], {
        onLoser: (result, index) => losers.push([result, index]),
      });
      expect(losers).toEqual([[{ status: "fulfilled", value: "late" }, 1]]);
    });
  });

  test("that fails goes to onLoser, with its index", async () => {
    await withVirtualClock(async () => {
      const error = new Error("late");
      const losers: unknown[] = [];
      await race<string>([lateLoser(rejects(error)), () => "won"], {
        onLoser: (result, index) => losers.push([result, index]),
      });
      expect(losers).toEqual([[{ status: "rejected", reason: error }, 0]]);
    });
  });

  test("with a late value is disposed by default, sync or async", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      await race<unknown>([
        () => "won",
        lateLoser(() => ({ [Symbol.dispose]: () => log.push("sync") })),
        lateLoser(() => ({ [Symbol.asyncDispose]: async () => log.push("async") })),
        lateLoser(() => null),
      ]);
      expect(log).toEqual(["sync", "async"]);
    });
  });

  test("with a late value is not disposed when there is an onLoser", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      await race<unknown>(
        [() => "won", lateLoser(() => ({ [Symbol.dispose]: () => log.push("disposed") }))],
        { onLoser: () => log.push("onLoser") },
      );
      expect(log).toEqual(["onLoser"]);
    });
  });

  ambientTest(
    "that fails is told to the diagnostics channel, also with an onLoser (needs node:diagnostics_channel)",
    async () => {
      await withVirtualClock(async () => {
        const reports = await reportsDuring(() =>
          race<unknown>([() => "won", lateLoser(rejects(new Error("late")))]),
        );
        expect(reports).toEqual(["A loser of race() failed: Error: late"]);
        const more = await reportsDuring(() =>
          race<unknown>([() => "won", lateLoser(rejects(new Error("late")))], {
            onLoser: () => {},
          }),
        );
        expect(more).toHaveLength(1);
      });
    },
  );

  test("whose onLoser throws is reported, and breaks nothing", async () => {
    await withVirtualClock(async () => {
      const losers: number[] = [];
      const reports = await reportsDuring(async () => {
        const winner = await race<unknown>([() => "won", lateLoser(() => 1), lateLoser(() => 2)], {
          onLoser: (_, index) => {
            losers.push(index);
            throw new Error("broken callback");
          },
        });
        expect(winner).toBe("won");
      });
      expect(losers).toEqual([1, 2]);
      expect(reports).toEqual([
        "onLoser threw: Error: broken callback",
        "onLoser threw: Error: broken callback",
      ]);
    });
  });

  test("whose failure cannot be turned into text is told all the same", async () => {
    await withVirtualClock(async () => {
      const odd: unknown = Object.create(null);
      const winner = await race<unknown>([() => "won", lateLoser(rejects(odd))]);
      expect(winner).toBe("won");
    });
  });
});

describe("a cancellation of race()", () => {
  test("by its signal rejects with the raw reason when all have ended", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const racing = race<unknown>([(scope) => sleep(1_000, at(scope)), after(1_000, 1)], {
        signal: controller.signal,
      });
      await sleep(5);
      controller.abort("shutdown");
      await expect(racing).rejects.toBe("shutdown");
      expect(clock.now()).toBe(5);
    });
  });

  test("by a scope around it rejects with that scope's CancelledError", async () => {
    await withVirtualClock(async () => {
      const outer = new CancelScope();
      const run = outer.run((scope) => race([after(1_000, 1)], at(scope)));
      outer.cancel("outer");
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "outer" });
    });
  });

  test("does not take the win from who returns in spite of it", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const racing = race(
        [
          (scope) => sleep(1_000, at(scope)).then(() => "never"),
          async (scope) => {
            await sleep(1_000, at(scope)).catch(() => {});
            return "anyway";
          },
        ],
        { signal: controller.signal },
      );
      controller.abort("shutdown");
      expect(await racing).toBe("anyway");
    });
  });

  test("by timeoutMs rejects with a TimeoutError", async () => {
    await withVirtualClock(async (clock) => {
      await expect(race([after(1_000, 1)], { timeoutMs: 5 })).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
    });
  });
});

describe("race() refuses", () => {
  test("promises in place of functions", async () => {
    await expect(race([Promise.resolve(1) as never])).rejects.toThrow(/already started/);
    await expect(race(undefined as never)).rejects.toThrow(TypeError);
  });

  test.each([
    [{ onLoser: 5 }, TypeError],
    [{ timeoutMs: NaN }, RangeError],
    [{ signal: {} }, TypeError],
    [null, TypeError],
    ["text", TypeError],
  ])("the options %o", async (options, kind) => {
    await expect(race([() => 1], options as never)).rejects.toThrow(kind);
  });
});
