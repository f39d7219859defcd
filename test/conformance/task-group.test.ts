import { AsyncLocalStorage } from "node:async_hooks";
import { sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "TaskGroup";

behaviour(
  {
    area,
    id: "test_taskgroup_01",
    says: "the group ends after all its children, and their results can be read then",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const [first, second] = await taskGroup((group) => [
        group.spawn(async (task) => {
          await sleep(10, at(task.scope));
          return 42;
        }),
        group.spawn(async (task) => {
          await sleep(20, at(task.scope));
          return 11;
        }),
      ]);
      expect(clock.now()).toBe(20);
      expect(first.result()).toBe(42);
      expect(second.result()).toBe(11);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_02",
    says: "a child that the body spawns late is waited for like the others",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const [first, second] = await taskGroup(async (group) => {
        const early = group.spawn(async (task) => {
          await sleep(10, at(task.scope));
          return 42;
        });
        await sleep(15, at(group.scope));
        const late = group.spawn(async (task) => {
          await sleep(20, at(task.scope));
          return 11;
        });
        return [early, late];
      });
      expect(clock.now()).toBe(35);
      expect(first.result()).toBe(42);
      expect(second.result()).toBe(11);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_03",
    says: "a child that is cancelled alone is no error: the others go on, and it reads as cancelled",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const [cancelled, other] = await taskGroup(async (group) => {
        const first = group.spawn((task) => sleep(100, at(task.scope)));
        await sleep(15, at(group.scope));
        first.cancel();
        const second = group.spawn(async (task) => {
          await sleep(20, at(task.scope));
          return 11;
        });
        return [first, second];
      });
      expect(clock.now()).toBe(35);
      expect(cancelled.status).toBe("cancelled");
      expect(other.result()).toBe(11);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_23",
    says: "a group that keeps running drops the children that have ended",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        for (let count = 0; count < 10; count++) {
          await sleep(10, at(group.scope));
          group.spawn((task) => sleep(30, at(task.scope)));
          if (count === 5) expect(group.size).toBeLessThan(5);
        }
        expect(group.size).toBeGreaterThan(0);
        await sleep(135, at(group.scope));
        expect(group.size).toBe(0);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_taskgroup_24",
    says: "a child may spawn siblings after the body has ended, and the group waits for them",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const siblings: Task<void>[] = [];
      await taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(10, at(task.scope));
          siblings.push(
            group.spawn((sibling) => sleep(10, at(sibling.scope))),
            group.spawn((sibling) => sleep(20, at(sibling.scope))),
          );
        });
      });
      expect(clock.now()).toBe(30);
      expect(siblings.map((sibling) => sibling.status)).toEqual(["succeeded", "succeeded"]);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_task_name",
    says: "a child carries the name that it is given when it is spawned",
    verdict: "holds",
  },
  () =>
    taskGroup((group) => {
      expect(group.spawn(() => {}, { name: "yolo" }).name).toBe("yolo");
    }),
);

behaviour(
  {
    area,
    id: "test_name",
    says: "a child can read the name that it was given",
    verdict: "holds",
  },
  async () => {
    const name = await taskGroup((group) =>
      group.spawn((task) => task.name, { name: "example name" }),
    );
    expect(name).toBe("example name");
  },
);

behaviour(
  {
    area,
    id: "test_taskgroup_task_context",
    says: "a child can be given a context of its own, which the caller can read afterwards",
    verdict: "differs",
    because: "a child runs in the async context of the call of spawn, which the platform carries",
  },
  () =>
    withVirtualClock(async () => {
      const storage = new AsyncLocalStorage<{ value?: number }>();
      const own = {};
      await storage.run({ value: 0 }, () =>
        taskGroup(
          (group) => {
            const write = (value: number) => async (task: Task<unknown>) => {
              await sleep(1, at(task.scope));
              storage.getStore()!.value = value;
            };
            storage.run(own, () => group.spawn(write(1)));
            // This one is queued, and keeps the context of its call all the same.
            storage.run(own, () =>
              group.spawn(async (task) => {
                expect(storage.getStore()).toEqual({ value: 1 });
                await write(2)(task);
              }),
            );
          },
          { concurrency: 1 },
        ),
      );
      expect(own).toEqual({ value: 2 });
    }),
);

behaviour(
  {
    area,
    id: "TestEagerTaskTaskGroup",
    says: "a group works the same when the first step of a child runs inside the call that makes it",
    verdict: "holds",
    because: "it always does here, so every other row is tested with such children",
  },
  () =>
    taskGroup(async (group) => {
      let ran = false;
      const task = group.spawn(() => {
        ran = true;
        return 42;
      });
      expect(ran).toBe(true);
      expect(await task).toBe(42);
    }),
);

notTransferable({
  area,
  id: "TestTaskGroup",
  says: "a group works the same when the first step of a child waits for the next turn of the loop",
  because: "a child is started inside the call of spawn, always: there is no second way",
});
