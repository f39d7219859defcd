import {
  CancelScope,
  failuresOf,
  sleep,
  type Task,
  taskGroup,
  type TaskGroupOptions,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "TaskGroup";
const because =
  'an error goes through nested groups as it is; with `throws: "aggregate"` their groups of errors nest';

const asked: TaskGroupOptions = { throws: "aggregate" };

/** A child that fails after some milliseconds. */
function failAfter(ms: number, error: Error): (task: Task<unknown>) => Promise<void> {
  return async (task) => {
    await sleep(ms, at(task.scope));
    throw error;
  };
}

/** Two groups, the inner one's children failing in the cleanup of an outer cancellation. */
async function failInCleanup(
  errors: readonly Error[],
  options: TaskGroupOptions,
  sibling: boolean,
): Promise<{ thrown: unknown; sibling: Task<void> | undefined }> {
  return withVirtualClock(async (clock) => {
    const scope = new CancelScope();
    let outside: Task<void> | undefined;
    const run = scope.run(() =>
      taskGroup(
        async (outer) => {
          if (sibling) outside = outer.spawn((task) => sleep(100, at(task.scope)));
          await taskGroup(
            async (inner) => {
              for (const error of errors) {
                inner.spawn(async (task) => {
                  await sleep(100, at(task.scope)).finally(() => {
                    throw error;
                  });
                });
              }
              await sleep(100, at(inner.scope));
            },
            { ...options, ...at(outer.scope) },
          );
        },
        { ...options, ...at(scope) },
      ),
    );
    const ended = run.then(
      () => "no error",
      (error: unknown) => error,
    );
    await clock.advance(10);
    scope.cancel();
    const thrown = await ended;
    expect(clock.now()).toBe(10);
    return { thrown, sibling: outside };
  });
}

behaviour(
  {
    area,
    id: "test_taskgroup_11",
    says: "two nested groups are cancelled from outside and the inner one's children fail in their cleanup: the outer group of errors has the inner one in it",
    verdict: "differs",
    because,
  },
  async () => {
    const errors = [1, 2, 3, 4, 5].map((number) => new Error(`cleanup ${number}`));
    const { thrown } = await failInCleanup(errors, {}, false);
    expect(thrown).toBe(errors[0]);
    expect(failuresOf(thrown)).toEqual(errors);

    const nested = await failInCleanup(errors, asked, false);
    expect(nested.thrown).toMatchObject({ errors: [{ errors }] });
    expect((nested.thrown as AggregateError).errors[0]).toBeInstanceOf(AggregateError);
  },
);

behaviour(
  {
    area,
    id: "test_taskgroup_12",
    says: "the same with a child in the outer group, which is cancelled",
    verdict: "differs",
    because,
  },
  async () => {
    const errors = [1, 2, 3, 4, 5].map((number) => new Error(`cleanup ${number}`));
    const { thrown, sibling } = await failInCleanup(errors, {}, true);
    expect(thrown).toBe(errors[0]);
    expect(failuresOf(thrown)).toEqual(errors);
    expect(sibling!.status).toBe("cancelled");

    const nested = await failInCleanup(errors, asked, true);
    expect(nested.thrown).toMatchObject({ errors: [{ errors }] });
  },
);

/** Two groups, each with one child that fails after its time. */
function crash(options: TaskGroupOptions, outerMs: number, innerMs: number): Promise<unknown> {
  return withVirtualClock(async (clock) => {
    const thrown = await taskGroup(async (outer) => {
      outer.spawn(failAfter(outerMs, new Error(`after ${outerMs}`)));
      await taskGroup(
        (inner) => {
          inner.spawn(failAfter(innerMs, new Error(`after ${innerMs}`)));
        },
        { ...options, ...at(outer.scope) },
      );
      await sleep(1_000, at(outer.scope));
    }, options).then(
      () => "no error",
      (error: unknown) => error,
    );
    expect(clock.now()).toBe(Math.min(outerMs, innerMs));
    return thrown;
  });
}

behaviour(
  {
    area,
    id: "test_taskgroup_13",
    says: "a child of the outer group fails while the inner one is open: the group of errors is flat, for the inner group was only cancelled",
    verdict: "differs",
    because,
  },
  async () => {
    expect(await crash({}, 10, 100)).toMatchObject({ message: "after 10" });

    const thrown = (await crash(asked, 10, 100)) as AggregateError;
    expect(thrown.errors).toEqual([new Error("after 10")]);
  },
);

behaviour(
  {
    area,
    id: "test_taskgroup_14",
    says: "a child of the inner group fails: the outer group of errors has the inner one in it",
    verdict: "differs",
    because,
  },
  async () => {
    const bare = await crash({}, 100, 10);
    expect(bare).toMatchObject({ message: "after 10" });
    expect(failuresOf(bare)).toEqual([bare]);

    const thrown = (await crash(asked, 100, 10)) as AggregateError;
    expect(thrown.errors).toHaveLength(1);
    expect(thrown.errors[0]).toBeInstanceOf(AggregateError);
    expect((thrown.errors[0] as AggregateError).errors).toEqual([new Error("after 10")]);
  },
);

behaviour(
  {
    area,
    id: "test_nested_groups_both_cancelled",
    says: "children of both groups fail in the same turn: the inner error is handled inside, the cancellation of the outer group is pending to its end, and afterwards nothing is",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const inside = new Error("of the inner group");
      const outside = new Error("of the outer group");
      let handled = false;
      const run = taskGroup(async (outer) => {
        const inner = taskGroup((group) => {
          group.spawn(failAfter(0, inside));
          outer.spawn(failAfter(0, outside));
        }, at(outer.scope));
        await expect(inner).rejects.toBe(inside);
        handled = true;
        await expect(sleep(5, at(outer.scope))).rejects.toMatchObject({ reason: outside });
        expect(outer.scope.cancelled).toBe(true);
      });
      await expect(run).rejects.toBe(outside);
      expect(handled).toBe(true);
      expect(failuresOf(outside)).toEqual([outside]);
      await sleep(5);
      expect(clock.now()).toBe(5);
    }),
);
