import { CancelledError, type CancelScope, sleep, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "timeout";

behaviour(
  {
    area,
    id: "test_foreign_exception_passed",
    says: "an error of the block passes as it is while there is time left",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const failure = new Error("of the block");
      let scope: CancelScope | undefined;
      const failing = timeout(10, (inner) => {
        scope = inner;
        throw failure;
      });
      await expect(failing).rejects.toBe(failure);
      expect(scope!.expired).toBe(false);
      await sleep(20);
      expect(scope!.expired).toBe(false);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_exception_context",
    says: "when cleanup after an error takes too long, the timeout error is chained to the cancellation, and that to the error",
    verdict: "differs",
    because:
      "JavaScript keeps no chain of errors under way, so the block's own error is lost as in any finally block. The chain runs the other way: the timeout is the cause of the cancellation.",
  },
  () =>
    withVirtualClock(async () => {
      const failure = new Error("of the block");
      let seen: unknown;
      const slow = timeout(10, async (scope) => {
        try {
          throw failure;
        } finally {
          seen = await sleep(10_000, at(scope)).catch((error: unknown) => error);
          await sleep(0, at(scope));
        }
      });
      const error = await slow.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(seen).toBeInstanceOf(CancelledError);
      expect((seen as CancelledError).cause).toBe(error);
      expect((error as TimeoutError).cause).toBeUndefined();
    }),
);

behaviour(
  {
    area,
    id: "test_foreign_exception_on_timeout",
    says: "an error from the block's cleanup wins over the timeout, which is put into its chain",
    verdict: "differs",
    because: "The error wins untouched; that the time was over is told by the scope's expired.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const failure = new Error("of the cleanup");
      let scope: CancelScope | undefined;
      const crashing = timeout(10, async (inner) => {
        scope = inner;
        await sleep(1_000, at(inner)).finally(() => {
          throw failure;
        });
      });
      await expect(crashing).rejects.toBe(failure);
      expect(failure.cause).toBeUndefined();
      expect(scope!.expired).toBe(true);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_foreign_exception_on_timeout_2",
    says: "of several errors thrown in nested cleanups the last one surfaces, with all others in its chain",
    verdict: "differs",
    because: "The last one surfaces, as JavaScript has it, and nothing is chained to it.",
  },
  () =>
    withVirtualClock(async () => {
      const second = new Error("second cleanup");
      let scope: CancelScope | undefined;
      const crashing = timeout(10, async (inner) => {
        scope = inner;
        try {
          try {
            throw new Error("of the block");
          } finally {
            await sleep(1_000, at(inner));
          }
        } finally {
          await Promise.reject(new Error("first cleanup")).finally(() => {
            throw second;
          });
        }
      });
      await expect(crashing).rejects.toBe(second);
      expect(second.cause).toBeUndefined();
      expect(scope!.expired).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "test_foreign_cancel_doesnt_timeout_if_not_expired",
    says: "a cancellation from outside that comes before the deadline is no timeout",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let scope: CancelScope | undefined;
      await taskGroup(async (group) => {
        const task = group.spawn((self) =>
          timeout(
            10_000,
            (inner) => {
              scope = inner;
              self.cancel("from outside");
              return sleep(10_000, at(inner));
            },
            at(self.scope),
          ),
        );
        const error = await task.wait(at(group.scope)).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(CancelledError);
        expect((error as CancelledError).reason).toBe("from outside");
        expect(task.status).toBe("cancelled");
      });
      expect(scope!.cancelled).toBe(true);
      expect(scope!.expired).toBe(false);
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_taskgroup",
    says: "in a group within a timeout, a child's error in cleanup wins over the timeout, which waits for the child",
    verdict: "holds",
    because:
      "The child's error surfaces as it is, without a group around it and with nothing chained.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const failure = new Error("of the child's cleanup");
      let scope: CancelScope | undefined;
      const crashing = timeout(10, (outer) => {
        scope = outer;
        return taskGroup(async (group) => {
          group.spawn(async (task) => {
            await sleep(2_000, at(task.scope)).finally(() => {
              throw failure;
            });
          });
          try {
            throw new Error("of the body");
          } finally {
            await sleep(1_000, at(group.scope));
          }
        }, at(outer));
      });
      await expect(crashing).rejects.toBe(failure);
      expect(scope!.expired).toBe(true);
      expect(clock.now()).toBe(10);
    }),
);
