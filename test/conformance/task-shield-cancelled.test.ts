import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { cancellable, CancelledError, shield, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at, explicit } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "tasks: shield";
const bound = { timeoutMs: 1_000 };

behaviour(
  {
    area,
    id: "test_shield_cancel_outer",
    says: "cancelling the waiter of shielded work ends the wait at once, and the work goes on",
    verdict: "differs",
    because:
      "Nothing outlives its scope, so a shield is waited for. Giving up at once and leaving a promise to itself is what cancellable() is for.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        let ended = 0;
        const waits = group.spawn((self) => {
          self.cancel();
          return shield(async (scope) => {
            await sleep(10, at(scope));
            ended++;
          }, bound);
        });
        await waits.wait(at(group.scope));
        expect(clock.now()).toBe(10);
        expect(ended).toBe(1);

        const promise = sleep(10, at(group.scope)).then(() => ended++);
        const leaves = group.spawn((self) => cancellable(promise, at(self.scope)));
        leaves.cancel();
        await expect(leaves.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(clock.now()).toBe(10);
        expect(ended).toBe(1);
        await promise;
        expect(ended).toBe(2);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_shield_cancel_outer_result",
    says: "a result that comes after its waiter was cancelled is dropped quietly",
    verdict: "differs",
    because: "It goes to onDiscard, by default to its own dispose: nothing is lost.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const discarded: unknown[] = [];
        let disposed = 0;
        const late = sleep(10, at(group.scope)).then(() => 42);
        const resource = sleep(10, at(group.scope)).then(() => ({
          [Symbol.dispose]: () => void disposed++,
        }));
        const waits = group.spawn((self) =>
          cancellable(late, { onDiscard: (value) => discarded.push(value), ...at(self.scope) }),
        );
        const holds = group.spawn((self) => cancellable(resource, at(self.scope)));
        waits.cancel();
        holds.cancel();
        await clock.advance(20);
        expect(waits.status).toBe("cancelled");
        expect(discarded).toEqual([42]);
        expect(disposed).toBe(1);
      }),
    ),
);

for (const [id, says] of [
  [
    "test_shield_cancel_outer_exception",
    "an error that comes after its waiter was cancelled is told to the exception handler",
  ],
  ["test_shield_duplicate_log_once", "an error that comes after two cancelled waits is told once"],
] as const) {
  const waiters = id === "test_shield_duplicate_log_once" ? 2 : 1;
  behaviour(
    {
      area,
      id,
      says,
      ...(waiters === 1
        ? {
            verdict: "holds",
            because: "It is told to the diagnostics channel, where there is one.",
          }
        : {
            verdict: "differs",
            because: "Each wait that was cancelled tells the diagnostics channel what it missed.",
          }),
    },
    () =>
      withVirtualClock(async (clock) => {
        const told: unknown[] = [];
        const unhandled: unknown[] = [];
        const hear = (message: unknown): void => {
          const { kind, detail } = message as { kind: string; detail: unknown };
          if (kind === "late-rejection") told.push(detail);
        };
        const listener = (error: unknown): void => void unhandled.push(error);
        subscribe("corral", hear);
        process.on("unhandledRejection", listener);
        const failure = new Error("late");
        try {
          await taskGroup(async (group) => {
            const late = sleep(10, at(group.scope)).then(() => {
              throw failure;
            });
            for (let i = 0; i < waiters; i++) {
              group.spawn((self) => cancellable(late, at(self.scope))).cancel();
            }
            await clock.advance(20);
          });
        } finally {
          unsubscribe("corral", hear);
          process.off("unhandledRejection", listener);
        }
        expect(unhandled).toEqual([]);
        expect(told).toEqual(explicit ? [] : Array.from({ length: waiters }, () => failure));
      }),
  );
}
