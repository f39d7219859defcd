import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  isCancellation,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

function abortError(cause?: unknown): Error {
  const error = new Error("aborted", { cause });
  error.name = "AbortError";
  return error;
}

/** Errors with which work in a cancelled scope says that it was cancelled. */
const ours: [string, (scope: CancelScope) => unknown][] = [
  ["the scope's CancelledError", (scope) => scope.signal.reason],
  ["the raw reason itself", (scope) => scope.reason],
  ["an AbortError whose cause is the CancelledError", (scope) => abortError(scope.signal.reason)],
  ["an AbortError whose cause is the raw reason", (scope) => abortError(scope.reason)],
  ["an AbortError without a cause", () => abortError()],
  ["a DOMException of that name", () => new DOMException("aborted", "AbortError")],
];

/** Errors that are failures, cancelled or not. */
const foreign: [string, () => unknown][] = [
  ["an error", () => new Error("failed")],
  ["an error whose message is that of the reason", () => new Error("reason")],
  ["a TimeoutError", () => new TimeoutError(0)],
  ["undefined", () => undefined],
  ["null", () => null],
  ["a string", () => "reason"],
];

const reason = new Error("reason");

describe("in a cancelled scope", () => {
  test.each(ours)("%s is its cancellation", async (_, make) => {
    const scope = new CancelScope();
    const run = scope.run((it) => {
      it.cancel(reason);
      const error = make(it);
      expect(isCancellation(error, it)).toBe(true);
      throw error;
    });
    // The opener sees the one CancelledError, whatever the work made of it.
    await expect(run).rejects.toBe(scope.signal.reason);
  });

  test.each(ours)("%s is its cancellation when it came from outside", async (_, make) => {
    const controller = new AbortController();
    const scope = new CancelScope({ signal: controller.signal });
    const run = scope.run((it) => {
      controller.abort(reason);
      throw make(it);
    });
    await expect(run).rejects.toBe(reason);
  });

  test.each(ours)("%s cancels a child of a group, and does not fail it", async (_, make) => {
    await taskGroup((group) => {
      const child = group.spawn((task) => {
        task.cancel(reason);
        throw make(task.scope);
      });
      void child.wait().catch(() => {});
      return child.wait().catch((error: unknown) => {
        expect(child.status).toBe("cancelled");
        expect(error).toBe(child.scope.signal.reason);
      });
    });
  });

  test.each(foreign)("%s is a failure", async (_, make) => {
    const error = make();
    const scope = new CancelScope();
    const run = scope.run((it) => {
      it.cancel(reason);
      expect(isCancellation(error, it)).toBe(false);
      throw error;
    });
    await expect(run).rejects.toBe(error);
  });

  test("an error whose name cannot be read is a failure, and keeps nobody from ending", async () => {
    const odd = Object.defineProperty(new Error("odd"), "name", {
      get: () => {
        throw new Error("no name");
      },
    });
    const fails = async (scope: CancelScope): Promise<never> => {
      await sleep(1_000, at(scope)).catch(() => {});
      throw odd;
    };
    const ends = withVirtualClock(() =>
      taskGroup((group) => {
        group.spawn((task) => fails(task.scope));
        group.cancel();
      }),
    );
    const error: unknown = await ends.catch((thrown: unknown) => thrown);
    expect(error === odd).toBe(true);
    const scope = new CancelScope();
    const run = scope.run(fails);
    scope.cancel();
    expect((await run.catch((thrown: unknown) => thrown)) === odd).toBe(true);
    expect(isCancellation(odd, scope)).toBe(false);
  });

  test("an outer scope's raw reason is its cancellation too", async () => {
    const outer = new CancelScope();
    const run = outer.run(async () => {
      const inner = new CancelScope(at(outer));
      await inner.run((it) => {
        it.cancel("inner");
        outer.cancel(reason);
        expect(isCancellation(reason, it)).toBe(true);
        throw reason;
      });
    });
    await expect(run).rejects.toBe(outer.signal.reason);
  });
});

