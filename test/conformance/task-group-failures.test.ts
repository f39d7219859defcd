import { failuresOf, sleep, type Task, taskGroup, type TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "TaskGroup";
const because =
  "the first failure is thrown as it is, a group of errors only on request (`throws`); failuresOf() gives all";

behaviour(
  {
    area,
    id: "test_taskgroup_04",
    says: "a failing child cancels its siblings, the code after the group does not run, and the group of errors thrown has that error alone",
    verdict: "differs",
    because,
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("divided by zero");
      let sibling: Task<void> | undefined;
      let wentOn = false;
      const run = async (): Promise<void> => {
        await taskGroup((group) => {
          group.spawn(async (task) => {
            await sleep(10, at(task.scope));
            throw error;
          });
          sibling = group.spawn((task) => sleep(100, at(task.scope)));
        });
        wentOn = true;
      };
      await expect(run()).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error]);
      expect(sibling!.status).toBe("cancelled");
      expect(wentOn).toBe(false);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_cancel_children_on_child_error",
    says: "three failing children, one that waits and a body that waits: those who wait are cancelled, and the group of errors has failures only",
    verdict: "differs",
    because,
  },
  () =>
    withVirtualClock(async () => {
      const errors = [new Error("first"), new Error("second"), new Error("third")];
      let waiting: Task<void> | undefined;
      let interrupted = false;
      const body = async (group: TaskGroup): Promise<void> => {
        for (const error of errors) {
          group.spawn(async (task) => {
            await sleep(10, at(task.scope));
            throw error;
          });
        }
        waiting = group.spawn((task) => sleep(50, at(task.scope)));
        await sleep(100, at(group.scope)).catch((reason: unknown) => {
          interrupted = true;
          throw reason;
        });
      };
      const run = taskGroup(body);
      await expect(run).rejects.toBe(errors[0]);
      expect(waiting!.status).toBe("cancelled");
      expect(interrupted).toBe(true);
      // How many of the three fail before they are cancelled is left open, as it is there.
      const failures = failuresOf(errors[0]);
      expect(errors.slice(0, failures.length)).toEqual(failures);

      const asked = taskGroup(body, { throws: "aggregate" });
      await expect(asked).rejects.toBeInstanceOf(AggregateError);
      await expect(asked).rejects.toHaveProperty("errors", failures);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_09",
    says: "a body that fails after a while: its children are cancelled, and the group of errors has its error",
    verdict: "differs",
    because,
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("divided by zero");
      const children: Task<void>[] = [];
      const run = taskGroup(async (group) => {
        children.push(
          group.spawn((task) => sleep(100, at(task.scope))),
          group.spawn((task) => sleep(200, at(task.scope))),
        );
        await sleep(10, at(group.scope));
        throw error;
      });
      await expect(run).rejects.toBe(error);
      expect(children.map((child) => child.status)).toEqual(["cancelled", "cancelled"]);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_10",
    says: "a body that fails at once: children that had no chance to run are cancelled, and the group of errors has its error",
    verdict: "differs",
    because: `a child always runs up to its first wait; ${because}`,
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("divided by zero");
      let child: Task<void> | undefined;
      let ran = false;
      const run = taskGroup((group) => {
        child = group.spawn((task) => {
          ran = true;
          return sleep(100, at(task.scope));
        });
        throw error;
      });
      await expect(run).rejects.toBe(error);
      expect(ran).toBe(true);
      expect(child!.status).toBe("cancelled");
      expect(clock.now()).toBe(0);
    }),
);

/** A child fails with one value, and the body, which that interrupts, with another. */
function failTwice(child: unknown, body: unknown): (group: TaskGroup) => Promise<void> {
  return async (group) => {
    group.spawn(async (task) => {
      await sleep(10, at(task.scope));
      throw child;
    });
    try {
      await sleep(100, at(group.scope));
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- what replaces the cancellation is tested
      throw body;
    }
  };
}

behaviour(
  {
    area,
    id: "test_taskgroup_19",
    says: "a failing child, and a body whose cleanup fails: the group of errors has both",
    verdict: "differs",
    because,
  },
  () =>
    withVirtualClock(async () => {
      const first = new Error("divided by zero");
      const second = new Error("cleanup");
      await expect(taskGroup(failTwice(first, second))).rejects.toBe(first);
      expect(failuresOf(first)).toEqual([first, second]);

      const asked = taskGroup(failTwice(first, second), { throws: "aggregate" });
      await expect(asked).rejects.toHaveProperty("errors", [first, second]);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_20a",
    says: "a body that ends with something that is no ordinary error is grouped with the failed child",
    verdict: "differs",
    because,
  },
  () =>
    withVirtualClock(async () => {
      const error = new Error("divided by zero");
      const value: unknown = "no error at all";
      await expect(taskGroup(failTwice(error, value))).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error, value]);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_21a",
    says: "a child that ends with something that is no ordinary error is grouped with the failed body",
    verdict: "differs",
    because: `${because}, of a thrown value that is no object group.failures does`,
  },
  () =>
    withVirtualClock(async () => {
      const value: unknown = "no error at all";
      const error = new TypeError("cleanup");
      let group: TaskGroup | undefined;
      const run = taskGroup((opened) => {
        group = opened;
        return failTwice(value, error)(opened);
      });
      await expect(run).rejects.toBe(value);
      expect(group!.failures).toEqual([value, error]);
    }),
);

notTransferable({
  area,
  id: "test_taskgroup_20",
  says: "KeyboardInterrupt and SystemExit go through a group as they are, past the errors of its children",
  because:
    "an interrupt is no exception here: it is a signal of the process, and main() makes a cancellation of it",
});

notTransferable({
  area,
  id: "GeneratorExit",
  says: "GeneratorExit goes through a group as it is when it is the only error",
  because: "a generator that is closed is returned from, nothing is thrown in it",
});
