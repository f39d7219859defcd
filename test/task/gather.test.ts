import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  failuresOf,
  gather,
  type GatherOptions,
  type Job,
  shield,
  sleep,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

/** A job that gives `value` after `ms`. */
function after<T>(ms: number, value: T): Job<T> {
  return async (scope) => {
    await sleep(ms, at(scope));
    return value;
  };
}

/** A job that fails with `error` after `ms`. */
function failing(ms: number, error: unknown): Job<never> {
  return async (scope) => {
    await sleep(ms, at(scope));
    throw error;
  };
}

function* twoJobs(): Generator<() => number> {
  yield () => 1;
  yield () => 2;
}

/** A value that tells when it is disposed. */
function disposable(name: string, log: string[]): Disposable {
  return { [Symbol.dispose]: () => void log.push(name) };
}

describe("gather() gives results in the shape of", () => {
  test("a tuple, in the order of the functions", async () => {
    await withVirtualClock(async (clock) => {
      expect(await gather([after(20, "a"), after(10, 2), () => true])).toEqual(["a", 2, true]);
      expect(clock.now()).toBe(20);
    });
  });

  test("a record", async () => {
    await withVirtualClock(async () => {
      const result = await gather({ user: after(20, "ada"), posts: after(10, [1]) });
      expect(result).toEqual({ user: "ada", posts: [1] });
      expect(Object.keys(result)).toEqual(["user", "posts"]);
    });
  });

  test("any other iterable: an array", async () => {
    expect(await gather(new Set([() => 1, () => 2]))).toEqual([1, 2]);
    expect(await gather(twoJobs())).toEqual([1, 2]);
  });

  test("nothing: an empty array, an empty record", async () => {
    expect(await gather([])).toEqual([]);
    expect(await gather({})).toEqual({});
  });
});

describe("gather() runs", () => {
  test("all functions side by side, in one scope that each gets", async () => {
    const scopes = new Set<CancelScope>();
    const log: string[] = [];
    const gathering = gather([
      (scope) => void log.push("first", String(scopes.add(scope).size)),
      (scope) => void log.push("second", String(scopes.add(scope).size)),
    ]);
    expect(log).toEqual(["first", "1", "second", "1"]);
    await gathering;
  });

  test("at most `concurrency` of them, started in order as places become free", async () => {
    await withVirtualClock(async (clock) => {
      const starts: [number, number][] = [];
      let running = 0;
      let most = 0;
      const jobs = [10, 30, 10, 10].map((ms, i) => async (scope: CancelScope) => {
        starts.push([i, clock.now()]);
        most = Math.max(most, ++running);
        await sleep(ms, at(scope));
        running--;
        return i;
      });
      expect(await gather(jobs, { concurrency: 2 })).toEqual([0, 1, 2, 3]);
      expect(most).toBe(2);
      expect(starts).toEqual([
        [0, 0],
        [1, 0],
        [2, 10],
        [3, 20],
      ]);
    });
  });
});

describe("when a function fails, gather()", () => {
  test("cancels the others, waits for them, and throws the first failure as it is", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("first");
      const log: string[] = [];
      const gathering = gather([
        async (scope) => {
          await sleep(1_000, at(scope)).catch(() => {});
          await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
          log.push("cleaned up");
        },
        failing(5, error),
      ]);
      await expect(gathering).rejects.toBe(error);
      expect(log).toEqual(["cleaned up"]);
      expect(clock.now()).toBe(25);
    });
  });

  test("keeps later failures in failuresOf()", async () => {
    const first = new Error("first");
    const second = new Error("second");
    const gathering = gather([
      async (scope) => {
        await sleep(1_000, at(scope)).catch(() => {});
        throw second;
      },
      () => Promise.reject(first),
    ]);
    await expect(gathering).rejects.toBe(first);
    expect(failuresOf(first)).toEqual([first, second]);
  });

  test("never starts those in line", async () => {
    await withVirtualClock(async () => {
      const log: number[] = [];
      const jobs = [0, 1, 2, 3].map((i) => async (scope: CancelScope) => {
        log.push(i);
        await sleep(5 + i, at(scope));
        throw new Error(`job ${i}`);
      });
      await expect(gather(jobs, { concurrency: 2 })).rejects.toThrow("job 0");
      expect(log).toEqual([0, 1]);
    });
  });

  test("disposes the values that nobody gets", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const gathering = gather([
        after(1, disposable("early", log)),
        failing(5, new Error("no")),
        async () => {
          await sleep(10);
          return { [Symbol.asyncDispose]: async () => void log.push("late, async") };
        },
        async () => shield((scope) => after(7, disposable("late", log))(scope), { timeoutMs: 100 }),
        () => "not disposable",
        () => null,
      ]);
      await expect(gathering).rejects.toThrow("no");
      expect(log).toContain("early");
      expect(log).toContain("late");
    });
  });

  test("hands the values that nobody gets to onDiscard instead, and to nobody else", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const values: unknown[] = [];
      const held = disposable("disposed", log);
      const gathering = gather([after(1, held), () => 0, () => undefined, failing(5, "no")], {
        onDiscard: (value) => values.push(value),
      });
      await expect(gathering).rejects.toBe("no");
      expect(values).toEqual([0, undefined, held]);
      expect(log).toEqual([]);
    });
  });

  test("reports an onDiscard that throws, and goes on", async () => {
    const values: unknown[] = [];
    const reports = await reportsDuring(async () => {
      const gathering = gather([() => 1, () => 2, () => Promise.reject(new Error("no"))], {
        onDiscard: (value) => {
          values.push(value);
          throw new Error("broken callback");
        },
      });
      await expect(gathering).rejects.toThrow("no");
    });
    expect(values).toEqual([1, 2]);
    expect(reports).toEqual([
      "onDiscard threw: Error: broken callback",
      "onDiscard threw: Error: broken callback",
    ]);
  });
});

