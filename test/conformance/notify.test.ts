import { AsyncEvent, Condition, type Task, type TaskGroup, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "Notify (tokio)";
const byCondition = "By a Condition.";

/** Children that wait for a notification, in this order. */
function waiters(group: TaskGroup<void>, condition: Condition, count: number): Task<void>[] {
  return Array.from({ length: count }, () =>
    group.spawn((self) => condition.run((held) => held.wait(at(self.scope)), at(self.scope))),
  );
}

function statuses(tasks: Task<unknown>[]): string[] {
  return tasks.map((task) => task.status);
}

behaviour(
  {
    area,
    id: "notify_notified_one",
    says: "a notification that comes before anybody waits is kept for the next one",
    verdict: "differs",
    because:
      "An AsyncEvent that was set keeps it for all who come until it is cleared; a Condition keeps nothing, since what is waited for is looked at under its lock.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        event.set();
        await event.wait(at(group.scope));
        await event.wait(at(group.scope));
        expect(event.isSet).toBe(true);
        const condition = new Condition();
        await condition.run((held) => held.notify());
        const [task] = waiters(group, condition, 1);
        await clock.runUntilIdle();
        expect(task!.status).toBe("running");
        task!.cancel();
      }),
    ),
);

for (const id of ["notified_multi_notify", "notify_multi_notified_one"]) {
  behaviour(
    {
      area,
      id,
      says: "a notification of one lets go the one that has waited longest, and nobody else",
      verdict: "holds",
      because: byCondition,
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const condition = new Condition();
          const tasks = waiters(group, condition, 2);
          await condition.run((held) => held.notify());
          await clock.runUntilIdle();
          expect(statuses(tasks)).toEqual(["succeeded", "running"]);
          tasks[1]!.cancel();
        }),
      ),
  );
}

behaviour(
  {
    area,
    id: "notify_notified_multi",
    says: "however many notifications come while nobody waits, one is kept",
    verdict: "differs",
    because: "A Condition keeps none: only those who wait are notified.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        await condition.run((held) => {
          held.notify();
          held.notify(2);
        });
        const tasks = waiters(group, condition, 2);
        await clock.runUntilIdle();
        expect(statuses(tasks)).toEqual(["running", "running"]);
        await condition.run((held) => held.notify());
        await clock.runUntilIdle();
        expect(statuses(tasks)).toEqual(["succeeded", "running"]);
        tasks[1]!.cancel();
      }),
    ),
);

behaviour(
  {
    area,
    id: "notified_drop_notified_notify",
    says: "one that has given up before the notification comes does not get it",
    verdict: "holds",
    because: byCondition,
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        const tasks = waiters(group, condition, 2);
        tasks[0]!.cancel();
        await clock.runUntilIdle();
        expect(statuses(tasks)).toEqual(["cancelled", "running"]);
        await condition.run((held) => held.notify());
        await clock.runUntilIdle();
        expect(statuses(tasks)).toEqual(["cancelled", "succeeded"]);
      }),
    ),
);

for (const id of ["notified_multi_notify_drop_one", "notified_multi_notify_one_drop"]) {
  const count = id === "notified_multi_notify_drop_one" ? 2 : 3;
  behaviour(
    {
      area,
      id,
      says: `one of ${count} that gives up after it was notified passes the notification on to the next`,
      verdict: "holds",
      because: byCondition,
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const condition = new Condition();
          const tasks = waiters(group, condition, count);
          await condition.run((held) => {
            held.notify();
            tasks[0]!.cancel();
          });
          await clock.runUntilIdle();
          expect(statuses(tasks)).toEqual(["cancelled", "succeeded", "running"].slice(0, count));
          tasks[2]?.cancel();
        }),
      ),
  );
}

for (const [id, says] of [
  ["notify_multi_notified_last", "the last one that came can be notified first"],
  [
    "notified_multi_notify_last_drop",
    "the last one that came passes a notification on to the one before it",
  ],
] as const) {
  notTransferable({ area, id, says, because: "Who has waited longest goes first, always." });
}
