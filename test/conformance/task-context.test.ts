import { AsyncLocalStorage } from "node:async_hooks";
import { sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "tasks: introspection";
const because = "The context is that of AsyncLocalStorage.";

behaviour(
  {
    area,
    id: "test_context_1",
    says: "a task runs in the context in which it was created, whatever its creator sets later",
    verdict: "holds",
    because,
  },
  () =>
    withVirtualClock(() =>
      taskGroup(
        async (group) => {
          const storage = new AsyncLocalStorage<string>();
          const seen: unknown[] = [];
          const work = async (): Promise<void> => {
            await sleep(10, at(group.scope));
            seen.push(storage.getStore());
          };
          const task = group.spawn(work);
          const queued = storage.run("at the spawn", () => group.spawn(work));
          await storage.run("yes", async () => {
            await task.wait(at(group.scope));
            await queued.wait(at(group.scope));
            seen.push(storage.getStore());
          });
          expect(seen).toEqual([undefined, "at the spawn", "yes"]);
        },
        { concurrency: 1 },
      ),
    ),
);

behaviour(
  {
    area,
    id: "test_context_2",
    says: "a wait is resumed in the context of the task that waits, not in that of what wakes it",
    verdict: "holds",
    because,
  },
  () =>
    withVirtualClock(async () => {
      const storage = new AsyncLocalStorage<string>();
      const seen: unknown[] = [];
      await taskGroup((group) => {
        const sleeper = storage.run("sleeper", () =>
          group.spawn(async (self) => {
            await sleep(500, at(self.scope)).catch(() => {});
            seen.push(storage.getStore());
            return "done";
          }),
        );
        storage.run("waiter", () =>
          group.spawn(async (self) => {
            await sleeper.wait(at(self.scope));
            seen.push(storage.getStore());
          }),
        );
        storage.run("waker", () =>
          group.spawn(async (self) => {
            await sleep(50, at(self.scope));
            sleeper.cancel();
            seen.push(storage.getStore());
          }),
        );
      });
      expect(seen).toEqual(["waker", "sleeper", "waiter"]);
      expect(storage.getStore()).toBeUndefined();
    }),
);

behaviour(
  {
    area,
    id: "test_context_3",
    says: "a hundred tasks at a time each keep a context of their own over many waits",
    verdict: "holds",
    because,
  },
  () =>
    withVirtualClock(async () => {
      const storage = new AsyncLocalStorage<number>();
      const seen: unknown[] = [];
      await taskGroup((group) => {
        for (let task = 0; task < 100; task++) {
          group.spawn(async (self) => {
            for (let step = 0; step < 10; step++) {
              await storage.run(task + step, async () => {
                await sleep((task * 7 + step * 13) % 50, at(self.scope));
                seen.push(storage.getStore() === task + step);
              });
            }
          });
        }
      });
      expect(seen).toHaveLength(1_000);
      expect(seen).not.toContain(false);
      expect(storage.getStore()).toBeUndefined();
    }),
);

for (const id of ["test_context_4", "test_context_5", "test_context_6"]) {
  notTransferable({
    area,
    id,
    says: "two tasks that are created in one context object see what the other sets in it",
    because: "AsyncLocalStorage has no context object to set values in: run() makes a new context.",
  });
}
