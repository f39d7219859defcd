import { CancelScope, failuresOf, shield, sleep, taskGroup, type TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "TaskGroup";
const bare =
  "the first failure is thrown as it is, a group of errors only on request (`throws`); failuresOf() gives all";

/** Children that wait, and count how many of them are cancelled. */
function waitAll(group: TaskGroup, seen: { cancelled: number }): void {
  for (let i = 0; i < 5; i++) {
    group.spawn(async (task) => {
      await sleep(100, at(task.scope)).catch((reason: unknown) => {
        seen.cancelled++;
        throw reason;
      });
    });
  }
}

behaviour(
  {
    area,
    id: "test_cancellation",
    says: "a group whose body has returned is cancelled from outside: all its children are, and the caller sees the cancellation with its message",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const seen = { cancelled: 0 };
      const scope = new CancelScope();
      let value: unknown;
      const run = scope.run(async () => {
        value = await taskGroup((group) => {
          waitAll(group, seen);
          return "returned";
        }, at(scope));
        await sleep(100, at(scope));
      });
      await clock.advance(10);
      scope.cancel("test");
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "test" });
      expect(value).toBe(undefined);
      expect(seen.cancelled).toBe(5);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_07",
    says: "a group is cancelled from outside while its body waits: body and children are cancelled, and the caller sees a cancellation, no group of errors",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const seen = { cancelled: 0 };
      const scope = new CancelScope();
      const run = scope.run(() =>
        taskGroup(async (group) => {
          waitAll(group, seen);
          await sleep(100, at(group.scope)).catch((reason: unknown) => {
            seen.cancelled += 10;
            throw reason;
          });
        }, at(scope)),
      );
      await clock.advance(10);
      scope.cancel("test");
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "test" });
      expect(seen.cancelled).toBe(15);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_08",
    says: "a group is cancelled from outside and its children fail in their cleanup: the group of their errors wins over the cancellation",
    verdict: "differs",
    because: bare,
  },
  () =>
    withVirtualClock(async (clock) => {
      const errors = [1, 2, 3, 4, 5].map((number) => new Error(`cleanup ${number}`));
      const scope = new CancelScope();
      const run = scope.run(() =>
        taskGroup(async (group) => {
          for (const error of errors) {
            group.spawn(async (task) => {
              await sleep(100, at(task.scope)).finally(() => {
                throw error;
              });
            });
          }
          await sleep(100, at(group.scope));
        }, at(scope)),
      );
      await clock.advance(10);
      scope.cancel("test");
      await expect(run).rejects.toBe(errors[0]);
      expect(failuresOf(errors[0])).toEqual(errors);
    }),
);

/** A group whose child takes 3 ms to fail once it is cancelled, and whose body takes 5 ms to clean up. */
function failMeanwhile(error: Error): (group: TaskGroup) => Promise<void> {
  return async (group) => {
    group.spawn(async (task) => {
      await sleep(100, at(task.scope)).catch(async () => {
        await shield((scope) => sleep(3, at(scope)), { timeoutMs: 50 });
        throw error;
      });
    });
    await sleep(100, at(group.scope)).catch(async (reason: unknown) => {
      await shield((scope) => sleep(5, at(scope)), { timeoutMs: 50 });
      throw reason;
    });
  };
}

const together =
  "children are cancelled with the body, not after it, so the child fails in its cleanup";

behaviour(
  {
    area,
    id: "test_taskgroup_15",
    says: "a group is cancelled from outside, and a child fails while the body cleans up: the group of errors wins over the cancellation",
    verdict: "differs",
    because: `${together}; ${bare}`,
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("soon");
      const scope = new CancelScope();
      const run = scope.run(() => taskGroup(failMeanwhile(error), at(scope)));
      await clock.advance(10);
      scope.cancel();
      await expect(run).rejects.toBe(error);
      expect(clock.now()).toBe(15);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_16",
    says: "the same in a group that runs in a task which the cancelled one awaits",
    verdict: "differs",
    because: `${together}; ${bare}`,
  },
  () =>
    withVirtualClock(async (clock) => {
      const error = new Error("soon");
      const scope = new CancelScope();
      const run = scope.run(() =>
        taskGroup(async (outer) => {
          const nested = outer.spawn((task) => taskGroup(failMeanwhile(error), at(task.scope)));
          await nested.wait(at(outer.scope));
        }, at(scope)),
      );
      await clock.advance(10);
      scope.cancel();
      await expect(run).rejects.toBe(error);
      expect(clock.now()).toBe(15);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_17",
    says: "a group without children is cancelled from outside: its body sees it, and the cancellation comes out",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let interrupted = false;
      const scope = new CancelScope();
      const run = scope.run(() =>
        taskGroup(async (group) => {
          await sleep(100, at(group.scope)).catch((reason: unknown) => {
            interrupted = true;
            throw reason;
          });
        }, at(scope)),
      );
      await clock.advance(10);
      scope.cancel("test");
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "test" });
      expect(interrupted).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "test_taskgroup_22",
    says: "a group that waits for its children is cancelled soon after its start, and the cancellation comes out",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = new CancelScope();
      let ended = false;
      const run = scope.run(async () => {
        const children = await taskGroup(
          (group) => [
            group.spawn((task) => sleep(100, at(task.scope))),
            group.spawn((task) => sleep(200, at(task.scope))),
          ],
          at(scope),
        );
        ended = children.length > 0;
      });
      await clock.advance(5);
      scope.cancel("test");
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "test" });
      expect(ended).toBe(false);
      expect(clock.now()).toBe(5);
    }),
);
