import { CancelledError, shield, sleep, type Task, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "tasks: cancel";

behaviour(
  {
    area,
    id: "test_cancelling",
    says: "a task counts how often its cancellation was asked for",
    verdict: "differs",
    because:
      "A scope is cancelled once and for good: the first reason counts, later calls do nothing.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const task = group.spawn((self) => sleep(10_000, at(self.scope)));
        expect(task.scope.cancelled).toBe(false);
        task.cancel("first");
        expect(task.scope.cancelled).toBe(true);
        task.cancel("second");
        await expect(task.wait(at(group.scope))).rejects.toMatchObject({ reason: "first" });
        expect(task.status).toBe("cancelled");
        expect(task.scope.reason).toBe("first");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_uncancel_basic",
    says: "a task that catches its cancellation can take it back, and waits undisturbed from then on",
    verdict: "differs",
    because:
      "A cancellation is never taken back: every further wait rejects with it again. What must wait nevertheless is shielded, for a bounded time.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const seen: unknown[] = [];
        const task = group.spawn(async ({ scope }) => {
          await sleep(10_000, at(scope)).catch((error: unknown) => seen.push(error));
          await sleep(10_000, at(scope)).catch((error: unknown) => seen.push(error));
          await shield((safe) => sleep(10, at(safe)), { timeoutMs: 100 });
          await sleep(10_000, at(scope));
        });
        await clock.advance(10);
        task.cancel();
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(seen).toEqual([expect.any(CancelledError), expect.any(CancelledError)]);
        expect(task.status).toBe("cancelled");
        expect(clock.now()).toBe(20);
        task.cancel();
        expect(task.status).toBe("cancelled");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_uncancel_structured_blocks",
    says: "a timeout that was handled inside leaves the code around it alone, and a cancellation from outside is still delivered to that",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const run = async (limit: number, work: number, cancelAt: number): Promise<string[]> => {
        const log: string[] = [];
        const start = clock.now();
        await taskGroup(async (group) => {
          const task = group.spawn(async ({ scope }) => {
            try {
              await timeout(limit, (inner) => sleep(work, at(inner)), at(scope));
              log.push("block");
            } catch (error) {
              if (!(error instanceof TimeoutError)) throw error;
              log.push("timed out");
            }
            await sleep(50, at(scope));
            log.push("unrelated");
          });
          await sleep(cancelAt, at(group.scope));
          task.cancel();
        });
        log.push(`${clock.now() - start}`);
        return log;
      };
      expect(await run(10, 1_000, 500)).toEqual(["timed out", "unrelated", "500"]);
      expect(await run(1_000, 0, 500)).toEqual(["block", "unrelated", "500"]);
      expect(await run(10, 1_000, 30)).toEqual(["timed out", "30"]);
      expect(await run(1_000, 1_000, 30)).toEqual(["30"]);
    }),
);

const reasons: unknown[] = [undefined, null, "my message", 5];

behaviour(
  {
    area,
    id: "test_cancel_with_message_then_future_result",
    says: "asking a cancelled task for its result throws the cancellation with what was given to cancel",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      for (const reason of reasons) {
        const task = await taskGroup(async (group) => {
          const sleeper = group.spawn((self) => sleep(10, at(self.scope)));
          await clock.runUntilIdle();
          sleeper.cancel(reason);
          return [sleeper] as const;
        });
        const thrown = catchSync(() => task[0].result());
        expect(thrown).toBeInstanceOf(CancelledError);
        expect((thrown as CancelledError).reason).toBe(reason);
        expect((thrown as CancelledError).cause).toBe(reason);
      }
    }),
);

behaviour(
  {
    area,
    id: "test_cancel_with_message_then_future_exception",
    says: "waiting for a cancelled task rejects with the cancellation and what was given to cancel, each time the same one",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        for (const reason of reasons) {
          const task: Task<void> = group.spawn((self) => sleep(10, at(self.scope)));
          await clock.runUntilIdle();
          task.cancel(reason);
          const early = await task.wait(at(group.scope)).catch((error: unknown) => error);
          const late = await task.then(undefined, (error: unknown) => error);
          expect(early).toBeInstanceOf(CancelledError);
          expect((early as CancelledError).reason).toBe(reason);
          expect(late).toBe(early);
        }
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_with_message_before_starting_task",
    says: "a task that is cancelled before its first step never runs, and ends with what was given to cancel",
    verdict: "holds",
    because: "Only a child in line of a full group has its first step still before it.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(
        async (group) => {
          group.spawn((self) => sleep(10, at(self.scope)));
          let ran = false;
          const task = group.spawn(() => {
            ran = true;
          });
          expect(task.status).toBe("queued");
          task.cancel("my message");
          await expect(task.wait(at(group.scope))).rejects.toMatchObject({ reason: "my message" });
          await group.join();
          expect(task.status).toBe("cancelled");
          expect(ran).toBe(false);
        },
        { concurrency: 1 },
      ),
    ),
);

behaviour(
  {
    area,
    id: "test_cancellation_exception_context",
    says: "an error raised from the cancellation of an awaited task has that cancellation as its cause",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const failing = taskGroup(async (group) => {
        const inner = group.spawn((self) => sleep(10_000, at(self.scope)));
        group.spawn(async (self) => {
          await sleep(5, at(self.scope));
          inner.cancel("msg");
        });
        await inner.wait(at(group.scope)).catch((cause: unknown) => {
          throw new Error("cancelled", { cause });
        });
      });
      const error = await failing.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: "cancelled", cause: { name: "AbortError" } });
      expect((error as { cause: CancelledError }).cause).toMatchObject({ reason: "msg" });
      expect(clock.now()).toBe(5);
    }),
);

for (const id of [
  "test_cancel_traceback_for_future_result",
  "test_cancel_traceback_for_future_exception",
]) {
  behaviour(
    {
      area,
      id,
      says: "the stack of a cancellation shows where it was waited for and where it was asked",
      verdict: "differs",
      because:
        "One cancellation is one error for all whom it reaches, so its stack shows who cancelled. What waits where is shown by waitTree().",
    },
    () =>
      withVirtualClock(() =>
        taskGroup(async (group) => {
          const task = group.spawn((self) => sleep(10, at(self.scope)));
          // No tail call: JavaScriptCore leaves no frame of its caller.
          const somebodyCancels = (): void => {
            task.cancel();
          };
          somebodyCancels();
          const waited = await task.wait(at(group.scope)).catch((error: unknown) => error);
          const asked = catchSync(() => task.result());
          const error = (id.endsWith("result") ? asked : waited) as CancelledError;
          expect(error.stack).toContain("somebodyCancels");
        }),
      ),
  );
}

notTransferable({
  area,
  id: "test_stop_while_run_in_complete",
  says: "a task is still pending when the event loop was stopped, and can be cancelled in a later run",
  because: "The event loop belongs to the platform and cannot be stopped.",
});

function catchSync(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}
