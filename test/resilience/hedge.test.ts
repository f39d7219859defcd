import { describe, expect, test } from "vitest";
import { CancelScope, failuresOf, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { hedge } from "../../src/resilience/hedge.ts";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { timersLeftBy } from "../support/timers.ts";

/** Attempts that take so long each, to succeed with their number or to fail. */
function attempts(
  ends: readonly { ms: number; fails?: unknown }[],
  begun: number[],
): (scope: CancelScope, attempt: number) => Promise<number> {
  return async (scope, attempt) => {
    begun.push(now());
    const { ms, ...end } = ends[attempt - 1]!;
    if (ms > 0) await sleep(ms, at(scope));
    if ("fails" in end) throw end.fails;
    return attempt;
  };
}

describe("hedge()", () => {
  test("calls the function at once, and once when that is quick", async () => {
    await withVirtualClock(async () => {
      const begun: number[] = [];
      const answer = hedge(attempts([{ ms: 10 }, { ms: 10 }], begun), { delayMs: 20 });
      expect(begun).toEqual([0]);
      expect(await answer).toBe(1);
      expect(now()).toBe(10);
      await sleep(100);
      expect(begun).toEqual([0]);
    });
  });

  test("starts another attempt when the last has not ended after the delay; the first success wins", async () => {
    await withVirtualClock(async () => {
      const begun: number[] = [];
      const slow = attempts([{ ms: 1_000 }, { ms: 500 }, { ms: 10 }, { ms: 1 }], begun);
      expect(await hedge(slow, { delayMs: 20, max: 4 })).toBe(3);
      expect(begun).toEqual([0, 20, 40]);
      expect(now()).toBe(50);
    });
  });

  test("makes two attempts at most by default", async () => {
    await withVirtualClock(async () => {
      const begun: number[] = [];
      expect(await hedge(attempts([{ ms: 100 }, { ms: 100 }], begun), { delayMs: 20 })).toBe(1);
      expect(begun).toEqual([0, 20]);
      expect(now()).toBe(100);
    });
  });

  test("starts another attempt at once when one has failed, and counts the delay from there", async () => {
    await withVirtualClock(async () => {
      const begun: number[] = [];
      const ends = [{ ms: 5, fails: "no" }, { ms: 1_000 }, { ms: 10 }];
      expect(await hedge(attempts(ends, begun), { delayMs: 20, max: 3 })).toBe(3);
      expect(begun).toEqual([0, 5, 25]);
    });
  });

  test("starts one attempt for each that has failed, also when they fail together", async () => {
    await withVirtualClock(async () => {
      const begun: number[] = [];
      const ends = [{ ms: 30, fails: 1 }, { ms: 20, fails: 2 }, { ms: 50 }, { ms: 30 }];
      expect(await hedge(attempts(ends, begun), { delayMs: 10, max: 4 })).toBe(4);
      expect(begun).toEqual([0, 10, 20, 30]);
      const again: number[] = [];
      const together = [{ ms: 15, fails: 1 }, { ms: 5, fails: 2 }, { ms: 50 }, { ms: 40 }];
      expect(await hedge(attempts(together, again), { delayMs: 10, max: 4 })).toBe(4);
      expect(again.map((time) => time - again[0]!)).toEqual([0, 10, 15, 15]);
    });
  });

  test("without an end to the delay starts another attempt only when one has failed", async () => {
    await withVirtualClock(async () => {
      const begun: number[] = [];
      const ends = [{ ms: 0, fails: "no" }, { ms: 500 }, { ms: 0 }];
      expect(await hedge(attempts(ends, begun), { delayMs: Infinity, max: 3 })).toBe(2);
      expect(begun).toEqual([0, 0]);
    });
  });

  test("throws the first failure when all have failed; failuresOf() tells of the others", async () => {
    await withVirtualClock(async () => {
      const errors = [new Error("0"), new Error("1"), new Error("2")];
      const ends = [
        { ms: 50, fails: errors[0] },
        { ms: 15, fails: errors[1] },
        { ms: 100, fails: errors[2] },
      ];
      const call = hedge(attempts(ends, []), { delayMs: 20, max: 3 });
      await expect(call).rejects.toBe(errors[1]);
      expect(failuresOf(errors[1])).toEqual([errors[1], errors[0], errors[2]]);
      expect(now()).toBe(135);
    });
  });

  test.each([undefined, null, 0, "", "text"])("pitfall 17: throws %o as it is", async (reason) => {
    await withVirtualClock(async () => {
      const outcome = await hedge(() => Promise.reject(reason), { delayMs: 10 }).then(
        () => "resolved",
        (error: unknown) => [error],
      );
      expect(outcome).toEqual([reason]);
    });
  });

  test("pitfall 18: takes what returns or throws at once, and falsy values", async () => {
    await withVirtualClock(async () => {
      expect(await hedge(() => undefined, { delayMs: 10 })).toBeUndefined();
      expect(await hedge(() => 0, { delayMs: 10 })).toBe(0);
      const second = hedge(
        (_scope, attempt) => {
          if (attempt === 1) throw new Error("sync");
          return attempt;
        },
        { delayMs: 10 },
      );
      expect(await second).toBe(2);
    });
  });
});

test("pitfall 25: hedge() leaves no timer, whether it is won early or late", async () => {
  const left = await timersLeftBy(async () => {
    await hedge(() => 1, { delayMs: 1e6 });
    await hedge((_scope, attempt) => (attempt < 3 ? Promise.reject(new Error("no")) : 1), {
      delayMs: 1e6,
      max: 5,
    });
  });
  expect(left).toBe(0);
});

describe("the losers of hedge()", () => {
  test("are cancelled, and waited for with their cleanup", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const answer = await hedge(
        async (scope, attempt) => {
          if (attempt === 2) return "second";
          try {
            await sleep(1_000, at(scope));
          } finally {
            await new CancelScope({ shield: true }).run(() => sleep(30));
            log.push(`cleaned up at ${now()}`);
          }
          return "first";
        },
        { delayMs: 20 },
      );
      expect(answer).toBe("second");
      expect(log).toEqual(["cleaned up at 50"]);
      expect(now()).toBe(50);
    });
  });

  test("each have a scope of their own: the winner's is not cancelled with them", async () => {
    await withVirtualClock(async () => {
      const scopes: CancelScope[] = [];
      const signal = await hedge(
        async (scope, attempt) => {
          scopes.push(scope);
          if (attempt === 1) await sleep(1_000, at(scope));
          return scope.signal;
        },
        { delayMs: 20 },
      );
      expect(scopes.map(({ cancelled }) => cancelled)).toEqual([true, false]);
      expect(signal.aborted).toBe(false);
    });
  });

  test("hand their late values to onLoser", async () => {
    await withVirtualClock(async () => {
      const lost: unknown[] = [];
      const answer = await hedge(
        async (_scope, attempt) => {
          // Does not listen.
          await new CancelScope({ shield: true }).run(() => sleep(attempt === 1 ? 100 : 10));
          return `value ${attempt}`;
        },
        { delayMs: 20, onLoser: (result, attempt) => lost.push([attempt, result]) },
      );
      expect(answer).toBe("value 2");
      expect(lost).toEqual([[1, { status: "fulfilled", value: "value 1" }]]);
    });
  });

  test("have their late values disposed without onLoser", async () => {
    await withVirtualClock(async () => {
      const disposed: number[] = [];
      const answer = await hedge(
        async (_scope, attempt) => {
          await new CancelScope({ shield: true }).run(() => sleep(attempt === 1 ? 100 : 10));
          return { attempt, [Symbol.dispose]: () => void disposed.push(attempt) };
        },
        { delayMs: 20 },
      );
      expect(answer.attempt).toBe(2);
      expect(disposed).toEqual([1]);
    });
  });

  test("have their failures told, those before the success too; a cancelled one has none", async () => {
    await withVirtualClock(async () => {
      const lost: unknown[] = [];
      const answer = await hedge(
        async (scope, attempt) => {
          if (attempt === 1) throw new Error("before");
          if (attempt === 4) return "won";
          await sleep(1_000, at(scope)).catch((error: unknown) => {
            throw attempt === 2 ? new Error("while cleaning up") : error;
          });
          return "late";
        },
        {
          delayMs: 10,
          max: 4,
          onLoser: (result, attempt) =>
            lost.push([attempt, result.status === "rejected" && String(result.reason)]),
        },
      );
      expect(answer).toBe("won");
      expect(lost).toEqual([
        [1, "Error: before"],
        [2, "Error: while cleaning up"],
      ]);
    });
  });

  test("onLoser that throws is reported, and breaks nothing", async () => {
    const reports = await reportsDuring(() =>
      withVirtualClock(async () => {
        const answer = await hedge(
          (_scope, attempt) => (attempt === 1 ? Promise.reject(new Error("no")) : "won"),
          {
            delayMs: 10,
            onLoser: () => {
              throw new Error("broken");
            },
          },
        );
        expect(answer).toBe("won");
      }),
    );
    expect(reports).toContain("onLoser threw: Error: broken");
  });
});

describe("misuse", () => {
  test.each<[unknown, typeof TypeError | typeof RangeError]>([
    [undefined, TypeError],
    [null, TypeError],
    [5, TypeError],
    [{}, TypeError],
    [{ delayMs: Number.NaN }, RangeError],
    [{ delayMs: 10, max: 0 }, RangeError],
    [{ delayMs: 10, max: Infinity }, RangeError],
    [{ delayMs: 10, max: "2" }, TypeError],
    [{ delayMs: 10, onLoser: 1 }, TypeError],
    [{ delayMs: 10, signal: {} }, TypeError],
    [{ delayMs: 10, name: 1 }, TypeError],
  ])("hedge() refuses the options %o, and calls nothing", async (options, kind) => {
    let called = false;
    const call = hedge(() => {
      called = true;
    }, options as never);
    await expect(call).rejects.toBeInstanceOf(kind);
    await expect(call).rejects.toThrow(/^Cannot /);
    expect(called).toBe(false);
  });

  test("hedge() refuses what is no function", async () => {
    await expect(hedge(Promise.resolve() as never, { delayMs: 1 })).rejects.toThrow(TypeError);
  });
});
