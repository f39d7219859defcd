import { CancelledError, gather, shield, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "tasks: shield";
const bound = { timeoutMs: 1_000 };

behaviour(
  { area, id: "test_shield_result", says: "a shield gives the result within it", verdict: "holds" },
  () =>
    withVirtualClock(async () => {
      const shielded = shield(async (scope) => {
        await sleep(10, at(scope));
        return 42;
      }, bound);
      await expect(shielded).resolves.toBe(42);
    }),
);

behaviour(
  {
    area,
    id: "test_shield_exception",
    says: "a shield passes the error within it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const failure = new Error("expected");
      const shielded = shield(async (scope) => {
        await sleep(10, at(scope));
        throw failure;
      }, bound);
      await expect(shielded).rejects.toBe(failure);
    }),
);

behaviour(
  {
    area,
    id: "test_shield_cancel_inner",
    says: "cancelling what is shielded makes the waiter end cancelled",
    verdict: "differs",
    because:
      "The cancellation surfaces from the shield, but to the code around it, which was not cancelled, it is an ordinary failure.",
  },
  () =>
    withVirtualClock(async (clock) => {
      let task: Task<void> | undefined;
      const failing = taskGroup((group) => {
        task = group.spawn(() =>
          shield((scope) => {
            scope.cancel("inner");
            return sleep(10, at(scope));
          }, bound),
        );
      });
      await expect(failing).rejects.toMatchObject({ name: "AbortError", reason: "inner" });
      expect(task!.status).toBe("failed");
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "test_shield_shortcut",
    says: "a shield around what is done already gives its value, also in a cancelled scope",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const tasks = await taskGroup((group) => {
        group.cancel();
        return [group.spawn(() => shield(() => 42, bound))];
      });
      expect(tasks[0]!.result()).toBe(42);
    }),
);

behaviour(
  {
    area,
    id: "test_shield_effect",
    says: "shielded work runs to its end when the task around it is cancelled, and the task goes no further",
    verdict: "differs",
    because: "The task waits for the shielded work first, and is stopped at its next wait.",
  },
  () =>
    withVirtualClock(async () => {
      const proof: string[] = [];
      await taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await shield(async (scope) => {
            await sleep(10, at(scope));
            proof.push("inner");
          }, bound);
          proof.push("up to the next wait");
          await sleep(1, at(self.scope));
          proof.push("outer");
        });
        task.cancel();
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
      });
      expect(proof).toEqual(["inner", "up to the next wait"]);
    }),
);

const numbers = (scope: { signal: AbortSignal }): Promise<[number, number]> =>
  gather(
    [1, 2].map((n) => (inner) => sleep(n, at(inner)).then(() => n)),
    at(scope),
  ) as never;

behaviour(
  {
    area,
    id: "test_shield_gather",
    says: "a gather within a shield runs to its end when the waiter is cancelled",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const task = group.spawn(() => shield(numbers, bound));
        task.cancel();
        await expect(task.wait(at(group.scope))).resolves.toEqual([1, 2]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_gather_shield",
    says: "cancelling a gather of shields cancels the gather, and what is shielded runs to its end",
    verdict: "differs",
    because:
      "The gather waits for what is shielded, and since all of it has a value then, gives the values. The next wait is the one that is cancelled.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          const values = await gather(
            [1, 2].map((n) => () => shield((s) => sleep(n, at(s)).then(() => n), bound)),
            at(self.scope),
          );
          await expect(sleep(1, at(self.scope))).rejects.toBeInstanceOf(CancelledError);
          return values;
        });
        task.cancel();
        await expect(task.wait(at(group.scope))).resolves.toEqual([1, 2]);
        expect(clock.now()).toBe(2);
      }),
    ),
);

for (const loop of ["without_loop", "use_running_loop", "use_global_loop"]) {
  notTransferable({
    area,
    id: `test_shield_coroutine_${loop}`,
    says: "which event loop a shielded coroutine is bound to",
    because: "There is one event loop, the platform's.",
  });
}
