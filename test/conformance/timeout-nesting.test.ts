import {
  CancelledError,
  type CancelScope,
  shield,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { afterEach, expect, vi } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "timeout";

afterEach(() => {
  vi.unstubAllGlobals();
});

/**
 * A platform whose timers fire only when the work at hand is over, however long it took; then one after
 * the other, with all that each of them sets off in between.
 */
function busyPlatform(): { compute(ms: number): void; fireTimers(): Promise<void> } {
  let time = 0;
  let id = 0;
  const timers = new Map<number, { due: number; fire: () => void }>();
  vi.stubGlobal("performance", { now: () => time });
  vi.stubGlobal(
    "setTimeout",
    (fire: (argument: unknown) => void, ms: number, argument: unknown) => {
      timers.set(++id, { due: time + ms, fire: () => fire(argument) });
      return id;
    },
  );
  vi.stubGlobal("clearTimeout", (key: number) => void timers.delete(key));
  return {
    compute: (ms) => void (time += ms),
    async fireTimers() {
      const due = [...timers].filter(([, timer]) => timer.due <= time);
      for (const [key, timer] of due.sort(([, a], [, b]) => a.due - b.due)) {
        if (timers.delete(key)) timer.fire();
        await new Promise((resolve) => void setImmediate(resolve));
      }
    },
  };
}

behaviour(
  {
    area,
    id: "test_nested_timeouts",
    says: "of two nested timeouts with the same deadline only the outer one becomes a timeout error, and both are expired",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let inner: CancelScope | undefined;
      let outer: CancelScope | undefined;
      let passing: unknown;
      const slow = timeoutAt(10, async (scope) => {
        outer = scope;
        try {
          await timeoutAt(
            10,
            (nested) => {
              inner = nested;
              return sleep(10_000, at(nested));
            },
            at(scope),
          );
        } catch (error) {
          passing = error;
          throw error;
        }
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(passing).toBeInstanceOf(CancelledError);
      expect(outer!.expired).toBe(true);
      expect(inner!.expired).toBe(true);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_nested_timeouts_concurrent",
    says: "an outer limit that passes while the program computes interrupts the next wait within the inner one",
    verdict: "holds",
  },
  async () => {
    const platform = busyPlatform();
    let passing: unknown;
    const slow = timeout(2, async (outer) => {
      const nested = timeout(
        100,
        async (inner) => {
          platform.compute(10);
          await sleep(1_000, at(inner));
        },
        at(outer),
      );
      passing = await nested.catch((error: unknown) => error);
      throw passing;
    });
    const rejects = expect(slow).rejects.toBeInstanceOf(TimeoutError);
    await platform.fireTimers();
    await rejects;
    expect(passing).toBeInstanceOf(CancelledError);
  },
);

behaviour(
  {
    area,
    id: "test_nested_timeouts_loop_busy",
    says: "when both limits pass while the program computes, the inner timeout is raised first, and the next wait is interrupted by the outer one",
    verdict: "differs",
    because:
      "Of two nested timeouts that are both over, the outer one owns the cancellation: the inner block ends with it, not with a timeout of its own. The next wait is interrupted all the same.",
  },
  async () => {
    const platform = busyPlatform();
    let passing: unknown;
    let next: unknown;
    const expired: boolean[] = [];
    const slow = timeout(100, async (outer) => {
      const nested = timeout(
        10,
        async (inner) => {
          platform.compute(100);
          try {
            await sleep(1_000, at(inner));
          } finally {
            expired.push(inner.expired, outer.expired);
          }
        },
        at(outer),
      );
      passing = await nested.catch((error: unknown) => error);
      next = await sleep(10_000, at(outer)).catch((error: unknown) => error);
      throw next;
    });
    const rejects = expect(slow).rejects.toMatchObject({ name: "TimeoutError", deadline: 100 });
    await platform.fireTimers();
    await rejects;
    expect(expired).toEqual([true, true]);
    expect(passing).toBeInstanceOf(CancelledError);
    expect(next).toBe(passing);
  },
);

behaviour(
  {
    area,
    id: "test_nested_timeout_in_finally",
    says: "a second timeout works in the cleanup after the first one has expired, and each raises its own error",
    verdict: "differs",
    because:
      "A cancelled scope interrupts every wait in it, so cleanup that waits is shielded: in a shield the second timeout has its own time, without one its first wait is refused.",
  },
  () =>
    withVirtualClock(async (clock) => {
      let bare: unknown;
      let shielded: unknown;
      const slow = timeout(10, async (scope) => {
        try {
          await sleep(1_000, at(scope));
        } finally {
          bare = await timeout(10, (inner) => sleep(10_000, at(inner)), at(scope)).catch(
            (error: unknown) => error,
          );
          expect(clock.now()).toBe(10);
          shielded = await shield(
            (safe) => timeout(5, (inner) => sleep(10_000, at(inner)), at(safe)),
            { timeoutMs: 100 },
          ).catch((error: unknown) => error);
        }
      });
      const error = await slow.catch((reason: unknown) => reason);
      expect(bare).toBeInstanceOf(CancelledError);
      expect(shielded).toMatchObject({ name: "TimeoutError", deadline: 15 });
      expect(error).toMatchObject({ name: "TimeoutError", deadline: 10 });
      expect(clock.now()).toBe(15);
    }),
);

behaviour(
  {
    area,
    id: "test_timeout_after_cancellation",
    says: "after an outside cancellation was caught, a timeout works in the cleanup",
    verdict: "differs",
    because: "A cancellation stays in force when it is caught; cleanup that waits is shielded.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const cleanup: unknown[] = [];
        const task = group.spawn(async (self) => {
          self.cancel();
          await sleep(1_000, at(self.scope)).catch(() => {});
          await shield((safe) => timeout(3, (inner) => sleep(1_000, at(inner)), at(safe)), {
            timeoutMs: 100,
          }).catch((error: unknown) => cleanup.push(error));
        });
        await task.wait(at(group.scope));
        expect(cleanup).toEqual([expect.any(TimeoutError)]);
        expect(clock.now()).toBe(3);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_in_timeout_after_cancellation",
    says: "a second cancellation, inside a timeout in the cleanup, is a cancellation and no timeout",
    verdict: "differs",
    because:
      "There is no second cancellation: the first one stays in force and is what interrupts the timeout's block.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const seen: unknown[] = [];
        const task = group.spawn(async (self) => {
          self.cancel("first");
          await sleep(1_000, at(self.scope)).catch(() => {});
          await timeout(
            1_000,
            (inner) => {
              self.cancel("second");
              return sleep(2_000, at(inner));
            },
            at(self.scope),
          ).catch((error: unknown) => seen.push(error));
        });
        await task.wait(at(group.scope));
        expect(seen).toEqual([expect.any(CancelledError)]);
        expect(seen[0]).toMatchObject({ reason: "first" });
        expect(clock.now()).toBe(0);
      }),
    ),
);
