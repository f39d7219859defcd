import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  DeadlockError,
  RateLimiter,
  shield,
  sleep,
  TaskGroup,
  taskGroup,
  timeout,
  TimeoutError,
  WorkQueue,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** Waits, and needs some time more when it is cancelled. */
async function cleaning(scope: CancelScope, ms: number): Promise<void> {
  try {
    await sleep(1_000, at(scope));
  } finally {
    await shield((inner) => sleep(ms, at(inner)), { timeoutMs: 100 });
  }
}

describe("add() with a signal", () => {
  test("pitfall 6: leaves the line at once with the reason, and never begins", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      const first = queue.add(() => sleep(100));
      const controller = new AbortController();
      let called = false;
      const waiting = queue.add(() => void (called = true), { signal: controller.signal });
      await sleep(20);
      controller.abort("gone");
      await expect(waiting).rejects.toBe("gone");
      expect([clock.now(), queue.active, queue.size]).toEqual([20, 1, 0]);
      await first;
      await queue.onIdle();
      expect([called, getEventListeners(controller.signal, "abort")]).toEqual([false, []]);
    }));

  test.each(["at once", "in line"])(
    "cancels the job that runs, began %s, and rejects with the reason when it has ended",
    (way) =>
      withVirtualClock(async (clock) => {
        const queue = new WorkQueue({ concurrency: 1 });
        if (way === "in line") void queue.add(() => {});
        const controller = new AbortController();
        const { signal } = controller;
        const job = queue.add((scope) => cleaning(scope, 30), { signal });
        await sleep(10);
        controller.abort("gone");
        await expect(job).rejects.toBe("gone");
        expect(clock.now()).toBe(40);
        expect([queue.active, getEventListeners(signal, "abort")]).toEqual([0, []]);
      }),
  );

  test("gives the value of a job that returns in spite of it", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const controller = new AbortController();
    const job = queue.add(
      async (scope) => {
        controller.abort("gone");
        expect([scope.cancelled, scope.reason]).toEqual([true, "gone"]);
        return "done all the same";
      },
      { signal: controller.signal },
    );
    expect(await job).toBe("done all the same");
  });

  test("takes nothing when it has aborted before", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    let called = false;
    const job = queue.add(() => void (called = true), { signal: AbortSignal.abort("before") });
    expect([queue.active, queue.size]).toEqual([0, 0]);
    await expect(job).rejects.toBe("before");
    expect(called).toBe(false);
  });

  test("pitfall 4: leaves no listener, whatever has become of the job", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 2 });
      const { signal } = new AbortController();
      const jobs = Array.from({ length: 100 }, (_, i) =>
        queue.add(
          // Without its own signal, which somebody could hold on to.
          () => (i % 3 === 0 ? Promise.reject(new Error("no")) : sleep(i)),
          { signal, timeoutMs: 50 },
        ),
      );
      expect(getEventListeners(signal, "abort")).toHaveLength(1);
      await Promise.allSettled(jobs);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }));

  test("in whatever microtask it comes, the job has run or not, and its place goes on", async () => {
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const queue = new WorkQueue({ concurrency: 1 });
      const controller = new AbortController();
      const log: string[] = [];
      const gate = deferred();
      void queue.add(() => gate.promise);
      const second = queue.add(() => log.push("second"), { signal: controller.signal });
      const third = queue.add(() => log.push("third"));
      gate.resolve();
      for (let i = 0; i < microtasks; i++) await Promise.resolve();
      controller.abort("late");
      const [outcome] = await Promise.allSettled([second, third]);
      expect(log).toEqual(outcome.status === "fulfilled" ? ["second", "third"] : ["third"]);
      expect([queue.active, queue.size, queue.running()]).toEqual([0, 0, []]);
    }
  });
});

describe("a scope around add()", () => {
  test("cancels the job that waits, and the one that runs", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 1 });
      const scope = new CancelScope();
      await scope.run(async () => {
        const jobs = [1, 2].map(() => queue.add((own) => sleep(100, at(own)), at(scope)));
        await sleep(10, at(scope));
        scope.cancel("over");
        for (const outcome of await Promise.allSettled(jobs)) {
          expect(outcome).toEqual({ status: "rejected", reason: scope.signal.reason });
        }
        expect([queue.active, queue.size]).toEqual([0, 0]);
      });
    }));

  test("its deadline ends the job, whose place is held until then", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      const late = timeout(10, (scope) => queue.add((own) => sleep(100, at(own)), at(scope)));
      const next = queue.add(() => clock.now());
      await expect(late).rejects.toBeInstanceOf(TimeoutError);
      expect(await next).toBe(10);
    }));

  ambientTest("does not outlive its jobs when it is a group (needs ambient scopes)", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 1 });
      let ended = false;
      await taskGroup((group) => {
        group.spawn(() =>
          queue.add(async () => {
            await sleep(50);
            ended = true;
          }),
        );
      });
      expect(ended).toBe(true);
    }),
  );
});

