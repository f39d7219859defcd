import {
  AsyncEvent,
  Condition,
  type HeldCondition,
  Mutex,
  type TaskGroup,
  taskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Condition";

/** Children that wait to be notified, one for each number, and write it down then. */
function waiters(
  group: TaskGroup<void>,
  condition: Condition,
  numbers: number[],
  then?: (number: number, held: HeldCondition) => unknown,
): number[] {
  const log: number[] = [];
  for (const number of numbers) {
    group.spawn((self) =>
      condition.run(async (held) => {
        await held.wait(at(self.scope));
        log.push(number);
        await then?.(number, held);
      }, at(self.scope)),
    );
  }
  return log;
}

behaviour(
  {
    area,
    id: "test_wait",
    says: "the lock is free while one waits; who is notified goes on when it holds the lock again, one after the other",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        const ends = [1, 2, 3].map(() => new AsyncEvent());
        const log = waiters(group, condition, [1, 2, 3], (number, held) => {
          if (number === 1) held.notify(2);
          return ends[number - 1]!.wait(at(group.scope));
        });
        await clock.runUntilIdle();
        expect(log).toEqual([]);
        expect(condition.mutex.locked).toBe(false);
        await condition.run(async (held) => {
          held.notify();
          await clock.runUntilIdle();
          expect(log).toEqual([]);
          expect(condition.mutex.locked).toBe(true);
        });
        const seen: number[][] = [];
        for (const end of ends) {
          await clock.runUntilIdle();
          seen.push([...log]);
          expect(condition.mutex.locked).toBe(true);
          end.set();
        }
        expect(seen).toEqual([[1], [1, 2], [1, 2, 3]]);
        await clock.runUntilIdle();
        expect(condition.mutex.locked).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait_for",
    says: "waiting for a predicate goes on when it has been notified and the predicate is true, with its value",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        let value = "";
        const waiter = group.spawn((self) =>
          condition.run((held) => held.waitFor(() => value, at(self.scope)), at(self.scope)),
        );
        await clock.runUntilIdle();
        await condition.run((held) => held.notify());
        await clock.runUntilIdle();
        expect([waiter.status, condition.waiting]).toEqual(["running", 1]);
        value = "done";
        await condition.run((held) => held.notify());
        await expect(waiter.wait(at(group.scope))).resolves.toBe("done");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_notify",
    says: "so many are notified as are asked for, in the order in which they came; more than wait do no harm",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        const log = waiters(group, condition, [1, 2, 3]);
        await condition.run((held) => held.notify(1));
        await clock.runUntilIdle();
        expect(log).toEqual([1]);
        await condition.run((held) => {
          held.notify(1);
          held.notify(2048);
        });
        await clock.runUntilIdle();
        expect(log).toEqual([1, 2, 3]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_notify_all",
    says: "all can be notified, in the order in which they came",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        const log = waiters(group, condition, [1, 2]);
        await condition.run((held) => held.notifyAll());
        await clock.runUntilIdle();
        expect(log).toEqual([1, 2]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_repr",
    says: "its text tells whether it is locked, and how many wait",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const condition = new Condition();
        expect(String(condition)).toBe("Condition { locked: false, waiting: 0 }");
        waiters(group, condition, [1, 2]);
        await condition.run((held) => {
          expect(String(condition)).toBe("Condition { locked: true, waiting: 2 }");
          held.notifyAll();
        });
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_context_manager",
    says: "it is locked in a block, and unlocked before and after",
    verdict: "holds",
    because: "A block is a function given to `run()`.",
  },
  async () => {
    const condition = new Condition();
    const { mutex } = condition;
    expect(mutex.locked).toBe(false);
    await condition.run(() => expect(mutex.locked).toBe(true));
    expect(mutex.locked).toBe(false);
  },
);

behaviour(
  {
    area,
    id: "test_explicit_lock",
    says: "a condition with a lock that is given is locked exactly when that lock is, whichever of them is entered",
    verdict: "holds",
  },
  async () => {
    const mutex = new Mutex();
    const conditions = [new Condition(mutex), new Condition(mutex), new Condition()];
    for (const condition of conditions) {
      const lock = condition.mutex;
      const state = (): boolean[] => [lock.locked, condition.stats().locked];
      expect(state()).toEqual([false, false]);
      await condition.run(() => expect(state()).toEqual([true, true]));
      expect(state()).toEqual([false, false]);
      await lock.run(() => expect(state()).toEqual([true, true]));
      expect(state()).toEqual([false, false]);
    }
    expect(conditions.map((condition) => condition.mutex === mutex)).toEqual([true, true, false]);
  },
);
