import { detached, sleep, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "wait_for";

/** Work that no cancellation reaches. */
const stubborn = (ms: number): Promise<void> => detached(() => sleep(ms));

behaviour(
  {
    area,
    id: "test_asyncio_wait_for_cancelled",
    says: "cancelling the waiter waits until the work has really ended, even if it ignores the cancellation",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let ended = false;
      await taskGroup(async (group) => {
        const task = group.spawn((self) =>
          timeout(
            400,
            async () => {
              await stubborn(200);
              ended = true;
            },
            at(self.scope),
          ),
        );
        task.cancel();
      });
      expect(ended).toBe(true);
      expect(clock.now()).toBe(200);
    }),
);

behaviour(
  {
    area,
    id: "test_asyncio_wait_for_timeout",
    says: "a wait whose time is over waits until the work has really ended",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let ended = false;
      const slow = timeout(100, async (scope) => {
        await stubborn(200);
        ended = true;
        await sleep(0, at(scope));
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(ended).toBe(true);
      expect(clock.now()).toBe(200);
    }),
);

behaviour(
  {
    area,
    id: "test_wait_for_timeout_less_then_0_or_0_future_done",
    says: "with no time left, a result that is there already is returned",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const done = Promise.resolve("done");
      await expect(timeout(0, () => done)).resolves.toBe("done");
      await expect(timeout(-1, () => done)).resolves.toBe("done");
    }),
);

behaviour(
  {
    area,
    id: "test_wait_for_timeout_less_then_0_or_0_coroutine_do_not_started",
    says: "with no time left, the function is never started",
    verdict: "differs",
    because:
      "The function is called and its first wait is interrupted, as in Trio: one rule for every limit, and what is ready without a wait is still had.",
  },
  () =>
    withVirtualClock(async () => {
      const log: string[] = [];
      const slow = timeout(0, async (scope) => {
        log.push("started");
        await sleep(0, at(scope));
        log.push("waited");
      });
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(log).toEqual(["started"]);
    }),
);

behaviour(
  {
    area,
    id: "test_wait_for_timeout_less_then_0_or_0",
    says: "with no time left, work that is under way is cancelled and waited for",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      for (const ms of [0, -1]) {
        let running: boolean | undefined;
        const slow = timeout(ms, async (scope) => {
          running = true;
          try {
            await sleep(10_000, at(scope));
          } finally {
            await stubborn(3);
            running = false;
          }
        });
        await expect(slow).rejects.toBeInstanceOf(TimeoutError);
        expect(running).toBe(false);
      }
      expect(clock.now()).toBe(6);
    }),
);

behaviour(
  {
    area,
    id: "test_wait_for",
    says: "work that takes longer than its limit is cancelled, and its cleanup has run before the timeout surfaces",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      let running: boolean | undefined;
      const slow = timeout(100, async (scope) => {
        running = true;
        try {
          await sleep(10_000, at(scope));
        } finally {
          running = false;
        }
      });
      expect(running).toBe(true);
      await expect(slow).rejects.toBeInstanceOf(TimeoutError);
      expect(running).toBe(false);
      expect(clock.now()).toBe(100);
    }),
);

behaviour(
  { area, id: "test_wait_for_blocking", says: "without a limit it just waits", verdict: "holds" },
  () =>
    withVirtualClock(async () => {
      const slow = timeout(Infinity, async (scope) => {
        await sleep(3_600_000, at(scope));
        return "done";
      });
      await expect(slow).resolves.toBe("done");
    }),
);

behaviour(
  {
    area,
    id: "test_wait_for_race_condition",
    says: "a result that arrives just in time is returned",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const close = timeout(200, async (scope) => {
        await sleep(199, at(scope));
        return "ok";
      });
      await expect(close).resolves.toBe("ok");
      expect(clock.now()).toBe(199);
    }),
);

behaviour(
  {
    area,
    id: "test_wait_for_cancellation_race_condition",
    says: "work that catches the cancellation and returns a value all the same has its value returned",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const stopped = timeout(10, async (scope) => {
        await expect(sleep(1_000, at(scope))).rejects.toMatchObject({ name: "AbortError" });
        return 1;
      });
      await expect(stopped).resolves.toBe(1);
      expect(clock.now()).toBe(10);
    }),
);

behaviour(
  {
    area,
    id: "test_wait_for_cancel_suppressed",
    says: "a value returned from the handler of the cancellation is the result",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const stopped = timeout(100, (scope) =>
        sleep(10_000, at(scope)).then(
          () => "slept",
          () => 42,
        ),
      );
      await expect(stopped).resolves.toBe(42);
    }),
);
