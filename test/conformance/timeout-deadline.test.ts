import {
  CancelledError,
  CancelScope,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "timeout";

behaviour(
  {
    area,
    id: "test_reschedule",
    says: "a deadline can be moved and taken away; a cancellation from outside is then just that",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        let scope: CancelScope | undefined;
        const task = group.spawn((self) =>
          timeoutAt(
            10,
            (inner) => {
              scope = inner;
              return sleep(50_000, at(inner));
            },
            at(self.scope),
          ),
        );
        expect(scope!.deadline).toBe(10);
        scope!.deadline = 30;
        expect(scope!.deadline).toBe(30);
        await clock.advance(20);
        expect(task.status).toBe("running");
        scope!.deadline = Infinity;
        await clock.advance(20);
        expect(task.status).toBe("running");
        task.cancel("enough");
        const error = await task.wait(at(group.scope)).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(CancelledError);
        expect((error as CancelledError).reason).toBe("enough");
        expect(scope!.expired).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_timeout_already_entered",
    says: "a timeout that is in use cannot be entered again",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const scope = new CancelScope({ timeoutMs: 10 });
      let called = false;
      await scope.run(async () => {
        const again = scope.run(() => {
          called = true;
        });
        await expect(again).rejects.toThrow(/received one that is running/);
      });
      expect(called).toBe(false);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_double_enter",
    says: "a timeout that was used cannot be entered again",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const scope = new CancelScope({ timeoutMs: 10 });
      await scope.run(() => 1);
      let called = false;
      const again = scope.run(() => {
        called = true;
      });
      await expect(again).rejects.toThrow(/received one that has ended/);
      expect(called).toBe(false);
    }),
);

const movable =
  "A deadline can be set at any time, as in Trio; in a scope that is over or already cancelled it has no effect.";

behaviour(
  {
    area,
    id: "test_timeout_finished",
    says: "moving the deadline of a timeout that is over is refused",
    verdict: "differs",
    because: movable,
  },
  () =>
    withVirtualClock(async () => {
      const scope = await timeout(10, (inner) => inner);
      scope.deadline = -1;
      await sleep(20);
      expect(scope.deadline).toBe(-1);
      expect(scope.cancelled).toBe(false);
      expect(scope.expired).toBe(false);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_expired",
    says: "moving the deadline of a timeout that has expired is refused",
    verdict: "differs",
    because: movable,
  },
  () =>
    withVirtualClock(async () => {
      let scope: CancelScope | undefined;
      const slow = timeout(10, (inner) => {
        scope = inner;
        return sleep(1_000, at(inner));
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      scope!.deadline = 1_000;
      expect(scope!.expired).toBe(true);
      expect(scope!.cancelled).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_expiring",
    says: "moving the deadline of a timeout that is winding up is refused",
    verdict: "differs",
    because: movable,
  },
  () =>
    withVirtualClock(async (clock) => {
      let scope: CancelScope | undefined;
      const slow = timeout(10, async (inner) => {
        scope = inner;
        await sleep(1_000, at(inner)).catch(() => {});
        inner.deadline = 5_000;
        await sleep(1_000, at(inner));
      });
      await expect(slow).rejects.toMatchObject({ name: "TimeoutError", deadline: 10 });
      expect(scope!.expired).toBe(true);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_not_entered",
    says: "moving the deadline of a timeout before it is entered is refused",
    verdict: "differs",
    because: "A deadline can be set at any time, as in Trio; it counts once the scope runs.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const scope = new CancelScope({ deadline: 10 });
      scope.deadline = 30;
      await sleep(5);
      const slow = scope.run((inner) => sleep(1_000, at(inner)));
      await expect(slow).rejects.toMatchObject({ name: "TimeoutError", deadline: 30 });
      expect(clock.now()).toBe(30);
    }),
);
