import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, ClosedError, shield, sleep, WorkQueue } from "corral";
import { withVirtualClock } from "corral/testing";
import { watchTimers } from "../support/timers.ts";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** A job that needs 5 ms more when it is cancelled. */
async function slow(scope: CancelScope): Promise<string> {
  try {
    await sleep(100, at(scope));
    return "slow";
  } finally {
    await shield((inner) => sleep(5, at(inner)), { timeoutMs: 100 });
  }
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no failure",
    (error: unknown) => error,
  );

describe("clear()", () => {
  test("pitfall 3: rejects all that wait with a ClosedError, and leaves running ones alone", async () => {
    const queue = new WorkQueue({ concurrency: 1, capacity: 1 });
    const gate = deferred();
    const running = queue.add(() => gate.promise.then(() => "goes on"));
    const waiting = [1, 2, 3].map(() => failure(queue.add(() => "never")));
    queue.clear("enough");
    expect([queue.active, queue.size]).toEqual([1, 0]);
    const errors = await Promise.all(waiting);
    for (const error of errors) {
      expect(error).toBeInstanceOf(ClosedError);
      expect(error).toMatchObject({
        message: "Cannot run a job: the work queue was cleared",
        cause: "enough",
      });
    }
    expect(new Set(errors).size).toBe(3);
    gate.resolve();
    expect(await running).toBe("goes on");
    expect(await queue.add(() => "again")).toBe("again");
  });

  test("has no cause without a reason, and is idle when nothing runs", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    const waiting = failure(queue.add(() => {}));
    const told = Promise.all([queue.onIdle(), queue.onEmpty()]);
    queue.clear();
    await told;
    expect(Object.hasOwn((await waiting) as object, "cause")).toBe(false);
  });

  test("may be called again from what it wakes, and by a job", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const log: string[] = [];
    const running = queue.add(() => {
      queue.clear();
      return turn();
    });
    const waiting = [1, 2].map(() => queue.add(() => log.push("never")).catch(() => queue.clear()));
    queue.clear();
    await Promise.all([running, ...waiting]);
    expect([log, queue.active, queue.size]).toEqual([[], 0, 0]);
  });

  test("pitfall 3: leaves no unhandled rejection, nor does shutdown()", () =>
    withVirtualClock(async () => {
      const unhandled = await unhandledDuring(async () => {
        const queue = new WorkQueue({ concurrency: 1 });
        for (let i = 0; i < 3; i++) void queue.add(slow, { maxWaitMs: 1_000 });
        queue.clear();
        for (let i = 0; i < 3; i++) void queue.add(slow, { signal: new AbortController().signal });
        await queue.shutdown({ graceMs: 0 });
      });
      expect(unhandled).toEqual([]);
    }));
});

describe("drain()", () => {
  test("takes no more jobs, and waits for all that were added, also for a place to wait", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, capacity: 1 });
      const jobs = [1, 2, 3].map(() => queue.add(() => sleep(10)));
      const drained = queue.drain();
      const late = queue.add(() => {});
      await expect(late).rejects.toBeInstanceOf(ClosedError);
      await expect(late).rejects.toThrow(
        "Cannot add to a work queue: expected an open queue, received one that is closed",
      );
      await drained;
      expect([clock.now(), queue.stats().closed]).toEqual([30, true]);
      await Promise.all(jobs);
      await queue.drain();
      await expect(queue.add(() => {})).rejects.toBeInstanceOf(ClosedError);
    }));

  test("does not fail for jobs that fail", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 1 });
      queue.add(() => sleep(1).then(() => Promise.reject(new Error("no")))).catch(() => {});
      await queue.drain();
    }));

  test("ends with its signal, and leaves the queue closed", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const gate = deferred();
    const job = queue.add(() => gate.promise);
    const controller = new AbortController();
    const drained = queue.drain({ signal: controller.signal });
    controller.abort("tired");
    await expect(drained).rejects.toBe("tired");
    await expect(queue.add(() => {})).rejects.toBeInstanceOf(ClosedError);
    gate.resolve();
    await job;
  });
});

