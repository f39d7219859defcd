import {
  CancelledError,
  Condition,
  type Task,
  type TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Condition";

interface Seen {
  /** Whether its wait was cancelled. */
  readonly cancelled: boolean;
  /** Whether it held the lock when it heard of that. */
  readonly locked: boolean;
}

/** A child that waits to be notified, and what it has seen then. */
function waiter(group: TaskGroup<void>, condition: Condition): { task: Task<void>; seen: Seen[] } {
  const seen: Seen[] = [];
  const task = group.spawn((self) =>
    condition.run(async (held) => {
      const look = (cancelled: boolean): void => {
        // Throws if this section is not the one that holds the lock.
        held.notify();
        seen.push({ cancelled, locked: condition.mutex.locked });
      };
      try {
        await held.wait(at(self.scope));
        look(false);
      } catch (error) {
        look(error instanceof CancelledError);
        throw error;
      }
    }, at(self.scope)),
  );
  return { task, seen };
}

behaviour(
  {
    area,
    id: "test_wait_cancel",
    says: "who is cancelled while it waits holds the lock again when it hears of it, and has left the line",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const condition = new Condition();
        const { task, seen } = waiter(group, condition);
        expect([condition.waiting, condition.mutex.locked]).toEqual([1, false]);
        task.cancel();
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(seen).toEqual([{ cancelled: true, locked: true }]);
        expect([condition.waiting, condition.mutex.locked]).toEqual([0, false]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait_cancel_contested",
    says: "who was notified and is cancelled as the lock is released holds the lock then, whether or not it hears of the cancellation",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const outcomes = new Set<boolean>();
        // The lock is released some turns of the microtask queue after the section has returned.
        for (let turns = 0; turns < 20; turns++) {
          const condition = new Condition();
          const { task, seen } = waiter(group, condition);
          await condition.run((held) => {
            held.notify();
            let cancelled = Promise.resolve();
            for (let turn = 0; turn < turns; turn++) cancelled = cancelled.then(() => {});
            void cancelled.then(() => task.cancel());
          });
          await clock.runUntilIdle();
          expect(seen).toMatchObject([{ locked: true }]);
          expect(task.status).toBe(seen[0]!.cancelled ? "cancelled" : "succeeded");
          expect(condition.mutex.locked).toBe(false);
          outcomes.add(seen[0]!.cancelled);
        }
        expect([...outcomes]).toEqual([true, false]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait_cancel_after_notify",
    says: "who is cancelled while it acquires the lock again ends cancelled when it has got it",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        const { task, seen } = waiter(group, condition);
        await condition.run(async (held) => {
          held.notify();
          await clock.runUntilIdle();
          task.cancel();
          await clock.runUntilIdle();
          expect([task.status, seen.length]).toEqual(["running", 0]);
        });
        await clock.runUntilIdle();
        expect(task.status).toBe("cancelled");
        expect(seen).toEqual([{ cancelled: true, locked: true }]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_timeout_in_block",
    says: "a wait with a limit gives a timeout error, and the block still holds the lock",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        await condition.run(async (held) => {
          const wait = timeout(500, (scope) => held.wait(at(scope)), at(group.scope));
          await expect(wait).rejects.toBeInstanceOf(TimeoutError);
          expect(condition.mutex.locked).toBe(true);
          held.notify();
        }, at(group.scope));
        expect(condition.mutex.locked).toBe(false);
        expect(clock.now()).toBe(500);
      }),
    ),
);

for (const [id, when] of [
  ["test_cancelled_error_wakeup", "waits to be notified"],
  ["test_cancelled_error_re_aquire", "acquires the lock again"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `the cancellation that reaches one while it ${when} is thrown as it is: the same object, with its message`,
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const condition = new Condition();
          let awake = false;
          let raised: unknown;
          const task = group.spawn((self) =>
            condition.run(async (held) => {
              await held
                .waitFor(() => awake, at(self.scope))
                .catch((error: unknown) => {
                  raised = error;
                  throw error;
                });
            }, at(self.scope)),
          );
          await clock.runUntilIdle();
          if (id === "test_cancelled_error_wakeup") {
            task.cancel("foo");
          } else {
            await condition.run(async (held) => {
              awake = true;
              held.notify();
              await clock.runUntilIdle();
              task.cancel("foo");
            });
          }
          await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
          expect(raised).toBe(task.scope.signal.reason);
          expect(raised).toMatchObject({ reason: "foo" });
          expect(() => task.result()).toThrow(CancelledError);
        }),
      ),
  );
}

for (const [id, when] of [
  ["test_cancelled_wakeup", "in the turn in which it is notified"],
  ["test_cancelled_wakeup_relock", "after it was notified, while it acquires the lock again"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a notification is not lost when its receiver is cancelled ${when}: the next waiter gets it`,
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const condition = new Condition();
          let items = 0;
          const consumed: string[] = [];
          const [first, second] = ["first", "second"].map((name) =>
            group.spawn((self) =>
              condition.run(async (held) => {
                await held.waitFor(() => items > 0, at(self.scope));
                items--;
                consumed.push(name);
              }, at(self.scope)),
            ),
          );
          await clock.runUntilIdle();
          await condition.run(async (held) => {
            items++;
            held.notify();
            if (id === "test_cancelled_wakeup_relock") await clock.runUntilIdle();
            first!.cancel();
          });
          await clock.runUntilIdle();
          expect([first!.status, second!.status]).toEqual(["cancelled", "succeeded"]);
          expect(consumed).toEqual(["second"]);
          expect(items).toBe(0);
        }),
      ),
  );
}
