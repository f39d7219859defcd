import { describe, expect, test } from "vitest";
import { CancelScope, shield, sleep, TimeoutError, WorkQueue } from "corral";
import { withVirtualClock } from "corral/testing";
import { at, explicit } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** Work that takes 60 ms, whatever becomes of the scope it is called in. */
const stubborn = (): Promise<number> =>
  shield((scope) => sleep(60, at(scope)).then(() => 1), { timeoutMs: 1_000 });

const failing = (): Promise<number> => stubborn().then(() => Promise.reject(new Error("late")));

describe("timeoutMs", () => {
  test("cancels a job that runs for longer, and rejects with a TimeoutError", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, timeoutMs: 10 });
      const jobs = ["a", "b"].map((name) =>
        queue.add((scope) => sleep(100, at(scope)), { name }).catch((error: unknown) => error),
      );
      const [a, b] = await Promise.all(jobs);
      expect(a).toMatchObject({ deadline: 10, scopeName: "a" });
      // From when it began.
      expect(b).toMatchObject({ deadline: 20, message: '"b" timed out after 10 ms' });
      expect([a, b].every((error) => error instanceof TimeoutError)).toBe(true);
      expect([clock.now(), queue.active]).toEqual([20, 0]);
    }));

  test("of the job comes before that of the queue, and Infinity and more than 2^31 are long", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 9, timeoutMs: 10 });
      const times = [undefined, 20, Infinity, 2 ** 31, 0, -1];
      const jobs = times.map((timeoutMs) =>
        queue.add((scope) => sleep(15, at(scope)), { timeoutMs }),
      );
      const outcomes = await Promise.allSettled(jobs);
      expect(outcomes.map(({ status }) => status)).toEqual([
        "rejected",
        "fulfilled",
        "fulfilled",
        "fulfilled",
        "rejected",
        "rejected",
      ]);
    }));

  test("leaves no timer when the job ends in time", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, timeoutMs: 5_000 });
      await queue.add(() => sleep(1));
      queue.add(() => Promise.reject(new Error("no"))).catch(() => {});
      await queue.onIdle();
      await clock.advance(1);
      expect(clock.now()).toBe(2);
    }));
});

describe('onTimeout "hold"', () => {
  test("pitfall 1: never runs more than it may, whatever has timed out", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, timeoutMs: 10 });
      let [running, most] = [0, 0];
      const jobs = [1, 2, 3].map(() =>
        queue.add(async () => {
          most = Math.max(most, ++running);
          await stubborn();
          running--;
          return "value";
        }),
      );
      await sleep(20);
      expect([queue.active, queue.zombies, queue.size]).toEqual([1, 1, 2]);
      // It has returned a value in spite of the timeout.
      expect(await Promise.all(jobs)).toEqual(["value", "value", "value"]);
      expect([most, clock.now(), queue.zombies]).toEqual([1, 180, 0]);
    }));

  test("counts no job as a zombie that ends in time", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 2, timeoutMs: 10 });
      await queue.add(() => sleep(5));
      expect([queue.active, queue.zombies]).toEqual([0, 0]);
    }));
});

describe('onTimeout "release"', () => {
  const options = { concurrency: 1, onTimeout: "release" } as const;

  test("gives the place back at once, and the caller hears at once; the rest runs on as a zombie", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue(options);
      const late = queue.add(stubborn, { timeoutMs: 10, name: "late" });
      const next = queue.add(() => clock.now());
      await expect(late).rejects.toBeInstanceOf(TimeoutError);
      expect(await next).toBe(10);
      expect([queue.active, queue.zombies]).toEqual([0, 1]);
      expect(queue.running()).toEqual([{ name: "late", priority: 0, ageMs: 10 }]);
      // It runs, so the queue is not idle.
      await queue.onIdle();
      expect([clock.now(), queue.zombies]).toEqual([60, 0]);
    }));

  test("gives what a job gives that ends in time", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ ...options, timeoutMs: 100 });
      const failure = new Error("failed");
      const jobs = [
        queue.add(() => "value"),
        queue.add(() => Promise.reject(failure)),
        queue.add(() => Promise.reject(undefined)),
        queue.add(() => {
          throw failure;
        }),
      ];
      expect(await Promise.allSettled(jobs)).toEqual([
        { status: "fulfilled", value: "value" },
        { status: "rejected", reason: failure },
        { status: "rejected", reason: undefined },
        { status: "rejected", reason: failure },
      ]);
      expect([queue.active, queue.zombies, queue.running()]).toEqual([0, 0, []]);
    }));

  test("answers a signal and a scope with their reasons, and a timeout of 0 at once", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ ...options, concurrency: 3 });
      const controller = new AbortController();
      const bySignal = queue.add(stubborn, { signal: controller.signal });
      const scope = new CancelScope();
      const byScope = scope
        .run(() => queue.add(stubborn, at(scope)))
        .catch((error: unknown) => error);
      let called = false;
      const atOnce = queue.add(
        () => {
          called = true;
          return stubborn();
        },
        { timeoutMs: 0 },
      );
      controller.abort("gone");
      scope.cancel("over");
      await expect(bySignal).rejects.toBe("gone");
      expect(await byScope).toBe(scope.signal.reason);
      await expect(atOnce).rejects.toBeInstanceOf(TimeoutError);
      expect([clock.now(), called, queue.active, queue.zombies]).toEqual([0, true, 0, 3]);
      await queue.drain();
      expect([clock.now(), queue.active, queue.zombies]).toEqual([60, 0, 0]);
    }));

  test("tells of a rejection that came too late, and of none that is the cancellation", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue(options);
      const reports = await reportsDuring(async () => {
        queue.add(failing, { timeoutMs: 10 }).catch(() => {});
        queue.add((scope) => sleep(100, at(scope)), { timeoutMs: 10 }).catch(() => {});
        await queue.onIdle();
      });
      // Without channels notes are not told.
      expect(reports).toEqual(
        explicit ? [] : ["A job rejected after its place was given back: Error: late"],
      );
    }));

  test("leaves a failure that nobody handles unhandled, and no cancellation", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ ...options, concurrency: 5 });
      const failure = new Error("nobody hears this");
      const controller = new AbortController();
      const unhandled = await unhandledDuring(async () => {
        void queue.add(() => Promise.reject(failure));
        void queue.add(() => sleep(10), { signal: controller.signal });
        void queue.add(() => sleep(10), { timeoutMs: 1 });
        await sleep(2);
        controller.abort();
        await queue.onIdle();
      });
      expect(unhandled).toEqual([failure, expect.any(TimeoutError)]);
    }));
});