describe("in a scope that is not cancelled", () => {
  const failures: [string, () => unknown][] = [
    ["an AbortError", () => abortError()],
    ["a DOMException of that name", () => new DOMException("aborted", "AbortError")],
    ["a CancelledError of nobody's", () => new CancelledError("nobody's")],
  ];
  test.each(failures)("%s is an ordinary failure", async (_, make) => {
    const error = make();
    const scope = new CancelScope();
    await expect(
      scope.run((it) => {
        expect(isCancellation(error, it)).toBe(false);
        throw error;
      }),
    ).rejects.toBe(error);
    expect(scope.cancelled).toBe(false);
  });

  test.each(failures)("%s of a child fails its group", async (_, make) => {
    const error = make();
    await expect(
      taskGroup(async (group) => {
        group.spawn(() => Promise.reject(error));
        await sleep(Infinity, at(group.scope));
      }),
    ).rejects.toBe(error);
  });

  test("an inner scope's CancelledError is an ordinary failure", async () => {
    const outer = new CancelScope();
    let cancelled: unknown;
    const run = outer.run(() => {
      const inner = new CancelScope(at(outer));
      return inner.run((it) => {
        it.cancel("inner");
        cancelled = it.signal.reason;
        return sleep(0, at(it));
      });
    });
    await expect(run).rejects.toSatisfy((error) => error === cancelled);
    expect(isCancellation(cancelled, outer)).toBe(false);
  });

  test("another task's CancelledError fails the child that lets it through", async () => {
    let cancelled: unknown;
    const run = taskGroup((group) => {
      const other = group.spawn((task) => sleep(Infinity, at(task.scope)));
      group.spawn(() => other);
      other.cancel("alone");
      cancelled = other.scope.signal.reason;
    });
    await expect(run).rejects.toSatisfy((error) => error === cancelled);
  });
});

describe("isCancellation()", () => {
  test("without a scope asks for the brand, whosever it is", () => {
    expect(isCancellation(new CancelledError())).toBe(true);
    for (const error of [abortError(), new Error("e"), new TimeoutError(0), undefined, null, "e"]) {
      expect(isCancellation(error)).toBe(false);
    }
  });

  test("with a scope asks whether it is that scope's", () => {
    const scope = new CancelScope();
    scope.cancel(reason);
    const other = new CancelScope();
    expect(isCancellation(scope.signal.reason, scope)).toBe(true);
    expect(isCancellation(reason, scope)).toBe(true);
    expect(isCancellation(scope.signal.reason, other)).toBe(false);
    expect(isCancellation(reason, other)).toBe(false);
  });
});

describe("who absorbs", () => {
  test("a timeout that passed never lets a CancelledError out", () =>
    withVirtualClock(async () => {
      await expect(timeout(5, (scope) => sleep(10, at(scope)))).rejects.toBeInstanceOf(
        TimeoutError,
      );
      await expect(
        timeout(5, async (scope) => {
          await sleep(10, at(scope)).catch(() => {});
          throw abortError();
        }),
      ).rejects.toBeInstanceOf(TimeoutError);
    }));

  test("an outer cancellation is not swallowed by an inner scope that was cancelled too", async () => {
    const outer = new CancelScope();
    const steps: string[] = [];
    const run = outer.run(async () => {
      const inner = new CancelScope(at(outer));
      const inside = inner.run(async () => {
        const wait = sleep(Infinity, at(inner));
        inner.cancel("inner");
        outer.cancel("outer");
        await wait;
      });
      await inside.catch((error: unknown) => {
        steps.push(`inner rejects with ${String((error as CancelledError).reason)}`);
      });
      await sleep(0, at(outer));
      steps.push("not reached");
    });
    await expect(run).rejects.toMatchObject({ reason: "outer" });
    expect(steps).toEqual(["inner rejects with outer"]);
  });

  test("a value that is returned in spite of an outer cancellation leaves it pending", async () => {
    const outer = new CancelScope();
    const values: string[] = [];
    const run = outer.run(async () => {
      values.push(
        await new CancelScope(at(outer)).run(() => {
          outer.cancel("outer");
          return "value";
        }),
      );
      await sleep(0, at(outer));
      values.push("not reached");
    });
    await expect(run).rejects.toMatchObject({ reason: "outer" });
    expect(values).toEqual(["value"]);
  });
});

test.each([undefined, null, 1, "AbortError", {}])(
  "a cancelled scope's own is not %o",
  async (value) => {
    const scope = new CancelScope();
    scope.cancel("why");
    expect(isCancellation(value, scope)).toBe(false);
    expect(isCancellation("why", scope)).toBe(true);
    expect(isCancellation(scope.signal.reason, scope)).toBe(true);
  },
);
