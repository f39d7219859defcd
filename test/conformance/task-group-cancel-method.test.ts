import {
  CancelledError,
  CancelScope,
  shield,
  sleep,
  type Task,
  taskGroup,
  TaskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "TaskGroup";
const because =
  "cancel() ends an interrupted body with its CancelledError; finish(value) is what ends a group early without one";

behaviour(
  {
    area,
    id: "cancel from a child",
    says: "a child that cancels its group ends body and children, and the group ends without an error",
    verdict: "differs",
    because,
  },
  () =>
    withVirtualClock(async (clock) => {
      for (const end of ["cancel", "finish"] as const) {
        let sibling: Task<void> | undefined;
        const start = clock.now();
        const run = taskGroup<void, string>(async (group) => {
          sibling = group.spawn((task) => sleep(100, at(task.scope)));
          group.spawn(async (task) => {
            await sleep(10, at(task.scope));
            group[end]("enough");
          });
          await sleep(100, at(group.scope));
        });
        if (end === "finish") await expect(run).resolves.toBe("enough");
        else await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "enough" });
        expect(sibling!.status).toBe("cancelled");
        expect(clock.now() - start).toBe(10);
      }
    }),
);

behaviour(
  {
    area,
    id: "cancel from the body",
    says: "a body that cancels its group is interrupted at its next wait, and the group ends without an error",
    verdict: "differs",
    because,
  },
  () =>
    withVirtualClock(async (clock) => {
      let went = "nowhere";
      let child: Task<void> | undefined;
      const run = taskGroup(async (group) => {
        child = group.spawn((task) => sleep(100, at(task.scope)));
        group.cancel("enough");
        went = "on";
        await sleep(10, at(group.scope));
        went = "past the wait";
      });
      await expect(run).rejects.toBeInstanceOf(CancelledError);
      expect(went).toBe("on");
      expect(child!.status).toBe("cancelled");

      const finished = taskGroup<never, string>(async (group) => {
        group.finish("enough");
        await sleep(10, at(group.scope));
        throw new Error("not reached");
      });
      await expect(finished).resolves.toBe("enough");
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "cancel when the body has ended",
    says: "a child that cancels its group when the body has ended: the others are cancelled, and the group ends without an error",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const tasks = await taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(10, at(task.scope));
          group.cancel();
        });
        return [group.spawn((task) => sleep(100, at(task.scope)))];
      });
      expect(tasks[0]!.status).toBe("cancelled");
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "cancel twice",
    says: "to cancel a group again changes nothing",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      let interruptions = 0;
      const run = taskGroup(async (group) => {
        group.spawn(async (task) => {
          await sleep(100, at(task.scope)).catch(() => interruptions++);
          await shield((scope) => sleep(5, at(scope)), { timeoutMs: 50 });
        });
        group.cancel("first");
        group.cancel("second");
        await sleep(10, at(group.scope)).finally(() => group.cancel("third"));
      });
      await expect(run).rejects.toMatchObject({ reason: "first" });
      expect(interruptions).toBe(1);
    }),
);

behaviour(
  {
    area,
    id: "cancel before enter",
    says: "a group that is cancelled before it is entered interrupts its body at the first wait, and ends without an error",
    verdict: "differs",
    because: `a group is open as soon as it is made, and what runs in it is interrupted; ${because}`,
  },
  () =>
    withVirtualClock(async (clock) => {
      const group = new TaskGroup();
      group.cancel("too early");
      let went = "nowhere";
      const child = group.spawn(async (task) => {
        went = "on";
        await sleep(10, at(task.scope));
        went = "past the wait";
      });
      await expect(group.join()).rejects.toMatchObject({ name: "AbortError", reason: "too early" });
      await group[Symbol.asyncDispose]();
      expect(child.status).toBe("cancelled");
      expect(went).toBe("on");
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "cancel after exit",
    says: "to cancel a group that has ended does nothing",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = new CancelScope();
      await scope.run(async () => {
        let group: TaskGroup | undefined;
        const value = await taskGroup((opened) => {
          group = opened;
          return opened.spawn(() => 42);
        }, at(scope));
        group!.cancel("too late");
        expect(group!.scope.cancelled).toBe(false);
        expect(value).toBe(42);
        await sleep(5, at(scope));
      });
      expect(clock.now()).toBe(5);
    }),
);

behaviour(
  {
    area,
    id: "cancel, then an exception",
    says: "an error that the body throws after it has cancelled the group comes out",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("afterwards");
      let child: Task<void> | undefined;
      const run = taskGroup((group) => {
        child = group.spawn((task) => sleep(100, at(task.scope)));
        group.cancel();
        throw error;
      });
      await expect(run).rejects.toBe(error);
      expect(child!.status).toBe("cancelled");
    }),
);

behaviour(
  {
    area,
    id: "an exception, then cancel",
    says: "to cancel a group that is ending with an error of its body does not hide the error",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("first");
      const run = taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(100, at(task.scope)).finally(() => group.cancel());
        });
        throw error;
      });
      await expect(run).rejects.toBe(error);
    }),
);

behaviour(
  {
    area,
    id: "cancel, and a child fails in its cleanup",
    says: "the errors of children that fail while a cancelled group winds up come out",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("cleanup");
      for (const end of ["cancel", "finish"] as const) {
        const run = taskGroup<void, string>(async (group) => {
          group.spawn(async (task) => {
            await sleep(100, at(task.scope)).catch(async () => {
              await shield((scope) => sleep(5, at(scope)), { timeoutMs: 50 });
              throw error;
            });
          });
          group[end]("enough");
          await sleep(10, at(group.scope));
        });
        await expect(run).rejects.toBe(error);
      }
      expect(clock.now()).toBe(10);
    }),
);
