import { CancelledError, failuresOf, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "TaskGroup";
const bare =
  "the first failure is thrown as it is, a group of errors only on request (`throws`); failuresOf() gives all";

behaviour(
  {
    area,
    id: "test_taskgroup_25",
    says: "children that spawn children for ever are stopped by a sibling that fails",
    verdict: "holds",
    because: "here they may go on to spawn, and each new one ends at its first wait",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("slain");
      let heads = 0;
      const run = taskGroup((group) => {
        const hydra = async (task: Task<unknown>): Promise<void> => {
          heads++;
          try {
            await sleep(1, at(task.scope));
          } finally {
            if (heads < 1_000) {
              group.spawn(hydra);
              group.spawn(hydra);
            }
          }
        };
        group.spawn(hydra);
        group.spawn(async (task) => {
          while (heads < 10) await sleep(1.5, at(task.scope));
          throw error;
        });
      });
      await expect(run).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error]);
      // Until the bound of this test: they are not refused.
      expect(heads).toBeGreaterThanOrEqual(1_000);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_no_create_task_after_failure",
    says: "after a failure the group takes no new child",
    verdict: "differs",
    because:
      "it does, so that what was handed over is cleaned up: the child ends at its first wait",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("divided by zero");
      let late: Task<void> | undefined;
      let ran = false;
      const run = taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(1, at(task.scope));
          throw error;
        });
        group.spawn(async (task) => {
          await sleep(100, at(task.scope)).catch(() => {
            late = group.spawn((child) => {
              ran = true;
              return sleep(100, at(child.scope));
            });
          });
        });
      });
      await expect(run).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error]);
      expect(ran).toBe(true);
      expect(late!.status).toBe("cancelled");
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_context_manager_exit_raises",
    says: "a child fails, and so does the cleanup that its failure causes in the body: the group of errors has both, and no cancellation is left behind",
    verdict: "differs",
    because: bare,
  },
  () =>
    withVirtualClock(async (clock) => {
      const first = new Error("child");
      const second = new Error("cleanup");
      const run = taskGroup(async (group) => {
        const database = {
          [Symbol.asyncDispose]: (): Promise<void> => Promise.reject(second),
        };
        try {
          group.spawn(() => Promise.reject(first));
          await sleep(100, at(group.scope));
        } finally {
          await database[Symbol.asyncDispose]();
        }
      });
      await expect(run).rejects.toBe(first);
      expect(failuresOf(first)).toEqual([first, second]);
      await sleep(5);
      expect(clock.now()).toBe(5);
    }),
);

behaviour(
  {
    area,
    id: "test_cancels_task_if_created_during_creation",
    says: "a child whose first step spawns one that fails at once is cancelled at its next wait, and the error is the only one",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("third");
      let went = "nowhere";
      const run = taskGroup((group) => {
        group.spawn(async (task) => {
          group.spawn(() => {
            throw error;
          });
          went = "on";
          await expect(sleep(100, at(task.scope))).rejects.toMatchObject({ reason: error });
          went = "to the end";
        });
      });
      await expect(run).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error]);
      expect(went).toBe("to the end");
    }),
);

behaviour(
  {
    area,
    id: "gh-128588",
    says: "a child that fails in its first step does not cancel its spawner in the middle of the spawn",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("at once");
      const run = taskGroup(async (group) => {
        const task = group.spawn(() => {
          throw error;
        });
        expect(group.scope.cancelled).toBe(false);
        expect(task.status).toBe("running");
        await sleep(100, at(group.scope));
      });
      await expect(run).rejects.toBe(error);
    }),
);

behaviour(
  {
    area,
    id: "a child throws CancelledError",
    says: "a child that throws CancelledError, though nobody has cancelled it, is no failure",
    verdict: "differs",
    because: "a cancellation counts where it was made for; anybody else's is an error like another",
  },
  () =>
    withVirtualClock(async () => {
      const foreign = [new CancelledError("of another"), new DOMException("fetch", "AbortError")];
      for (const error of foreign) {
        const run = taskGroup((group) => {
          group.spawn(async (task) => {
            await sleep(1, at(task.scope));
            throw error;
          });
        });
        await expect(run).rejects.toBe(error);
      }
    }),
);

behaviour(
  {
    area,
    id: "the body swallows the cancellation",
    says: "a body that swallows the cancellation which a failing child has caused does not hide the failure",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("divided by zero");
      let swallowed = false;
      const run = taskGroup(async (group) => {
        group.spawn(async (task) => {
          await sleep(10, at(task.scope));
          throw error;
        });
        await sleep(100, at(group.scope)).catch(() => {
          swallowed = true;
        });
        return "all is well";
      });
      await expect(run).rejects.toBe(error);
      expect(swallowed).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "the body awaits a child that fails",
    says: "a body that awaits a failing child adds nothing to the child's error: it is there once",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("divided by zero");
      const run = taskGroup(
        async (group) => {
          const task = group.spawn(async ({ scope }) => {
            await sleep(10, at(scope));
            throw error;
          });
          await task.wait(at(group.scope));
        },
        { throws: "aggregate" },
      );
      await expect(run).rejects.toHaveProperty("errors", [error]);
    }),
);
