import { CancelScope, failuresOf, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "nursery.start";
type Started<V = void> = (value: V) => void;

/** Ready after some milliseconds, and done after as many again. */
function serve(ms: number): (started: Started<number>, task: Task<unknown>) => Promise<string> {
  return async (started, task) => {
    await sleep(ms, at(task.scope));
    started(ms);
    await sleep(ms, at(task.scope));
    return "served";
  };
}

behaviour(
  {
    area,
    id: "test_nursery_start: ready",
    says: "start returns the value when the child says that it is ready, and the group then waits for the child",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const task = await taskGroup(async (group) => {
        const child = await group.start(serve(10), at(group.scope));
        expect(child.value).toBe(10);
        expect(clock.now()).toBe(10);
        expect(group.size).toBe(1);
        return [child.task];
      });
      expect(clock.now()).toBe(20);
      expect(task[0]!.result()).toBe("served");
    }),
);

behaviour(
  {
    area,
    id: "test_nursery_start: a function that cannot be started",
    says: "what cannot be called as it must be is an error of start at once, and the group goes on",
    verdict: "holds",
  },
  () =>
    taskGroup(async (group) => {
      await expect(group.start("no function" as never)).rejects.toThrow(TypeError);
      expect(group.size).toBe(0);
      expect(group.scope.cancelled).toBe(false);
    }),
);

behaviour(
  {
    area,
    id: "test_nursery_start: TASK_STATUS_IGNORED",
    says: "a function made for start can be called without it",
    verdict: "differs",
    because:
      "it has no default for that: `started` is a plain function, and any other takes its place",
  },
  () =>
    withVirtualClock(async (clock) => {
      const result = await taskGroup((group) => group.spawn((task) => serve(10)(() => {}, task)));
      expect(result).toBe("served");
      expect(clock.now()).toBe(20);
    }),
);

behaviour(
  {
    area,
    id: "test_nursery_start: ready twice",
    says: "a child that says twice that it is ready gets an error from the second time",
    verdict: "holds",
  },
  () =>
    taskGroup(async (group) => {
      let second: unknown;
      const { value } = await group.start((started: Started<string>) => {
        started("once");
        try {
          started("twice");
        } catch (error) {
          second = error;
        }
      });
      expect(value).toBe("once");
      expect(second).toBeInstanceOf(TypeError);
    }),
);

behaviour(
  {
    area,
    id: "test_nursery_start: failed before ready",
    says: "a child that fails before it is ready: its error comes out of start as it is, and the group goes on",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("oops");
      await taskGroup(async (group) => {
        const sibling = group.spawn((task) => sleep(20, at(task.scope)));
        const start = group.start(async (_started: Started, task) => {
          await sleep(10, at(task.scope));
          throw error;
        }, at(group.scope));
        await expect(start).rejects.toBe(error);
        expect(group.failures).toEqual([]);
        await sibling.wait(at(group.scope));
      });
      expect(clock.now()).toBe(20);
    }),
);

behaviour(
  {
    area,
    id: "failed after ready",
    says: "a child that fails after it was ready is a failure of the group",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("oops");
      const run = taskGroup(async (group) => {
        await group.start(async (started: Started, task) => {
          started();
          await sleep(10, at(task.scope));
          throw error;
        }, at(group.scope));
        await sleep(100, at(group.scope));
      });
      await expect(run).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error]);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_nursery_start: ended before ready",
    says: "a child that ends without saying that it is ready is an error of start",
    verdict: "holds",
  },
  () =>
    taskGroup(async (group) => {
      const start = group.start(() => "ended", { name: "quitter" });
      await expect(start).rejects.toThrow(TypeError);
      await expect(start).rejects.toThrow("quitter");
      expect(group.failures).toEqual([]);
    }),
);

behaviour(
  {
    area,
    id: "test_nursery_start: a closed nursery",
    says: "start in a group that has ended is an error at once",
    verdict: "holds",
  },
  async () => {
    let called = false;
    const groups = await taskGroup((group) => [group]);
    const start = groups[0]!.start((started: Started) => {
      called = true;
      started();
    });
    await expect(start).rejects.toMatchObject({ name: "ClosedError" });
    expect(called).toBe(false);
  },
);

behaviour(
  {
    area,
    id: "the caller is cancelled before ready",
    says: "until it is ready the child belongs to the caller of start, whose cancellation cancels it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const scope = new CancelScope();
        const run = scope.run(() => group.start(serve(10), at(scope)));
        await clock.advance(5);
        expect(group.size).toBe(1);
        scope.cancel("changed my mind");
        await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "changed my mind" });
        expect(group.size).toBe(0);
        expect(group.scope.cancelled).toBe(false);
      });
      expect(clock.now()).toBe(5);
    }),
);

behaviour(
  {
    area,
    id: "the caller is cancelled after ready",
    says: "once it is ready the child belongs to the group, and a cancellation of the caller does not reach it, nor the scopes it had opened before",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const scope = new CancelScope();
        const { task } = await scope.run(() =>
          group.start(
            (started: Started<number>, child) =>
              taskGroup(async (inner) => {
                const before = inner.spawn((grandchild) => sleep(20, at(grandchild.scope)));
                await sleep(10, at(inner.scope));
                started(1);
                // Cancelled from the place where start was called, which has not gone on yet.
                scope.cancel("too late");
                await before.wait(at(inner.scope));
                return "served";
              }, at(child.scope)),
            at(scope),
          ),
        );
        expect(await task.wait(at(group.scope))).toBe("served");
      });
      expect(clock.now()).toBe(20);
    }),
);
