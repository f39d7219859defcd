import { CancelledError, sleep, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "wait_for";

for (const [id, ms] of [
  ["test_cancel_blocking_wait_for", Infinity],
  ["test_cancel_wait_for", 60_000],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `cancelling a wait ${ms === Infinity ? "without" : "with"} a limit cancels the work it waits for`,
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          let seen: unknown;
          const waiter = group.spawn((self) =>
            timeout(
              ms,
              async (scope) => {
                await sleep(Infinity, at(scope)).catch((error: unknown) => {
                  seen = error;
                  throw error;
                });
              },
              at(self.scope),
            ),
          );
          waiter.cancel("not needed");
          await expect(waiter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
          expect(seen).toMatchObject({ name: "AbortError", reason: "not needed" });
          expect(waiter.status).toBe("cancelled");
          expect(clock.now()).toBe(0);
        }),
      ),
  );
}

behaviour(
  {
    area,
    id: "test_wait_for_issue86296",
    says: "when the work is done and the waiter is cancelled in the same turn, neither the result nor the cancellation is lost",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const inner = group.spawn(() => "done");
        let result: string | undefined;
        let reachedEnd = false;
        const waiter = group.spawn(async (self) => {
          result = await timeout(100, () => Promise.resolve("done"), at(self.scope));
          await sleep(1_000, at(self.scope));
          reachedEnd = true;
        });
        await inner.wait(at(group.scope));
        expect(waiter.status).toBe("running");
        waiter.cancel();
        await expect(waiter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(inner.result()).toBe("done");
        expect(result).toBe("done");
        expect(reachedEnd).toBe(false);
        expect(clock.now()).toBe(0);
      }),
    ),
);

const shielded =
  "Awaiting a task never cancels it, so a task of a group is what asyncio's shield makes of one.";

behaviour(
  {
    area,
    id: "WaitForShieldTests.test_zero_timeout",
    says: "waiting for shielded work with no time left gives up at once, and the work goes on",
    verdict: "holds",
    because: shielded,
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(10, at(self.scope));
          return "done";
        });
        const hasty = timeout(0, (scope) => task.wait(at(scope)), at(group.scope));
        await expect(hasty).rejects.toBeInstanceOf(TimeoutError);
        expect(clock.now()).toBe(0);
        expect(task.status).toBe("running");
        await expect(task.wait(at(group.scope))).resolves.toBe("done");
      }),
    ),
);

behaviour(
  {
    area,
    id: "WaitForShieldTests.test_none_timeout",
    says: "waiting for shielded work without a limit waits until it is done",
    verdict: "holds",
    because: shielded,
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(100, at(self.scope));
          return "done";
        });
        const result = await timeout(Infinity, (scope) => task.wait(at(scope)), at(group.scope));
        expect(result).toBe("done");
        expect(task.status).toBe("succeeded");
        expect(clock.now()).toBe(100);
      }),
    ),
);

behaviour(
  {
    area,
    id: "WaitForShieldTests.test_shielded_timeout",
    says: "when the time is over, shielded work goes on and can be waited for again",
    verdict: "holds",
    because: shielded,
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(100, at(self.scope));
          return "done";
        });
        const short = timeout(10, (scope) => task.wait(at(scope)), at(group.scope));
        await expect(short).rejects.toBeInstanceOf(TimeoutError);
        expect(clock.now()).toBe(10);
        expect(task.status).toBe("running");
        await expect(task.wait(at(group.scope))).resolves.toBe("done");
        expect(clock.now()).toBe(100);
      }),
    ),
);
