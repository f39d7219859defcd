import { CancelScope, ClosedError, sleep, taskGroup, TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "TaskGroup";

/** Both forms of a group, after their end. */
async function ended(): Promise<TaskGroup[]> {
  const block = new TaskGroup();
  await block[Symbol.asyncDispose]();
  let callback: TaskGroup | undefined;
  await taskGroup((group) => {
    callback = group;
  });
  return [block, callback!];
}

behaviour(
  {
    area,
    id: "test_taskgroup_finished",
    says: "a group that has ended takes no child: an error says so at once",
    verdict: "holds",
  },
  async () => {
    for (const group of await ended()) {
      expect(() => group.spawn(() => {})).toThrow(ClosedError);
      expect(() => group.spawn(() => {})).toThrow("has ended");
      expect(group.size).toBe(0);
    }
  },
);

behaviour(
  {
    area,
    id: "test_coro_closed_when_tg_closed",
    says: "a child that is refused leaves nothing behind: what was to run is closed",
    verdict: "holds",
    because: "here its function is not called",
  },
  async () => {
    let called = false;
    for (const group of await ended()) {
      expect(() =>
        group.spawn(() => {
          called = true;
        }),
      ).toThrow(ClosedError);
    }
    expect(called).toBe(false);
  },
);

behaviour(
  {
    area,
    id: "test_taskgroup_not_entered",
    says: "a group that was made and not entered takes no child",
    verdict: "differs",
    because: "a group is open as soon as it is made: there is no step of entering it",
  },
  () =>
    withVirtualClock(async (clock) => {
      const group = new TaskGroup();
      const child = group.spawn(async (task) => {
        await sleep(10, at(task.scope));
        return 42;
      });
      await group.join();
      await group[Symbol.asyncDispose]();
      expect(child.result()).toBe(42);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_without_parent_task",
    says: "a group cannot be entered outside of a task",
    verdict: "differs",
    because: "a group needs nothing around it",
  },
  async () => {
    expect(CancelScope.current).toBeUndefined();
    expect(await taskGroup((group) => group.spawn(() => Promise.resolve(42)))).toBe(42);
  },
);

const entering =
  "nothing is entered: the callback form makes a group for each call, a block makes its own";

notTransferable({
  area,
  id: "test_taskgroup_already_entered",
  says: "a group that is open cannot be entered again",
  because: entering,
});

notTransferable({
  area,
  id: "test_taskgroup_double_enter",
  says: "a group that has ended cannot be entered again",
  because: entering,
});
