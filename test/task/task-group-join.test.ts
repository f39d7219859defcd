import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  DeadlockError,
  shield,
  sleep,
  taskGroup,
  TaskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";

/** A group with one child that takes 20 ms to clean up. */
function slowGroup(log: string[]): TaskGroup {
  const group = new TaskGroup();
  group.spawn(async (task) => {
    try {
      await sleep(1_000, at(task.scope));
    } finally {
      await shield((scope) => sleep(20, at(scope)), { timeoutMs: 100 });
      log.push("cleaned up");
    }
  });
  return group;
}

describe("join()", () => {
  test("waits for all children but daemons, and leaves the group open", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        group.spawn((task) => sleep(10, at(task.scope)));
        group.spawn((task) => sleep(Infinity, at(task.scope)), { daemon: true });
        await group.join();
        expect(clock.now()).toBe(10);
        expect(group.size).toBe(1);
        group.spawn((task) => sleep(10, at(task.scope)));
        await group.join();
        expect(clock.now()).toBe(20);
      });
    });
  });

  test("resolves in a group without children", async () => {
    await taskGroup(async (group) => {
      await group.join();
    });
  });

  test("throws the first failure when all have ended", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("child");
      const ended = taskGroup(async (group) => {
        group.spawn((task) => sleep(5, at(task.scope)).then(() => Promise.reject(error)));
        group.spawn((task) => sleep(1_000, at(task.scope)));
        await expect(group.join()).rejects.toBe(error);
        expect(group.size).toBe(0);
      });
      await expect(ended).rejects.toBe(error);
      expect(clock.now()).toBe(5);
    });
  });

  test('throws an AggregateError with throws: "aggregate"', async () => {
    const error = new Error("child");
    let joined: unknown;
    await taskGroup(
      async (group) => {
        group.spawn(() => Promise.reject(error));
        joined = await group.join().catch((reason: unknown) => reason);
      },
      { throws: "aggregate" },
    ).catch(() => {});
    expect(joined).toBeInstanceOf(AggregateError);
    expect((joined as AggregateError).errors).toEqual([error]);
  });

  test("adds no failure to the group when the body lets its AggregateError out", async () => {
    const error = new Error("child");
    const failure = await taskGroup(
      async (group) => {
        group.spawn(() => Promise.reject(error));
        await group.join();
      },
      { throws: "aggregate" },
    ).catch((reason: unknown) => reason);
    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors).toEqual([error]);
  });

  test("throws the cancellation of a cancelled group, when its children have ended", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      await taskGroup(async (group) => {
        group.spawn((task) => sleep(1_000, at(task.scope)).finally(() => log.push("child")));
        group.cancel("enough");
        const error = await group.join().catch((reason: unknown) => reason);
        expect(log).toEqual(["child"]);
        expect(error).toBeInstanceOf(CancelledError);
        expect((error as CancelledError).reason).toBe("enough");
      });
    });
  });

  test("does not throw in a group that is finished", async () => {
    const value = await taskGroup<void, string>(async (group) => {
      group.spawn((task) => sleep(1_000, at(task.scope)));
      group.finish("value");
      await group.join();
    });
    expect(value).toBe("value");
  });

  test("may be called by several at once", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        group.spawn((task) => sleep(10, at(task.scope)));
        await Promise.all([group.join(), group.join()]);
        expect(clock.now()).toBe(10);
      });
    });
  });

  ambientTest(
    "refuses a child of the group with a DeadlockError (needs ambient scopes)",
    async () => {
      let error: unknown;
      let deeper: unknown;
      await taskGroup((group) => {
        group.spawn(async () => {
          error = await group.join().catch((reason: unknown) => reason);
          deeper = await new CancelScope()
            .run(() => group.join())
            .catch((reason: unknown) => reason);
        });
      });
      expect(error).toBeInstanceOf(DeadlockError);
      expect(deeper).toBeInstanceOf(DeadlockError);
    },
  );

  ambientTest("lets a child of another group wait (needs ambient scopes)", async () => {
    await withVirtualClock(async (clock) => {
      await using inner = new TaskGroup();
      inner.spawn((task) => sleep(10, at(task.scope)));
      await taskGroup((outer) => {
        outer.spawn(() => inner.join());
      });
      expect(clock.now()).toBe(10);
    });
  });
});

describe("join() of an `await using` group", () => {
  test("passes a timeout around it on to the group, and waits for its end", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      await using group = slowGroup(log);
      await expect(timeout(50, (scope) => group.join(at(scope)))).rejects.toBeInstanceOf(
        TimeoutError,
      );
      expect(log).toEqual(["cleaned up"]);
      expect(clock.now()).toBe(70);
      expect(group.scope.cancelled).toBe(true);
    });
  });

  test("passes the abort of its signal on to the group, and rejects with the raw reason", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const controller = new AbortController();
      await using group = slowGroup(log);
      const joined = group.join({ signal: controller.signal });
      await clock.advance(10);
      controller.abort("enough");
      await expect(joined).rejects.toBe("enough");
      expect(log).toEqual(["cleaned up"]);
      expect(clock.now()).toBe(30);
    });
  });

  test("with a signal that is aborted already cancels the group, and waits for its end", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      await using group = slowGroup(log);
      await expect(group.join({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
      expect(log).toEqual(["cleaned up"]);
    });
  });

  test("throws what fails while the group ends, not the cancellation", async () => {
    await withVirtualClock(async () => {
      const error = new Error("cleanup");
      await using group = new TaskGroup();
      group.spawn(async (task) => {
        await sleep(1_000, at(task.scope)).catch(() => {});
        throw error;
      });
      await expect(timeout(50, (scope) => group.join(at(scope)))).rejects.toBe(error);
    });
  });
});

test("join() after finish() rejects under an outer cancellation that is visible", async () => {
  const outer = new CancelScope();
  let joined: unknown;
  const run = outer.run((scope) =>
    taskGroup<void, string>(async (group) => {
      group.finish("value");
      outer.cancel("outer");
      joined = await group.join().then(
        () => "resolved",
        (error: unknown) => error,
      );
    }, at(scope)),
  );
  await run.catch(() => {});
  expect(joined).toMatchObject({ name: "AbortError", reason: "outer" });
});
