import { AsyncLocalStorage } from "node:async_hooks";
import { CancelScope, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at, explicit } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "eager start";

/** What the ambient scope is expected to be, where there are ambient scopes. */
const expected = (scope: CancelScope): CancelScope | undefined => (explicit ? undefined : scope);

const late =
  "The function has run at once, but as with every promise its result is told after the code at hand.";

behaviour(
  {
    area,
    id: "test_current_task",
    says: "the current task is the new one in its first step, also after a wait, and the creator's again when that is over",
    verdict: "holds",
    because: "It is the current scope, where scopes are ambient; also with tasks within tasks.",
  },
  () =>
    withVirtualClock(async () => {
      await taskGroup(async (group) => {
        group.spawn(async (outer) => {
          expect(CancelScope.current).toBe(expected(outer.scope));
          group.spawn(async (inner) => {
            expect(CancelScope.current).toBe(expected(inner.scope));
            await sleep(10, at(inner.scope));
            expect(CancelScope.current).toBe(expected(inner.scope));
          });
          expect(CancelScope.current).toBe(expected(outer.scope));
          await sleep(5, at(outer.scope));
          expect(CancelScope.current).toBe(expected(outer.scope));
        });
        expect(CancelScope.current).toBe(expected(group.scope));
      });
    }),
);

behaviour(
  {
    area,
    id: "test_all_tasks_with_eager_completion",
    says: "a task counts as one in its first step, and no more when it was complete in that",
    verdict: "differs",
    because: late,
  },
  () =>
    taskGroup(async (group) => {
      let inside: number | undefined;
      const task = group.spawn(() => {
        inside = group.size;
      });
      expect(inside).toBe(1);
      expect(group.size).toBe(1);
      await task.wait(at(group.scope));
      expect(group.size).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "test_all_tasks_with_blocking",
    says: "a task that waits counts as one until it has ended",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          expect(group.size).toBe(1);
          await sleep(10, at(self.scope));
          expect(group.size).toBe(1);
        });
        expect(group.size).toBe(1);
        await task.wait(at(group.scope));
        expect(group.size).toBe(0);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_context_vars",
    says: "what a task sets in its first step is kept over its waits, and hidden from its creator",
    verdict: "holds",
    because: "Set with AsyncLocalStorage.run().",
  },
  () =>
    withVirtualClock(() => {
      const storage = new AsyncLocalStorage<number>();
      return storage.run(1, () =>
        taskGroup(async (group) => {
          const seen: unknown[] = [];
          const task = group.spawn((self) => {
            seen.push(storage.getStore());
            return storage.run(2, async () => {
              await sleep(10, at(self.scope));
              seen.push(storage.getStore());
            });
          });
          seen.push(storage.getStore());
          await task.wait(at(group.scope));
          seen.push(storage.getStore());
          expect(seen).toEqual([1, 1, 2, 1]);
        }),
      );
    }),
);
