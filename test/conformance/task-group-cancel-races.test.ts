import { CancelScope, shield, sleep, type Task, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "TaskGroup";

behaviour(
  {
    area,
    id: "cancel before create task",
    says: "a group that was cancelled takes no new child",
    verdict: "differs",
    because:
      "it does, so that what was handed over is cleaned up: the child ends at its first wait",
  },
  () =>
    withVirtualClock(async (clock) => {
      let ran = false;
      const tasks = await taskGroup((group) => {
        group.cancel();
        return [
          group.spawn((task) => {
            ran = true;
            return sleep(100, at(task.scope));
          }),
        ];
      });
      expect(ran).toBe(true);
      expect(tasks[0]!.status).toBe("cancelled");
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "cancel from child before first suspension",
    says: "a child that cancels its group in its own first step is cancelled itself, too",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let went = "nowhere";
      const tasks = await taskGroup((group) => {
        return [
          group.spawn(async (task) => {
            group.cancel();
            went = "on";
            await sleep(100, at(task.scope));
            went = "past the wait";
          }),
        ];
      });
      expect(went).toBe("on");
      expect(tasks[0]!.status).toBe("cancelled");
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "cancel, and a cancellation from outside",
    says: "a group that is cancelled by itself and from outside, in whichever order, ends with the outer cancellation",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      for (const outerFirst of [true, false]) {
        let inside: Task<void> | undefined;
        const scope = new CancelScope();
        const run = scope.run(async () => {
          const group = taskGroup(async (opened) => {
            inside = opened.spawn((task) => sleep(100, at(task.scope)));
            if (outerFirst) scope.cancel("outside");
            opened.cancel("own");
            if (!outerFirst) scope.cancel("outside");
            await sleep(100, at(opened.scope));
          }, at(scope));
          await expect(group).rejects.toMatchObject({ name: "AbortError", reason: "outside" });
          await sleep(100, at(scope));
        });
        await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "outside" });
        expect(inside!.status).toBe("cancelled");
      }
    }),
);

behaviour(
  {
    area,
    id: "finish, and a cancellation from outside",
    says: "a group that ends itself early does not swallow a cancellation from outside",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      for (const outerFirst of [true, false]) {
        const scope = new CancelScope();
        const run = scope.run(async () => {
          const group = taskGroup<void, string>(async (opened) => {
            if (outerFirst) scope.cancel("outside");
            opened.finish("enough");
            if (!outerFirst) scope.cancel("outside");
            await sleep(100, at(opened.scope));
          }, at(scope));
          await expect(group).rejects.toMatchObject({ name: "AbortError", reason: "outside" });
        });
        await run;
      }
    }),
);

behaviour(
  {
    area,
    id: "gh-155433",
    says: "a timeout around a cancelled group that takes too long to wind up still reports the timeout",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      for (const end of ["cancel", "finish"] as const) {
        const start = clock.now();
        const run = timeout(5, (scope) =>
          taskGroup<void, string>(async (group) => {
            group[end]("enough");
            try {
              await sleep(100, at(group.scope));
            } finally {
              await shield((inner) => sleep(10, at(inner)), { timeoutMs: 50 });
            }
          }, at(scope)),
        );
        await expect(run).rejects.toBeInstanceOf(TimeoutError);
        expect(clock.now() - start).toBe(10);
      }
    }),
);
