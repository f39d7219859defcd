import { CancelledError, sleep, taskGroup, timeout, timeoutAt, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "timeout";

behaviour(
  {
    area,
    id: "test_timeout_basic",
    says: "a block that takes longer than its limit ends with a timeout error and is expired",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let expired: boolean | undefined;
      const slow = timeout(10, async (scope) => {
        try {
          await sleep(10_000, at(scope));
        } finally {
          expired = scope.expired;
        }
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(10);
      expect(expired).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_at_basic",
    says: "the limit may be a point in time, which is still readable when it has passed",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      await sleep(5);
      let after: number | undefined;
      const slow = timeoutAt(15, async (scope) => {
        try {
          await sleep(10_000, at(scope));
        } finally {
          after = scope.deadline;
        }
      });
      const error = await slow.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as TimeoutError).deadline).toBe(15);
      expect(after).toBe(15);
      expect(clock.now()).toBe(15);
    }),
);

behaviour(
  {
    area,
    id: "test_waiter_cancelled",
    says: "what the block sees when the time is over is a cancellation",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      let seen: unknown;
      const slow = timeout(10, async (scope) => {
        try {
          await sleep(10_000, at(scope));
        } catch (error) {
          seen = error;
          throw error;
        }
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(seen).toBeInstanceOf(CancelledError);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_not_called",
    says: "a block that is done in time is not expired, and its deadline is still readable",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = await timeout(10_000, async (inner) => {
        await sleep(10, at(inner));
        return inner;
      });
      expect(clock.now()).toBe(10);
      expect(scope.expired).toBe(false);
      expect(scope.deadline).toBe(10_000);
      await sleep(20_000);
      expect(scope.expired).toBe(false);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_disabled",
    says: "a timeout can be given no limit at all",
    verdict: "holds",
    because: "No limit is written Infinity; null is refused with a TypeError.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = await timeout(Infinity, async (inner) => {
        await sleep(2 ** 40, at(inner));
        return inner;
      });
      expect(clock.now()).toBe(2 ** 40);
      expect(scope.expired).toBe(false);
      expect(scope.deadline).toBe(Infinity);
      await expect(timeout(null as never, () => 1)).rejects.toBeInstanceOf(TypeError);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_at_disabled",
    says: "a timeout can be given no deadline at all",
    verdict: "holds",
    because: "No deadline is written Infinity; null is refused with a TypeError.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = await timeoutAt(Infinity, async (inner) => {
        await sleep(2 ** 40, at(inner));
        return inner;
      });
      expect(clock.now()).toBe(2 ** 40);
      expect(scope.expired).toBe(false);
      expect(scope.deadline).toBe(Infinity);
      await expect(timeoutAt(null as never, () => 1)).rejects.toBeInstanceOf(TypeError);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_zero",
    says: "a limit of zero runs the block up to its first wait, and interrupts that",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      await sleep(5);
      const log: string[] = [];
      let deadline: number | undefined;
      const slow = timeout(0, async (scope) => {
        deadline = scope.deadline;
        log.push("begun");
        await sleep(10_000, at(scope));
        log.push("slept");
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(log).toEqual(["begun"]);
      expect(deadline).toBe(5);
      expect(clock.now()).toBe(5);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_zero_sleep_zero",
    says: "a limit of zero interrupts even a wait that only yields",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const log: string[] = [];
      let expired: boolean | undefined;
      const slow = timeout(0, async (scope) => {
        expired = scope.expired;
        await sleep(0, at(scope));
        log.push("slept");
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(expired).toBe(true);
      expect(log).toEqual([]);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_in_the_past_sleep_zero",
    says: "a deadline that has passed already interrupts the first wait too",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      await sleep(50);
      const log: string[] = [];
      let deadline: number | undefined;
      const slow = timeout(-11, async (scope) => {
        deadline = scope.deadline;
        await sleep(0, at(scope));
        log.push("slept");
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      const late = timeoutAt(30, (scope) => sleep(0, at(scope)));
      await expect(late).rejects.toBeInstanceOf(TimeoutError);
      expect(deadline).toBe(39);
      expect(log).toEqual([]);
      expect(clock.now()).toBe(50);
    }),
);

behaviour(
  {
    area,
    id: "test_outer_task_is_not_cancelled",
    says: "a task that handles a timeout goes on as if nothing had been cancelled",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async ({ scope }) => {
          const slow = timeout(1, (inner) => sleep(10_000, at(inner)), at(scope));
          await expect(slow).rejects.toBeInstanceOf(TimeoutError);
          await sleep(5, at(scope));
        });
        await task.wait(at(group.scope));
        expect(task.status).toBe("succeeded");
        expect(task.scope.cancelled).toBe(false);
        expect(clock.now()).toBe(6);
      }),
    ),
);

for (const state of ["active", "expired", "finished", "disabled"]) {
  notTransferable({
    area,
    id: `test_repr_${state}`,
    says: `the text form of a timeout shows that it is ${state}`,
    because: "No text form is promised: deadline, expired and cancelled of the scope tell.",
  });
}

notTransferable({
  area,
  id: "test_timeout_without_task",
  says: "a timeout outside of a task is refused",
  because: "A timeout brings its own scope: it needs no task around it.",
});
