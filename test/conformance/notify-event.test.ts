import { AsyncEvent, CancelledError, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "Notify (tokio)";

behaviour(
  {
    area,
    id: "notified_one_notify",
    says: "a notification lets go the one that waits",
    verdict: "holds",
    because: "By an AsyncEvent.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        const task = group.spawn((self) => event.wait(at(self.scope)));
        await clock.runUntilIdle();
        expect(task.status).toBe("running");
        event.set();
        await clock.runUntilIdle();
        expect(task.status).toBe("succeeded");
      }),
    ),
);

behaviour(
  {
    area,
    id: "notify_in_drop_after_wake",
    says: "a callback that runs while others are notified or cancelled may notify, too",
    verdict: "holds",
    because: "The callback is a listener of the signal of one that is cancelled.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        const first = group.spawn((self) => {
          self.scope.signal.addEventListener("abort", () => event.set());
          return event.wait(at(self.scope));
        });
        const second = group.spawn(async (self) => {
          await event.wait(at(self.scope));
          event.set();
          await event.wait(at(self.scope));
        });
        expect(event.waiting).toBe(2);
        first.cancel();
        expect([event.isSet, event.waiting]).toEqual([true, 0]);
        await expect(first.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        await second.wait(at(group.scope));
      }),
    ),
);

behaviour(
  {
    area,
    id: "notify_one_after_dropped_all",
    says: "a notification that nobody is left to take is kept, though all who waited were notified before",
    verdict: "holds",
    because: "By an AsyncEvent, until it is cleared.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        const task = group.spawn((self) => event.wait(at(self.scope)));
        event.set();
        task.cancel();
        await clock.runUntilIdle();
        const next = event.wait(at(group.scope));
        expect(event.waiting).toBe(0);
        await next;
      }),
    ),
);

behaviour(
  {
    area,
    id: "notify_waiters",
    says: "a notification of all lets go those who wait so far, and is kept for nobody",
    verdict: "holds",
    because: "By an AsyncEvent that is set and cleared in one step.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        const wait = (): Task<void> => group.spawn((self) => event.wait(at(self.scope)));
        const tasks = [wait(), wait()];
        event.set();
        event.clear();
        tasks.push(wait());
        await clock.runUntilIdle();
        expect(tasks.map((task) => task.status)).toEqual(["succeeded", "succeeded", "running"]);
        tasks[2]!.cancel();
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_notify_one_not_enabled",
    says: "a notification between the making of a wait and its being awaited is not missed",
    verdict: "holds",
    because: "Calling `wait()` begins the wait.",
  },
  () =>
    withVirtualClock(async () => {
      const event = new AsyncEvent();
      const wait = event.wait();
      event.set();
      event.clear();
      await wait;
      expect(event.isSet).toBe(false);
    }),
);

for (const [id, says] of [
  ["test_notify_one_after_enable", "a wait that was enabled gets a notification"],
  ["test_poll_after_enable", "a wait can be polled after it was enabled"],
  ["test_enable_after_poll", "a wait can be enabled after it was polled"],
  ["test_enable_consumes_permit", "enabling a wait takes the notification that was kept"],
  ["test_waker_update", "the waker of a wait can be changed"],
] as const) {
  notTransferable({
    area,
    id,
    says,
    because: "Calling `wait()` begins the wait: nothing is enabled, and nothing polled.",
  });
}
