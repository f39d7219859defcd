import { describe, expect, test } from "vitest";
import { RateLimiter, sleep, WorkQueue, type WorkQueueOptions } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { turn } from "../support/turn.ts";

/** One in 100 ms, and a queue at that rate; what begins is noted with its time. */
function atRate(options: Partial<WorkQueueOptions> = {}): {
  readonly rate: RateLimiter;
  readonly queue: WorkQueue;
  readonly log: string[];
  readonly add: (
    name: string,
    options?: { priority?: number; signal?: AbortSignal; takesMs?: number },
  ) => Promise<void>;
} {
  const rate = new RateLimiter({ limit: 1, perMs: 100, kind: "sliding" });
  const queue = new WorkQueue({ concurrency: 5, rate, ...options });
  const log: string[] = [];
  return {
    rate,
    queue,
    log,
    add: (name, { takesMs = 0, ...more } = {}) =>
      queue.add(
        () => {
          log.push(`${name} ${Math.round(clockOf())}`);
          return takesMs === 0 ? undefined : sleep(takesMs);
        },
        { name, ...more },
      ),
  };
}

let clockOf: () => number;
const timed = (body: () => Promise<void>): Promise<void> =>
  withVirtualClock((clock) => {
    clockOf = () => clock.now();
    return body();
  });

describe("a work queue at a rate", () => {
  test("begins jobs in order, as the rate says", () =>
    timed(async () => {
      const { queue, log, add } = atRate();
      for (const name of ["a", "b", "c"]) void add(name);
      expect([queue.active, queue.size]).toEqual([1, 2]);
      await queue.onIdle();
      expect(log).toEqual(["a 0", "b 100", "c 200"]);
    }));

  test("holds no place while it waits, and lets nobody overtake but the more urgent", () =>
    timed(async () => {
      const { queue, log, add } = atRate();
      void add("a");
      void add("b");
      await sleep(50);
      void add("c");
      void add("urgent", { priority: 9 });
      expect([queue.active, queue.size]).toEqual([0, 3]);
      await queue.onIdle();
      expect(log).toEqual(["a 0", "urgent 100", "b 200", "c 300"]);
    }));

  test("takes nothing for a job that was cancelled: the next gets its turn", () =>
    timed(async () => {
      const { rate, queue, log, add } = atRate();
      const controller = new AbortController();
      void add("a");
      const gone = add("gone", { signal: controller.signal });
      await sleep(50);
      controller.abort("gone");
      await expect(gone).rejects.toBe("gone");
      // Nobody waits, also not in the line of the limiter.
      expect([queue.size, rate.waiting]).toEqual([0, 0]);
      await sleep(100);
      expect(rate.stats().available).toBe(1);
      void add("b");
      await queue.onIdle();
      expect(log).toEqual(["a 0", "b 150"]);
    }));

  test("waits in the line of the limiter only while a job could begin", () =>
    timed(async () => {
      const { rate, queue, log, add } = atRate({ concurrency: 1 });
      void add("a", { takesMs: 250 });
      void add("b");
      await sleep(200);
      // No place: it takes no turn that others could have.
      expect([rate.waiting, rate.tryAcquire()]).toEqual([0, true]);
      await sleep(70);
      expect(rate.waiting).toBe(1);
      queue.pause();
      expect(rate.waiting).toBe(0);
      await sleep(100);
      expect(rate.stats().available).toBe(1);
      queue.resume();
      await queue.onIdle();
      expect(log).toEqual(["a 0", "b 370"]);
      void add("c");
      queue.concurrency = 2;
      void add("d");
      expect(rate.waiting).toBe(1);
      queue.clear();
      expect(rate.waiting).toBe(0);
    }).catch((error: Error) => {
      if (error.name !== "ClosedError") throw error;
    }));

  test("stands in line with all others of a limiter that is shared", () =>
    timed(async () => {
      const { rate, log, queue, add } = atRate();
      const other = new WorkQueue({ concurrency: 5, rate });
      void add("a");
      void rate.run(() => log.push(`direct ${clockOf()}`));
      void add("b");
      void other.add(() => log.push(`other ${clockOf()}`));
      void other.add(() => log.push(`other ${clockOf()}`));
      void add("c");
      await Promise.all([queue.onIdle(), other.onIdle()]);
      // Each queue has one place in it.
      expect(log).toEqual(["a 0", "direct 100", "b 200", "other 300", "c 400", "other 500"]);
    }));

  test("follows a change of the rate, and a pause of the limiter", () =>
    timed(async () => {
      const { rate, queue, log, add } = atRate();
      for (const name of ["a", "b", "c", "d"]) void add(name);
      rate.pauseUntil(500);
      await sleep(510);
      expect(log).toEqual(["a 0", "b 500"]);
      rate.configure({ limit: 10 });
      await queue.onIdle();
      expect(log.slice(2)).toEqual(["c 510", "d 510"]);
    }));

  test("begins as many at once as the rate lets in, whoever shares it", () =>
    timed(async () => {
      const { rate, queue, add, log } = atRate({ concurrency: Infinity });
      const other = new WorkQueue({ concurrency: Infinity, rate });
      const jobs: Promise<unknown>[] = [];
      for (let i = 0; i < 3_000; i++) {
        jobs.push(
          add(""),
          other.add(() => {}),
        );
      }
      await sleep(1);
      expect(log).toEqual([" 0"]);
      // In one step, and in turns: not one within the other.
      rate.configure({ limit: Infinity });
      await Promise.all(jobs);
      expect([log.length, queue.size, other.size, rate.waiting]).toEqual([3_000, 0, 0, 0]);
    }));

  test.each(["bucket", "sliding", "spaced"] as const)(
    "gives back what a job has taken that is cancelled before it begins: %s",
    (kind) =>
      timed(async () => {
        for (let microtasks = 0; microtasks < 8; microtasks++) {
          const rate = new RateLimiter({ limit: 1, perMs: 100, kind });
          const queue = new WorkQueue({ concurrency: 1, rate });
          const controller = new AbortController();
          const gate = deferred();
          void queue.add(() => gate.promise);
          let began = false;
          const { signal } = controller;
          const job = queue.add(() => void (began = true), { signal });
          await sleep(200);
          gate.resolve();
          for (let i = 0; i < microtasks; i++) await Promise.resolve();
          controller.abort("late");
          await Promise.allSettled([job]);
          expect([microtasks, rate.tryAcquire()]).toEqual([microtasks, !began]);
        }
      }),
  );

  test("gives back a turn for which no job is left, when the signal of the last has just aborted", () =>
    timed(async () => {
      const rate = new RateLimiter({ limit: 1, perMs: 100, kind: "sliding" });
      const queue = new WorkQueue({ concurrency: 1, rate });
      rate.tryAcquire();
      const controller = new AbortController();
      // Before the queue hears of it.
      controller.signal.addEventListener("abort", () => rate.configure({ limit: 2 }));
      const job = queue.add(() => {}, { signal: controller.signal });
      controller.abort("over");
      await expect(job).rejects.toBe("over");
      expect([rate.stats().available, rate.waiting, queue.size]).toEqual([1, 0, 0]);
    }));

  test("is taken for each job that begins at once, too", async () => {
    const rate = new RateLimiter({ limit: 3, perMs: 1_000_000 });
    const queue = new WorkQueue({ concurrency: 10, rate });
    const jobs = [1, 2, 3, 4].map((i) => queue.add(() => i));
    await turn();
    expect([rate.stats().available, queue.size]).toEqual([0, 1]);
    queue.clear("enough");
    await expect(jobs[3]).rejects.toMatchObject({ name: "ClosedError", cause: "enough" });
  });
});
