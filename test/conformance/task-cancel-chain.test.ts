import { CancelledError, limit, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "tasks: cancel";

behaviour(
  {
    area,
    id: "test_cancel_inner_future",
    says: "a task ends cancelled when what it waits for is cancelled",
    verdict: "differs",
    because:
      "Only its own cancellation makes a task cancelled. Another task's is a failure to the one who waits for it, unless handled.",
  },
  () =>
    withVirtualClock(async () => {
      let inner: Task<void> | undefined;
      let outer: Task<number> | undefined;
      const failing = taskGroup((group) => {
        inner = group.spawn((self) => sleep(10_000, at(self.scope)));
        outer = group.spawn(async (self) => {
          await inner!.wait(at(self.scope));
          return 12;
        });
        inner.cancel("inner");
      });
      await expect(failing).rejects.toMatchObject({ name: "AbortError", reason: "inner" });
      expect(inner!.status).toBe("cancelled");
      expect(outer!.status).toBe("failed");
    }),
);

behaviour(
  {
    area,
    id: "test_cancel_both_task_and_inner_future",
    says: "when a task and what it waits for are cancelled in the same turn, both end cancelled",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const tasks = await taskGroup((group) => {
        const inner = group.spawn((self) => sleep(10_000, at(self.scope)));
        const outer = group.spawn((self) => inner.wait(at(self.scope)));
        inner.cancel();
        outer.cancel();
        return [inner, outer];
      });
      expect(tasks.map((task) => task.status)).toEqual(["cancelled", "cancelled"]);
    }),
);

behaviour(
  {
    area,
    id: "test_cancel_awaited_task",
    says: "cancelling a task cancels the task that it waits for",
    verdict: "differs",
    because:
      "Awaiting a task is a plain wait that leaves it running: it belongs to its group, and others may wait for it. Cancelling the group reaches both.",
  },
  () =>
    withVirtualClock(async () => {
      const tasks = await taskGroup(async (group) => {
        const nested = group.spawn((self) => sleep(10, at(self.scope)));
        const waiter = group.spawn((self) => {
          self.cancel();
          return nested.wait(at(self.scope));
        });
        await expect(waiter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(nested.status).toBe("running");
        await nested.wait(at(group.scope));
        const last = group.spawn((self) => sleep(10, at(self.scope)));
        const waits = group.spawn((self) => last.wait(at(self.scope)));
        group.cancel();
        return [nested, last, waits];
      });
      expect(tasks.map((task) => task.status)).toEqual(["succeeded", "cancelled", "cancelled"]);
    }),
);

behaviour(
  {
    area,
    id: "test_task_cancel_waiter_future",
    says: "cancelling a task takes away the wait that it was in",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup((group) => {
        const one = limit(1);
        group.spawn((self) => one(() => sleep(10, at(self.scope)), at(self.scope)));
        const task = group.spawn((self) => one(() => 1, at(self.scope)));
        expect(one.pending).toBe(1);
        task.cancel();
        expect(one.pending).toBe(0);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_yield_future_passes_cancel",
    says: "a cancellation passes through the chain of functions that await each other, innermost first",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const log: string[] = [];
      await taskGroup((group) => {
        const task = group.spawn(async (self) => {
          const inner = async (): Promise<void> => {
            try {
              await sleep(10_000, at(self.scope));
            } catch (error) {
              log.push("inner");
              throw error;
            }
          };
          await inner().catch(() => log.push("outer"));
        });
        task.cancel();
      });
      expect(log).toEqual(["inner", "outer"]);
    }),
);
