import { CancelledError, Queue, taskGroup, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";
import { orders } from "./queue-orders.ts";

const area = "Queue";

for (const { suite, name, order } of orders) {
  behaviour(
    {
      area,
      id: `${suite}JoinTests.test_task_done_underflow`,
      says: `marking more items as done than were put is an error (${name})`,
      verdict: "holds",
    },
    () => {
      const queue = new Queue<number>({ capacity: Infinity, order });
      expect(() => queue.taskDone()).toThrow(RangeError);
      queue.tryPut(1);
      queue.taskDone();
      expect(() => queue.taskDone()).toThrow(RangeError);
      expect(queue.stats().unfinished).toBe(0);
    },
  );

  behaviour(
    {
      area,
      id: `${suite}JoinTests.test_task_done`,
      says: `join ends when all of a hundred items were marked as done by two workers (${name})`,
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const queue = new Queue<number>({ capacity: Infinity, order });
          for (let item = 0; item < 100; item++) queue.tryPut(item);
          let sum = 0;
          let running = true;
          let joined = false;
          const join = group.spawn(async (self) => {
            await queue.join(at(self.scope));
            joined = true;
          });
          const workers = [1, 2].map(() =>
            group.spawn(async (self) => {
              while (running) {
                const item = await queue.get(at(self.scope));
                sum += item;
                expect(joined).toBe(false);
                if (queue.stats().unfinished === 1) {
                  // The last item is got, and not done yet.
                  await clock.runUntilIdle();
                  expect(joined).toBe(false);
                  running = false;
                }
                queue.taskDone();
              }
            }),
          );
          await join.wait(at(group.scope));
          expect(sum).toBe(4_950);
          for (const worker of workers) worker.cancel();
        }),
      ),
  );

  behaviour(
    {
      area,
      id: `${suite}JoinTests.test_join_empty_queue`,
      says: `join does not wait when nothing was put, as often as it is called (${name})`,
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const queue = new Queue<number>({ capacity: Infinity, order });
        await queue.join();
        await queue.join();
        queue.tryPut(1);
        queue.tryGet();
        queue.taskDone();
        await queue.join();
        expect(queue.stats().unfinished).toBe(0);
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}JoinTests.test_format`,
      says: `its text tells how many items are not done (${name})`,
      verdict: "holds",
    },
    () => {
      const queue = new Queue<number>({ capacity: Infinity, order });
      expect(String(queue)).toContain("capacity: Infinity, size: 0, unfinished: 0");
      for (const item of [1, 2, 3]) queue.tryPut(item);
      queue.tryGet();
      queue.taskDone();
      expect(String(queue)).toContain("capacity: Infinity, size: 2, unfinished: 2");
    },
  );
}

behaviour(
  {
    area,
    id: "join: cancelled",
    says: "a join that is cancelled leaves the line, and the others are told when all is done",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: Infinity, name: "jobs" });
        queue.tryPut(1);
        const [first, second] = [1, 2].map(() => group.spawn((self) => queue.join(at(self.scope))));
        await clock.runUntilIdle();
        const waiting = (): number =>
          waitTree(group.scope).split('waits for queue join "jobs"').length - 1;
        expect(waiting()).toBe(2);
        first!.cancel();
        expect(waiting()).toBe(1);
        await expect(first!.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        queue.tryGet();
        queue.taskDone();
        await second!.wait(at(group.scope));
        expect([first!.status, second!.status]).toEqual(["cancelled", "succeeded"]);
      }),
    ),
);
