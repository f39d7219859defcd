import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, DeadlockError, sleep, taskGroup, TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";

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