test("a job that cancels its own scope rejects with its CancelledError, and hurts no other", async () => {
  const queue = new WorkQueue({ concurrency: 2 });
  const gate = deferred();
  const other = queue.add(() => gate.promise.then(() => "other"));
  const job = queue.add(async (scope) => {
    scope.cancel("enough");
    await sleep(10, at(scope));
  });
  await expect(job).rejects.toMatchObject({ name: "AbortError", reason: "enough" });
  await expect(job).rejects.toBeInstanceOf(CancelledError);
  gate.resolve();
  expect(await other).toBe("other");
});

test("a cancelled job that nobody awaits is no unhandled rejection; one that fails or is late is", () =>
  withVirtualClock(async () => {
    const queue = new WorkQueue({ concurrency: 5 });
    const controller = new AbortController();
    const { signal } = controller;
    const quiet = await unhandledDuring(async () => {
      for (let i = 0; i < 9; i++) void queue.add((scope) => sleep(100, at(scope)), { signal });
      await turn();
      controller.abort();
      await queue.onIdle();
    });
    expect(quiet).toEqual([]);
    const failure = new Error("nobody hears this");
    const loud = await unhandledDuring(async () => {
      void queue.add(() => Promise.reject(failure));
      void queue.add((scope) => sleep(100, at(scope)), { timeoutMs: 5 });
      await queue.onIdle();
    });
    expect(loud).toEqual([failure, expect.any(TimeoutError)]);
  }));

test("a group that a job leaves open holds its place until it has ended", () =>
  withVirtualClock(async (clock) => {
    const queue = new WorkQueue({ concurrency: 1 });
    const reports = await reportsDuring(async () => {
      const job = queue.add((scope) => {
        const group = new TaskGroup({ name: "left open", ...at(scope) });
        group.spawn((task) => cleaning(task.scope, 5));
        return "value";
      });
      const next = queue.add(() => clock.now());
      expect(await Promise.all([job, next])).toEqual(["value", 5]);
    });
    expect(reports).toEqual(["left open was still open when the scope around it ended"]);
  }));

describe("pitfall 23: a job that waits for its own queue", () => {
  test("is refused when it awaits another job for which there is no place", async () => {
    const queue = new WorkQueue({ concurrency: 1, name: "jobs" });
    const job = queue.add(() => queue.add(() => "never"));
    await expect(job).rejects.toBeInstanceOf(DeadlockError);
    await expect(job).rejects.toThrow(/the work queue "jobs" is held by/);
    expect([queue.active, queue.size]).toEqual([0, 0]);
  });

  test("is refused also with a priority, in a pause and at a rate, but not where there is a place", async () => {
    const queue = new WorkQueue({ concurrency: 2 });
    expect(await queue.add(() => queue.add(() => "inner", { priority: 1 }))).toBe("inner");
    const nested = queue.add(() => queue.add(() => queue.add(() => "never", { priority: 9 })));
    await expect(nested).rejects.toBeInstanceOf(DeadlockError);
    const rate = new RateLimiter({ limit: 1, perMs: 1_000_000 });
    for (const other of [
      new WorkQueue({ concurrency: 1 }),
      new WorkQueue({ concurrency: 1, rate }),
    ]) {
      const job = other.add(() => {
        other.pause();
        return other.add(() => "never");
      });
      await expect(job).rejects.toBeInstanceOf(DeadlockError);
      expect([other.active, other.size, rate.waiting]).toEqual([0, 0, 0]);
    }
  });

  test("may add what it does not await", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    let inner: Promise<string> | undefined;
    await queue.add(() => {
      inner = queue.add(() => "later");
    });
    expect(await inner).toBe("later");
  });

  test("is refused when it awaits onIdle(), drain() or shutdown(), which do their work", async () => {
    for (const method of ["onIdle", "drain", "shutdown"] as const) {
      const queue = new WorkQueue({ concurrency: 2 });
      const job = queue.add(() => queue[method]({ graceMs: Infinity }));
      await expect(job).rejects.toBeInstanceOf(DeadlockError);
      expect([method, queue.active, queue.stats().closed]).toEqual([
        method,
        0,
        method !== "onIdle",
      ]);
    }
  });

  test("is refused when it awaits onIdle() of any number of places", async () => {
    const unlimited = new WorkQueue({ concurrency: Infinity });
    await expect(unlimited.add(() => unlimited.onIdle())).rejects.toBeInstanceOf(DeadlockError);
    const raised = new WorkQueue({ concurrency: 1 });
    const job = raised.add(() => {
      const idle = raised.onIdle();
      raised.concurrency = 5;
      return idle;
    });
    await expect(job).rejects.toBeInstanceOf(DeadlockError);
  });

  test("may leave onIdle() to others", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    let idle: Promise<void> | undefined;
    await queue.add(() => void (idle = queue.onIdle()));
    await idle;
  });
});
