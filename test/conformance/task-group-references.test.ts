import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CancelScope, sleep, taskGroup, type TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { afterAll, expect, vi } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "TaskGroup";

// Twenty full collections take seconds in a worker that has run an embedded database before.
vi.setConfig({ testTimeout: 15_000 });
afterAll(() => vi.resetConfig());

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Whether nothing holds the object any more, a few collections from now. */
async function collected(ref: WeakRef<object>): Promise<boolean> {
  for (let i = 0; i < 20 && ref.deref() !== undefined; i++) {
    await new Promise((resolve) => void setImmediate(resolve));
    gc();
  }
  return ref.deref() === undefined;
}

/** A group that a child's error has ended, how it ended, and what was in it. */
async function failed(throws: "first" | "aggregate"): Promise<{
  group: TaskGroup;
  error: WeakRef<object>;
  thrown: WeakRef<object>;
  task: WeakRef<object>;
}> {
  let group: TaskGroup | undefined;
  let task: WeakRef<object> | undefined;
  let error: WeakRef<object> | undefined;
  try {
    await taskGroup(
      async (opened) => {
        group = opened;
        const child = opened.spawn(async ({ scope }) => {
          await sleep(0, at(scope));
          const made = new Error("done");
          error = new WeakRef(made);
          throw made;
        });
        task = new WeakRef(child);
        await sleep(1_000, at(opened.scope));
      },
      { throws },
    );
  } catch (caught) {
    return { group: group!, error: error!, thrown: new WeakRef(caught as object), task: task! };
  }
  throw new Error("the group did not fail");
}

behaviour(
  {
    area,
    id: "test_exception_refcycles_direct",
    says: "a group that is kept does not keep the group of errors that it has thrown",
    verdict: "holds",
  },
  async () => {
    const { group, thrown } = await failed("aggregate");
    expect(await collected(thrown)).toBe(true);
    expect(group.size).toBe(0);
  },
);

behaviour(
  {
    area,
    id: "test_exception_refcycles_errors",
    says: "a group that is kept does not keep the errors that it has collected",
    verdict: "differs",
    because: "`group.failures` can be asked as long as the group is kept, and holds them no longer",
  },
  async () => {
    const { error, ...held }: { error: WeakRef<object>; group?: TaskGroup } =
      await failed("aggregate");
    expect(await collected(error)).toBe(false);
    expect(held.group!.failures).toEqual([error.deref()]);
    delete held.group;
    expect(await collected(error)).toBe(true);
  },
);

behaviour(
  {
    area,
    id: "test_exception_refcycles_parent_task_wr",
    says: "a group and its error that are kept do not keep the child that has failed",
    verdict: "holds",
  },
  async () => {
    const { group, error, task } = await failed("first");
    const kept = error.deref();
    expect(await collected(task)).toBe(true);
    expect(group.failures).toEqual([kept]);
  },
);

behaviour(
  {
    area,
    id: "test_exception_refcycles_parent_task",
    says: "a group that is kept does not keep the task that it was opened in, nor that task's error",
    verdict: "differs",
    because:
      "code that still runs in an ended group belongs to the scopes around it, so a kept group keeps those",
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("done");
      let kept: TaskGroup | undefined;
      const run = taskGroup((outer) => {
        outer.spawn(async ({ scope }) => {
          await taskGroup((group) => {
            kept = group;
            expect(group.scope.signal.aborted).toBe(false);
          }, at(scope));
          throw error;
        });
      });
      await expect(run).rejects.toBe(error);
      expect(kept!.scope.signal.aborted).toBe(true);
      const stray = sleep(10, { signal: kept!.scope.signal });
      await expect(stray).rejects.toMatchObject({ reason: error });
    }),
);

behaviour(
  {
    area,
    id: "test_exception_refcycles_propagate_cancellation_error",
    says: "a group that is kept does not keep the outer cancellation that it has passed on",
    verdict: "differs",
    because: "what ended cancelled stays so for code that still runs in it, with the same error",
  },
  () =>
    withVirtualClock(async () => {
      const scope = new CancelScope();
      let kept: TaskGroup | undefined;
      const run = scope.run(() =>
        taskGroup(async (group) => {
          kept = group;
          scope.cancel("outside");
          await sleep(10, at(group.scope));
        }, at(scope)),
      );
      const error: unknown = await run.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ reason: "outside" });
      await expect(sleep(10, { signal: kept!.scope.signal })).rejects.toBe(error);
    }),
);

notTransferable({
  area,
  id: "test_exception_refcycles_base_error",
  says: "a group that is kept does not keep the interrupt that went through it",
  because:
    "an interrupt is no exception here: it is a signal of the process, and main() makes a cancellation of it",
});
