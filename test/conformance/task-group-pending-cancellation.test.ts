import { CancelScope, shield, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "TaskGroup";

behaviour(
  {
    area,
    id: "test_cancelling_level_preserved",
    says: "after the error of a group is caught, nothing around the group is cancelled",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("child");
      const scope = new CancelScope();
      await scope.run(async () => {
        const run = taskGroup((group) => {
          group.spawn(async (task) => {
            await sleep(0, at(task.scope));
            throw error;
          });
        }, at(scope));
        await expect(run).rejects.toBe(error);
        expect(scope.cancelled).toBe(false);
        expect(scope.signal.aborted).toBe(false);
        await sleep(5, at(scope));
      });
      expect(clock.now()).toBe(5);
    }),
);

behaviour(
  {
    area,
    id: "test_cancellation_does_not_leak_out_of_tg",
    says: "after the error of a group whose child failed at once is caught, the next wait is not disturbed",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("child");
      const scope = new CancelScope();
      const run = scope.run(async () => {
        const group = taskGroup((opened) => {
          opened.spawn(() => Promise.reject(error));
        }, at(scope));
        await expect(group).rejects.toBe(error);
        await sleep(0, at(scope));
        return "undisturbed";
      });
      await expect(run).resolves.toBe("undisturbed");
    }),
);

behaviour(
  {
    area,
    id: "test_error_and_cancel",
    says: "a child fails and at the same moment the task around the group is cancelled: the failure can be caught, the very next wait throws the cancellation, and the task ends cancelled",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("child");
      const went: string[] = [];
      const task = await taskGroup((outer) => {
        const inner = outer.spawn(async ({ scope }) => {
          const run = taskGroup(async (group) => {
            group.spawn(() => Promise.reject(error));
            await sleep(100, at(group.scope));
            went.push("past the wait in the group");
          }, at(scope));
          await expect(run).rejects.toBe(error);
          went.push("caught");
          await sleep(100, at(scope));
          went.push("past the wait after the group");
        });
        // The child has failed, and nobody has heard of it yet.
        inner.cancel("outside");
        return [inner];
      });
      expect(went).toEqual(["caught"]);
      expect(task[0]!.status).toBe("cancelled");
      expect(() => task[0]!.result()).toThrow(expect.objectContaining({ reason: "outside" }));
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "gh-116720",
    says: "an outer cancellation that comes when the group is being aborted already is not swallowed with the group's error",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("child");
      const scope = new CancelScope();
      let caught = false;
      const run = scope.run(async () => {
        const group = taskGroup(async (opened) => {
          opened.spawn(async (task) => {
            await sleep(10, at(task.scope));
            throw error;
          });
          try {
            await sleep(100, at(opened.scope));
          } finally {
            await shield((inner) => sleep(10, at(inner)), { timeoutMs: 50 });
          }
        }, at(scope));
        await expect(group).rejects.toBe(error);
        caught = true;
        await sleep(100, at(scope));
      });
      await clock.advance(15);
      scope.cancel("outside");
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "outside" });
      expect(caught).toBe(true);
      expect(clock.now()).toBe(20);
    }),
);

behaviour(
  {
    area,
    id: "cancelled while it waits for its children",
    says: "a group that waits for its children is cancelled several times: the children are cancelled once, it still waits for the end of all, and the first message counts",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = new CancelScope();
      const cleanups: string[] = [];
      const run = scope.run(async () => {
        await taskGroup((group) => {
          group.spawn(async (task) => {
            await sleep(100, at(task.scope)).catch(async () => {
              cleanups.push("begun");
              await shield((inner) => sleep(20, at(inner)), { timeoutMs: 50 });
              cleanups.push("done");
            });
          });
        }, at(scope));
        cleanups.push("group ended");
        await sleep(100, at(scope));
      });
      await clock.advance(10);
      scope.cancel("first");
      await clock.advance(5);
      scope.cancel("second");
      await expect(run).rejects.toMatchObject({ reason: "first" });
      expect(cleanups).toEqual(["begun", "done", "group ended"]);
      expect(clock.now()).toBe(30);
    }),
);

behaviour(
  {
    area,
    id: "the body swallows the outer cancellation",
    says: "a body that swallows an outer cancellation and returns: the group ends without an error",
    verdict: "holds",
    because: "here the scope stays cancelled all the same, and its next wait rejects",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = new CancelScope();
      let value: unknown;
      const run = scope.run(async () => {
        value = await taskGroup(async (group) => {
          await sleep(100, at(group.scope)).catch(() => {});
          return "swallowed";
        }, at(scope));
        await sleep(100, at(scope));
      });
      await clock.advance(10);
      scope.cancel("outside");
      await expect(run).rejects.toMatchObject({ reason: "outside" });
      expect(value).toBe("swallowed");
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_18",
    says: "a body that answers the outer cancellation with an error of its own: the group of errors has that",
    verdict: "differs",
    because:
      "it is thrown as it is, a group of errors only on request (`throws`); the cancellation stays pending",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("mine");
      const scope = new CancelScope();
      let caught = false;
      const run = scope.run(async () => {
        const group = taskGroup(async (opened) => {
          await sleep(100, at(opened.scope)).catch(() => {
            throw error;
          });
        }, at(scope));
        await expect(group).rejects.toBe(error);
        caught = true;
        await sleep(100, at(scope));
      });
      await clock.advance(10);
      scope.cancel("outside");
      await expect(run).rejects.toMatchObject({ reason: "outside" });
      expect(caught).toBe(true);
    }),
);
