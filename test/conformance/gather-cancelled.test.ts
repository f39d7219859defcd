import { CancelledError, CancelScope, gather, gatherSettled, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "tasks: gather";

/** Work that is cancelled on its own, while nothing around it is. */
function cancelledAlone(scope: { signal: AbortSignal }, reason: string): Promise<void> {
  const own = new CancelScope(at(scope));
  return own.run(() => {
    own.cancel(reason);
    return sleep(1, at(own));
  });
}

behaviour(
  {
    area,
    id: "test_one_cancellation",
    says: "work that was cancelled on its own counts as an error, and the gather is not cancelled",
    verdict: "holds",
    because: "As after every error, the other functions are cancelled and waited for.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        let cleanedUp = false;
        const failing = gather(
          [
            () => 1,
            (scope) => cancelledAlone(scope, "alone"),
            (scope) =>
              sleep(1_000, at(scope)).finally(() => {
                cleanedUp = true;
              }),
          ],
          at(group.scope),
        );
        const error = await failing.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(CancelledError);
        expect(error).toMatchObject({ reason: "alone" });
        expect(cleanedUp).toBe(true);
        await sleep(1, at(group.scope));
        expect(clock.now()).toBe(1);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_result_exception_one_cancellation",
    says: "with errors as results, a cancellation of one stands in its place like an error",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const failure = new Error("failed");
      const results = await gatherSettled([
        () => 1,
        () => {
          throw failure;
        },
        (scope) => cancelledAlone(scope, "third"),
        (scope) => sleep(5, at(scope)).then(() => 3),
        (scope) => cancelledAlone(scope, "fifth"),
      ]);
      expect(results).toEqual([
        { status: "fulfilled", value: 1 },
        { status: "rejected", reason: failure },
        { status: "rejected", reason: expect.any(CancelledError) },
        { status: "fulfilled", value: 3 },
        { status: "rejected", reason: expect.any(CancelledError) },
      ]);
      expect(results[2]).toMatchObject({ reason: { reason: "third" } });
      expect(results[4]).toMatchObject({ reason: { reason: "fifth" } });
    }),
);

behaviour(
  {
    area,
    id: "test_cancellation_broadcast",
    says: "cancelling whoever gathers cancels all that is gathered",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const log: string[] = [];
        const inner = async (scope: { signal: AbortSignal }): Promise<void> => {
          await sleep(1_000, at(scope)).catch((error: unknown) => {
            log.push(error instanceof CancelledError ? "cancelled" : "failed");
            throw error;
          });
          log.push("went on");
        };
        const outer = group.spawn(async (self) => {
          await gather([inner, inner], at(self.scope));
          log.push("gathered");
        });
        outer.cancel();
        await expect(outer.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(outer.status).toBe("cancelled");
        expect(log).toEqual(["cancelled", "cancelled"]);
        expect(clock.now()).toBe(0);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_gather_1",
    says: "a cancellation that comes when all that is gathered is done does not take the results away",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const outer = group.spawn((self) =>
          gather(
            [
              async (scope) => {
                await sleep(10, at(scope));
                self.cancel();
                return 42;
              },
            ],
            at(self.scope),
          ),
        );
        await expect(outer.wait(at(group.scope))).resolves.toEqual([42]);
        expect(outer.status).toBe("succeeded");
        expect(outer.scope.cancelled).toBe(true);
        expect(clock.now()).toBe(10);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_gather_2",
    says: "a cancellation gets through with its message, also where errors are results",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      for (const reason of [undefined, null, "my message", 5]) {
        const start = clock.now();
        await taskGroup(async (group) => {
          const task = group.spawn(async (self) => {
            for (let i = 0; i < 20; i++) {
              await gatherSettled([(scope) => sleep(50, at(scope))], at(self.scope));
            }
          });
          await sleep(210, at(group.scope));
          task.cancel(reason);
          const error = await task.wait(at(group.scope)).catch((thrown: unknown) => thrown);
          expect(error).toBeInstanceOf(CancelledError);
          expect((error as CancelledError).reason).toBe(reason);
          expect(clock.now() - start).toBe(210);
        });
      }
    }),
);