describe("shutdown()", () => {
  test("waits for the work when it ends in time, and leaves no timer", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      const jobs = [1, 2].map(() => queue.add(() => sleep(10).then(() => "done")));
      await queue.shutdown({ graceMs: 1_000 });
      expect(await Promise.all(jobs)).toEqual(["done", "done"]);
      await clock.runUntilIdle();
      expect(clock.now()).toBe(20);
      await expect(queue.add(() => {})).rejects.toBeInstanceOf(ClosedError);
    }));

  test("rejects what waits and cancels what runs when the time is over, and waits for its end", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      const reason = new Error("the server stops");
      const running = failure(queue.add(slow));
      const waiting = failure(queue.add(slow));
      const shut = queue.shutdown({ graceMs: 50, reason });
      await sleep(49);
      expect([queue.active, queue.size]).toEqual([1, 1]);
      await shut;
      expect(clock.now()).toBe(55);
      expect(await waiting).toBeInstanceOf(ClosedError);
      expect(await waiting).toMatchObject({
        message: "Cannot run a job: the work queue was shut down",
        cause: reason,
      });
      expect(await running).toBeInstanceOf(CancelledError);
      expect(await running).toMatchObject({ reason });
      expect([queue.active, queue.size]).toEqual([0, 0]);
    }));

  test.each([0, -1, -Infinity])("with %d ms cancels at once", (graceMs) =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      const job = failure(queue.add(slow));
      await queue.shutdown({ graceMs });
      expect([clock.now(), await job]).toEqual([5, expect.any(CancelledError)]);
    }),
  );

  test("begins nothing any more that was handed its place just then", async () => {
    const seen = new Set<string>();
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const queue = new WorkQueue({ concurrency: 1 });
      let begun = "never";
      const gate = deferred();
      void queue.add(() => gate.promise);
      const job = failure(queue.add(() => (begun = "before")));
      gate.resolve();
      for (let i = 0; i < microtasks; i++) await Promise.resolve();
      const state = begun === "before" ? begun : queue.size === 1 ? "in line" : "handed over";
      seen.add(state);
      await queue.shutdown({ graceMs: 0 });
      expect([queue.active, queue.size, queue.running()]).toEqual([0, 0, []]);
      expect(begun).toBe(state === "before" ? "before" : "never");
      expect(await job).toEqual(state === "before" ? "no failure" : expect.any(ClosedError));
    }
    expect([...seen]).toEqual(["in line", "handed over", "before"]);
  });

  test("with Infinity waits for all of it, unless a shorter one comes", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1 });
      const job = failure(queue.add(slow));
      const patient = queue.shutdown({ graceMs: Infinity });
      await sleep(20);
      const impatient = queue.shutdown({ graceMs: 10, reason: "now" });
      await Promise.all([patient, impatient]);
      expect(clock.now()).toBe(35);
      expect(await job).toMatchObject({ reason: "now" });
    }));

  test("ends its time of grace when its signal aborts or its scope is cancelled, and waits for the end", () =>
    withVirtualClock(async (clock) => {
      for (const when of ["before", "meanwhile"]) {
        const start = clock.now();
        const queue = new WorkQueue({ concurrency: 1 });
        const job = failure(queue.add(slow));
        const waiting = failure(queue.add(slow));
        const scope = new CancelScope();
        if (when === "before") scope.cancel();
        await scope.run(async () => {
          const shut = queue.shutdown({ graceMs: 50, ...at(scope) });
          if (when === "meanwhile") scope.cancel();
          await shut;
        });
        expect([clock.now() - start, queue.active]).toEqual([5, 0]);
        expect(await job).toBeInstanceOf(CancelledError);
        expect(await waiting).toBeInstanceOf(ClosedError);
      }
      const queue = new WorkQueue({ concurrency: 1 });
      const job = failure(queue.add(slow));
      const controller = new AbortController();
      const shut = queue.shutdown({ graceMs: 50, signal: controller.signal });
      controller.abort("hurry");
      await shut;
      expect(await job).toMatchObject({ reason: "the work queue was shut down" });
    }));

  test("pitfall 25: leaves no timer of the platform, however the time of grace has ended", async () => {
    for (const way of ["idle", "aborted"]) {
      const timers = watchTimers();
      const queue = new WorkQueue({ concurrency: 1 });
      const gate = deferred();
      const job = queue.add(() => gate.promise);
      const controller = new AbortController();
      const shut = queue.shutdown({ graceMs: 1_000_000, signal: controller.signal });
      expect(timers.live()).toBe(1);
      if (way === "aborted") controller.abort();
      else gate.resolve();
      await turn();
      expect(timers.live()).toBe(0);
      gate.resolve();
      await Promise.all([job, shut]);
      expect(timers.live()).toBe(0);
      timers.stop();
    }
  });

  test("cancels what runs only after the signals of the cancellation that has ended the grace", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    const log: string[] = [];
    const job = failure(
      queue.add((scope) => {
        scope.signal.addEventListener("abort", () => log.push("job"));
        return sleep(1_000, { signal: scope.signal });
      }),
    );
    const scope = new CancelScope();
    scope.signal.addEventListener("abort", () => log.push("scope"));
    await scope.run(async () => {
      const shut = queue.shutdown({ graceMs: 1_000, ...at(scope) });
      scope.cancel();
      await shut;
    });
    await job;
    expect(log).toEqual(["scope", "job"]);
  });

  test.each([null, 0, ""])("cancels with its reason, also with %o", async (reason) => {
    const queue = new WorkQueue({ concurrency: 1 });
    let seen: unknown;
    const running = failure(
      queue.add((scope) => {
        scope.signal.addEventListener("abort", () => (seen = scope.signal.reason));
        return sleep(1_000_000, at(scope));
      }),
    );
    const waiting = failure(queue.add(() => {}));
    await queue.shutdown({ graceMs: 0, reason });
    expect(seen).toMatchObject({ reason });
    expect(await running).toBe(seen);
    expect(await waiting).toMatchObject({ cause: reason });
  });

  test("of a paused queue rejects what waits in it when the time is over", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, paused: true });
      const waiting = failure(queue.add(() => {}));
      await queue.shutdown({ graceMs: 10 });
      expect([clock.now(), await waiting]).toEqual([10, expect.any(ClosedError)]);
    }));

  test("of an idle queue is over at once, and of a released job waits for its end", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, onTimeout: "release" });
      await queue.shutdown({ graceMs: 10 });
      const other = new WorkQueue({ concurrency: 1, onTimeout: "release" });
      const job = failure(other.add(slow));
      await other.shutdown({ graceMs: 0 });
      expect([clock.now(), await job]).toEqual([5, expect.any(CancelledError)]);
    }));

  test("may be called by a job that does not await it", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 1 });
      const log: string[] = [];
      let shut: Promise<void> | undefined;
      await queue.add(() => {
        shut = queue.shutdown({ graceMs: 100 });
        log.push("job");
      });
      await shut;
      expect(log).toEqual(["job"]);
    }));

  test("an abort listener of a job may use the queue", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 2 });
      const log: unknown[] = [];
      for (let i = 0; i < 2; i++) {
        queue
          .add((scope) => {
            scope.signal.addEventListener("abort", () => {
              queue.clear();
              queue.resume();
              queue.concurrency = 5;
              queue.add(() => {}).catch((error: Error) => log.push(error.name));
              void queue.shutdown({ graceMs: 0 });
            });
            return sleep(100, at(scope));
          })
          .catch((error: Error) => log.push(error.name));
      }
      await queue.shutdown({ graceMs: 1 });
      await clock.runUntilIdle();
      expect(log.map(String).toSorted()).toEqual([
        "AbortError",
        "AbortError",
        "ClosedError",
        "ClosedError",
      ]);
    }));
});

test("await using shuts the queue down at once, and waits for the end", () =>
  withVirtualClock(async (clock) => {
    let job: Promise<unknown> | undefined;
    {
      await using queue = new WorkQueue({ concurrency: 1 });
      job = failure(queue.add(slow));
    }
    expect([clock.now(), await job]).toEqual([5, expect.any(CancelledError)]);
  }));
