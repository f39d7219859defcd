import { CancelledError, shield, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "tasks: cancel";

behaviour(
  {
    area,
    id: "test_cancel",
    says: "a task that is cancelled while it waits ends cancelled at once, and cancelling it again does nothing",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(10_000, at(self.scope));
          return 12;
        });
        task.cancel();
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(task.status).toBe("cancelled");
        expect(clock.now()).toBe(0);
        task.cancel();
        expect(task.status).toBe("cancelled");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_yield",
    says: "a task that only yields can be cancelled too",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(0, at(self.scope));
          await sleep(0, at(self.scope));
          return 12;
        });
        task.cancel();
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(task.status).toBe("cancelled");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_task_catching",
    says: "a task that catches its cancellation and returns a value is done with that value",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(5, at(self.scope));
          try {
            await sleep(10_000, at(self.scope));
            return 12;
          } catch {
            return 42;
          }
        });
        await clock.advance(10);
        task.cancel();
        await expect(task.wait(at(group.scope))).resolves.toBe(42);
        expect(task.status).toBe("succeeded");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_task_ignoring",
    says: "a task that ignores its cancellation goes on to wait, and finishes later",
    verdict: "differs",
    because:
      "In a cancelled scope every further wait rejects again, so that ignoring it once does not lose it. A task that must go on waits in a shield, and finishes as if nothing had been.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const bare = group.spawn(async (self) => {
          await sleep(10_000, at(self.scope)).catch(() => {});
          await sleep(10, at(self.scope));
          return 42;
        });
        const shielded = group.spawn(async (self) => {
          await sleep(10_000, at(self.scope)).catch(() => {});
          await shield((safe) => sleep(10, at(safe)), { timeoutMs: 100 });
          return 42;
        });
        bare.cancel();
        shielded.cancel();
        await expect(bare.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(clock.now()).toBe(0);
        await expect(shielded.wait(at(group.scope))).resolves.toBe(42);
        expect(shielded.status).toBe("succeeded");
        expect(clock.now()).toBe(10);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_current_task",
    says: "a task may cancel itself, and is interrupted at its next wait",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const log: string[] = [];
        const task = group.spawn(async (self) => {
          self.cancel();
          log.push("goes on");
          await sleep(100, at(self.scope));
          log.push("slept");
        });
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(task.status).toBe("cancelled");
        expect(log).toEqual(["goes on"]);
        expect(clock.now()).toBe(0);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_at_end",
    says: "a task that cancels itself in its last statement ends cancelled",
    verdict: "differs",
    because:
      "Whoever returned a value in spite of a cancellation has succeeded: the value is not lost.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const task = group.spawn((self) => {
          self.cancel();
          return 12;
        });
        await expect(task.wait(at(group.scope))).resolves.toBe(12);
        expect(task.status).toBe("succeeded");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_baseexception_during_cancel",
    says: "an error thrown while a cancellation is handled is how the task ends",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const failure = new Error("of the handler");
      let task: Task<void> | undefined;
      const failing = taskGroup((group) => {
        task = group.spawn((self) =>
          sleep(10_000, at(self.scope)).catch(() => {
            throw failure;
          }),
        );
        task.cancel();
        expect(task.status).toBe("running");
      });
      await expect(failing).rejects.toBe(failure);
      expect(task!.status).toBe("failed");
      expect(() => task!.result()).toThrow(failure);
    }),
);

behaviour(
  {
    area,
    id: "test_tb_logger_not_called_after_cancel",
    says: "an error that a task has failed with is not reported when the task is cancelled afterwards",
    verdict: "differs",
    because:
      "A child's failure is its group's: it surfaces there, and is hidden by no cancellation. Nothing is reported as unhandled.",
  },
  () =>
    withVirtualClock(async () => {
      const failure = new TypeError("of the child");
      const unhandled: unknown[] = [];
      const listener = (error: unknown): void => void unhandled.push(error);
      process.on("unhandledRejection", listener);
      try {
        const failing = taskGroup(async (group) => {
          const task = group.spawn(() => {
            throw failure;
          });
          await sleep(50, at(group.scope)).catch(() => {});
          expect(task.status).toBe("failed");
          task.cancel();
          expect(task.status).toBe("failed");
        });
        await expect(failing).rejects.toBe(failure);
        await sleep(1);
      } finally {
        process.off("unhandledRejection", listener);
      }
      expect(unhandled).toEqual([]);
    }),
);
