import { shield, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "wait_for";

for (const ms of [1, 0]) {
  behaviour(
    {
      area,
      id: `test_wait_for_waits_for_task_cancellation${ms === 0 ? "_w_timeout_0" : ""}`,
      says: `cleanup that waits is complete before the timeout surfaces, with the cancellation in its chain${
        ms === 0 ? " (no time left)" : ""
      }`,
      verdict: "differs",
      because:
        "Cleanup that waits is shielded, since a cancelled scope interrupts every wait in it. The chain runs the other way: the timeout is the cause of the cancellation.",
    },
    () =>
      withVirtualClock(async (clock) => {
        let cleaned = false;
        let seen: unknown;
        const slow = timeout(ms, async (scope) => {
          try {
            await sleep(10_000, at(scope));
          } catch (error) {
            seen = error;
            await shield((safe) => sleep(5, at(safe)), { timeoutMs: 100 });
            throw error;
          } finally {
            cleaned = true;
          }
        });
        const error = await slow.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TimeoutError);
        expect(cleaned).toBe(true);
        expect(seen).toMatchObject({ name: "AbortError", cause: error });
        expect(clock.now()).toBe(ms + 5);
      }),
  );
}

behaviour(
  {
    area,
    id: "test_wait_for_reraises_exception_during_cancellation",
    says: "an error thrown in the cleanup wins over the timeout",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const failure = new Error("of the cleanup");
      const slow = timeout(1, (scope) =>
        sleep(200, at(scope)).finally(() => {
          throw failure;
        }),
      );
      await expect(slow).rejects.toBe(failure);
    }),
);
