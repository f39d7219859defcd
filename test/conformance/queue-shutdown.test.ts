import { type CancelScope, ClosedError, Queue, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";
import { orders } from "./queue-orders.ts";

const area = "Queue";

/** Sees that nothing can be put or got any more. */
async function expectOver(queue: Queue<number>, scope: CancelScope): Promise<void> {
  await expect(queue.put(1, at(scope))).rejects.toBeInstanceOf(ClosedError);
  expect(() => queue.tryPut(1)).toThrow(ClosedError);
  await expect(queue.get(at(scope))).rejects.toBeInstanceOf(ClosedError);
  expect(() => queue.tryGet()).toThrow(ClosedError);
}

for (const { suite, name, order } of orders) {
  behaviour(
    {
      area,
      id: `${suite}ShutdownTests.test_format`,
      says: `its text tells that it is shut down (${name})`,
      verdict: "holds",
    },
    () => {
      const queue = new Queue<number>({ capacity: Infinity, order });
      expect(String(queue)).toContain("closed: false");
      queue.close();
      expect(String(queue)).toContain("closed: true");
    },
  );

  behaviour(
    {
      area,
      id: `${suite}ShutdownTests.test_shutdown_empty`,
      says: `shutting an empty queue down fails whoever waits to get, and everything after that (${name})`,
      verdict: "holds",
    },
    () =>
      withVirtualClock(() =>
        taskGroup(async (group) => {
          const queue = new Queue<number>({ capacity: Infinity, order });
          const got = queue.get(at(group.scope));
          queue.close();
          expect(queue.size).toBe(0);
          await queue.join(at(group.scope));
          await expect(got).rejects.toBeInstanceOf(ClosedError);
          await expectOver(queue, group.scope);
        }),
      ),
  );

  behaviour(
    {
      area,
      id: `${suite}ShutdownTests.test_shutdown_nonempty`,
      says: `shutting down fails whoever waits to put; what is in can be got, and join waits until it is done (${name})`,
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const queue = new Queue<number>({ capacity: 1, order });
          queue.tryPut(1);
          const join = group.spawn((self) => queue.join(at(self.scope)));
          const put = queue.put(2, at(group.scope));
          expect(queue.stats()).toMatchObject({ unfinished: 1, putting: 1 });
          queue.close();
          expect(queue.stats()).toMatchObject({ size: 1, unfinished: 1, putting: 0 });
          await expect(put).rejects.toBeInstanceOf(ClosedError);
          expect(await queue.get(at(group.scope))).toBe(1);
          await clock.runUntilIdle();
          expect(join.status).toBe("running");
          await expectOver(queue, group.scope);
          queue.taskDone();
          await join.wait(at(group.scope));
          expect(() => queue.taskDone()).toThrow(RangeError);
        }),
      ),
  );

  behaviour(
    {
      area,
      id: `${suite}ShutdownTests.test_shutdown_immediate`,
      says: `shutting down at once drops what is in, which ends join, and fails everything (${name})`,
      verdict: "holds",
    },
    () =>
      withVirtualClock(() =>
        taskGroup(async (group) => {
          const queue = new Queue<number>({ capacity: Infinity, order });
          queue.tryPut(1);
          const join = group.spawn((self) => queue.join(at(self.scope)));
          queue.abort();
          expect(queue.stats()).toMatchObject({ size: 0, unfinished: 0, closed: true });
          await join.wait(at(group.scope));
          await expectOver(queue, group.scope);
          expect(() => queue.taskDone()).toThrow(RangeError);
        }),
      ),
  );

  behaviour(
    {
      area,
      id: `${suite}ShutdownTests.test_shutdown_immediate_with_unfinished`,
      says: `shutting down at once leaves join waiting for the items that were got, and for no others (${name})`,
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const queue = new Queue<number>({ capacity: Infinity, order });
          for (const item of [1, 1]) queue.tryPut(item);
          const join = group.spawn((self) => queue.join(at(self.scope)));
          expect(await queue.get(at(group.scope))).toBe(1);
          queue.abort();
          expect(queue.stats()).toMatchObject({ size: 0, unfinished: 1 });
          await clock.runUntilIdle();
          expect(join.status).toBe("running");
          await expectOver(queue, group.scope);
          queue.taskDone();
          expect(() => queue.taskDone()).toThrow(RangeError);
          await join.wait(at(group.scope));
        }),
      ),
  );
}
