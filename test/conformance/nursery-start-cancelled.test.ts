import { CancelScope, sleep, type Task, taskGroup, TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "nursery.start";
type Started<V = void> = (value: V) => void;

/** Starts a child from a scope that is cancelled already; how start ends, and what the group has. */
function startCancelled(
  fn: (started: Started<string>, task: Task<unknown>) => unknown,
): Promise<{ ended: string; outcome: unknown; failures: readonly unknown[] }> {
  return withVirtualClock(() =>
    taskGroup(async (group) => {
      const scope = new CancelScope();
      scope.cancel("cancelled before");
      let ended = "";
      let outcome: unknown;
      const run = scope.run(() =>
        group.start(fn, at(scope)).then(
          ({ value }) => {
            ended = "ready";
            outcome = value;
          },
          (error: unknown) => {
            ended = "thrown";
            outcome = error;
          },
        ),
      );
      await run;
      expect(group.scope.cancelled).toBe(false);
      return { ended, outcome, failures: group.failures };
    }),
  );
}

behaviour(
  {
    area,
    id: "test_nursery_start: ready under a cancelled caller",
    says: "in a cancelled start the child's word that it is ready changes nothing: it stays with the caller, ends at its first wait, and start throws the cancellation",
    verdict: "holds",
  },
  async () => {
    let went = "nowhere";
    const { ended, outcome, failures } = await startCancelled(async (started, task) => {
      started("hi");
      went = "on";
      await sleep(0, at(task.scope));
      went = "past the wait";
    });
    expect(went).toBe("on");
    expect(ended).toBe("thrown");
    expect(outcome).toMatchObject({ name: "AbortError", reason: "cancelled before" });
    expect(failures).toEqual([]);
  },
);

behaviour(
  {
    area,
    id: "test_nursery_start: ended without a wait under a cancelled caller",
    says: "a child that ends without any wait in a cancelled start has been started all the same, and start returns",
    verdict: "holds",
  },
  async () => {
    const { ended, outcome, failures } = await startCancelled((started) => started("hi"));
    expect(ended).toBe("ready");
    expect(outcome).toBe("hi");
    expect(failures).toEqual([]);
  },
);

behaviour(
  {
    area,
    id: "test_nursery_start: failed after ready under a cancelled caller",
    says: "a child that fails in a cancelled start after it has said that it is ready: the error comes out of start",
    verdict: "holds",
  },
  async () => {
    const error = new Error("whoopsiedaisy");
    const { ended, outcome, failures } = await startCancelled((started) => {
      started("hi");
      throw error;
    });
    expect(ended).toBe("thrown");
    expect(outcome).toBe(error);
    expect(failures).toEqual([]);
  },
);

/** Starts a child, two children of whose own already wait, in a group that is cancelled meanwhile. */
function startInto(when: "before" | "after"): Promise<(string | undefined)[]> {
  return withVirtualClock(async (clock) => {
    const target = new TaskGroup();
    const waiting: Task<void>[] = [];
    const { task } = await target.start(
      (started: Started, child) =>
        taskGroup(async (inner) => {
          for (let i = 0; i < 2; i++) {
            waiting.push(inner.spawn((grandchild) => sleep(100, at(grandchild.scope))));
          }
          await clock.runUntilIdle();
          if (when === "before") target.cancel();
          started();
        }, at(child.scope)),
      at(new CancelScope()),
    );
    if (when === "after") target.cancel();
    await target[Symbol.asyncDispose]();
    expect(clock.now()).toBe(0);
    return [...waiting, task].map(({ status }) => status);
  });
}

for (const when of ["before", "after"] as const) {
  behaviour(
    {
      area,
      id: `test_nursery_start_with_cancelled_nursery: just ${when} started`,
      says: `a group that is cancelled just ${when} the child has said that it is ready: what already waits in the child is cancelled at once`,
      verdict: "holds",
    },
    async () => {
      expect(await startInto(when)).toEqual(["cancelled", "cancelled", "cancelled"]);
    },
  );
}

/** Ready after 20 ms, done 30 ms later. */
async function slowly(started: Started, task: Task<unknown>): Promise<void> {
  await sleep(20, at(task.scope));
  started();
  await sleep(30, at(task.scope));
}

behaviour(
  {
    area,
    id: "test_nursery_start_keeps_nursery_open: ready later",
    says: "starts under way keep an otherwise empty group open, and their children enter it later",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      await taskGroup(async (outer) => {
        await taskGroup(async (inner) => {
          outer.spawn((task) => inner.start(slowly, at(task.scope)));
          await sleep(10, at(inner.scope));
          outer.spawn((task) => inner.start(slowly, at(task.scope)));
        }, at(outer.scope));
        expect(clock.now()).toBe(60);
      });
    }),
);

behaviour(
  {
    area,
    id: "test_nursery_start_keeps_nursery_open: never ready",
    says: "so does a start whose child fails and never enters the group",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("never ready");
      await taskGroup(async (outer) => {
        await taskGroup((inner) => {
          outer.spawn(async (task) => {
            const start = inner.start(async (_started: Started, child) => {
              await sleep(70, at(child.scope));
              throw error;
            }, at(task.scope));
            await expect(start).rejects.toBe(error);
          });
        }, at(outer.scope));
        expect(clock.now()).toBe(70);
      });
    }),
);