describe("gather() that succeeds", () => {
  test("discards nothing", async () => {
    const log: string[] = [];
    const discarded: unknown[] = [];
    await gather([() => disposable("held", log)]);
    await gather([() => 1], { onDiscard: (value) => discarded.push(value) });
    expect(log).toEqual([]);
    expect(discarded).toEqual([]);
  });
});

describe("a cancellation of gather()", () => {
  test("by its signal reaches all, is waited for, and rejects with the raw reason", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const log: string[] = [];
      const gathering = gather(
        [
          (scope) => sleep(1_000, at(scope)).finally(() => log.push("a")),
          (scope) => sleep(1_000, at(scope)).finally(() => log.push("b")),
        ],
        { signal: controller.signal },
      );
      await sleep(5);
      controller.abort("shutdown");
      await expect(gathering).rejects.toBe("shutdown");
      expect(log).toEqual(["a", "b"]);
      expect(clock.now()).toBe(5);
    });
  });

  test("by a scope around it rejects with that scope's CancelledError", async () => {
    await withVirtualClock(async () => {
      const outer = new CancelScope();
      const run = outer.run((scope) => gather([after(1_000, 1)], at(scope)));
      outer.cancel("outer");
      const error = await run.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).reason).toBe("outer");
    });
  });

  ambientTest("reaches it by itself from an ambient scope (needs ambient scopes)", async () => {
    const outer = new CancelScope();
    const run = outer.run(() => gather([() => sleep(1_000)]));
    outer.cancel("outer");
    await expect(run).rejects.toMatchObject({ reason: "outer" });
  });

  test("discards what has arrived by then", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const values: unknown[] = [];
      const gathering = gather([after(1, "arrived"), after(1_000, "never")], {
        signal: controller.signal,
        onDiscard: (value) => values.push(value),
      });
      await sleep(5);
      controller.abort("shutdown");
      await expect(gathering).rejects.toBe("shutdown");
      expect(values).toEqual(["arrived"]);
    });
  });

  test("does not keep functions that return anyway from giving their results", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const gathering = gather(
        [
          async (scope) => {
            await sleep(1_000, at(scope)).catch(() => {});
            return "anyway";
          },
        ],
        { signal: controller.signal },
      );
      controller.abort("shutdown");
      expect(await gathering).toEqual(["anyway"]);
    });
  });

  test("starts none of those in line, and rejects for them", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const log: string[] = [];
      const gathering = gather(
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
      await expect(gathering).rejects.toBe("shutdown");
      expect(log).toEqual(["runs"]);
    });
  });

  test("loses against a failure", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const gathering = gather(
        [
          async (scope) => {
            await sleep(1_000, at(scope)).catch(() => {});
            throw new Error("cleanup");
          },
        ],
        { signal: controller.signal },
      );
      controller.abort("shutdown");
      await expect(gathering).rejects.toThrow("cleanup");
    });
  });
});

describe("timeoutMs of gather()", () => {
  test("cancels all, and rejects with a TimeoutError", async () => {
    await withVirtualClock(async (clock) => {
      const gathering = gather([after(10, 1), after(1_000, 2)], { timeoutMs: 50 });
      await expect(gathering).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(50);
    });
  });

  test("changes nothing when all are in time", async () => {
    await withVirtualClock(async (clock) => {
      expect(await gather([after(10, 1)], { timeoutMs: 50 })).toEqual([1]);
      expect(clock.now()).toBe(10);
    });
  });
});

describe("gather() begins", () => {
  test("no function once an earlier one has cancelled the scope in its first step", async () => {
    let begun = false;
    const gathering = gather([
      (scope) => scope.cancel("enough"),
      () => {
        begun = true;
      },
    ]);
    await expect(gathering).rejects.toMatchObject({ name: "AbortError", reason: "enough" });
    expect(begun).toBe(false);
  });

  test("all functions in a scope that was cancelled before", async () => {
    const outer = new CancelScope();
    const begun: number[] = [];
    const run = outer.run((around) => {
      outer.cancel("outer");
      const jobs = [0, 1, 2].map((index) => (scope: CancelScope) => {
        begun.push(index);
        return sleep(1, at(scope));
      });
      return gather(jobs, at(around));
    });
    await expect(run).rejects.toMatchObject({ reason: "outer" });
    expect(begun).toEqual([0, 1, 2]);
  });
});

describe("gather() refuses", () => {
  test("promises in place of functions, and calls none", async () => {
    let called = false;
    const jobs = [
      () => {
        called = true;
      },
      Promise.resolve(1) as never,
    ];
    await expect(gather(jobs)).rejects.toThrow(/"fns\[1\]" must be a function.*already started/);
    expect(called).toBe(false);
  });

  test.each([undefined, null, 5, "text"])("%o in place of functions", async (fns) => {
    await expect(gather(fns as never)).rejects.toThrow(TypeError);
  });

  test.each([
    [{ concurrency: 0 }, RangeError],
    [{ concurrency: 1.5 }, RangeError],
    [{ concurrency: "1" }, TypeError],
    [{ timeoutMs: NaN }, RangeError],
    [{ signal: {} }, TypeError],
    [null, TypeError],
  ])("the options %o", async (options, kind) => {
    await expect(gather([() => 1], options as unknown as GatherOptions)).rejects.toThrow(kind);
  });
});
