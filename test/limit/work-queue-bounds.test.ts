import { describe, expect, test } from "vitest";
import { QueueFullError, sleep, TimeoutError, WorkQueue, type WorkQueueOptions } from "corral";
import { withVirtualClock } from "corral/testing";
import { watchTimers } from "../support/timers.ts";
import { deferred } from "../support/deferred.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** A queue of one place, which is taken until `open()`; `add` notes what begins and what is refused. */
function full(options: Omit<WorkQueueOptions, "concurrency">): {
  readonly queue: WorkQueue;
  readonly log: string[];
  readonly open: () => void;
  readonly add: (name: string, priority?: number, maxWaitMs?: number) => void;
} {
  const queue = new WorkQueue({ concurrency: 1, ...options });
  const log: string[] = [];
  const gate = deferred();
  void queue.add(() => gate.promise);
  const add = (name: string, priority?: number, maxWaitMs?: number): void => {
    queue
      .add(() => log.push(name), { name, priority, maxWaitMs })
      .catch((error: Error) => log.push(`${name}: ${error.name}`));
  };
  return { queue, log, open: gate.resolve, add };
}

const unhandledOf = (overflow: "reject" | "dropOldest" | "dropLowest"): Promise<unknown[]> =>
  unhandledDuring(async () => {
    const { queue, open } = full({ capacity: 1, overflow });
    for (let i = 0; i < 3; i++) void queue.add(() => {});
    open();
    await queue.onIdle();
  });

const names = (queue: WorkQueue): string =>
  queue
    .waiting()
    .map(({ name }) => name)
    .join("");

describe("capacity", () => {
  test('with "wait" lets the others wait for a place to wait, in the same order', async () => {
    const { queue, log, open, add } = full({ capacity: 2 });
    for (const name of ["a", "b", "c", "d"]) add(name);
    add("e", 1);
    expect([queue.size, queue.stats().blocked, names(queue)]).toEqual([5, 3, "eabcd"]);
    open();
    await queue.onIdle();
    expect(log.join("")).toBe("eabcd");
  });

  test('with "reject" rejects at once who finds no place, and takes it again when there is one', async () => {
    const { queue, log, open, add } = full({ capacity: 2, overflow: "reject", name: "mail" });
    add("a");
    add("b");
    add("c", 9);
    expect([queue.size, names(queue)]).toEqual([2, "ab"]);
    const refused = await queue.add(() => {}).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(QueueFullError);
    expect(refused).toMatchObject({ capacity: 2, queueName: "mail" });
    open();
    await queue.onIdle();
    add("d");
    await queue.onIdle();
    expect(log).toEqual(["c: QueueFullError", "a", "b", "d"]);
  });

  test('with "dropOldest" rejects the one that has waited longest', async () => {
    const { queue, log, open, add } = full({ capacity: 2, overflow: "dropOldest" });
    add("a", 9);
    add("b");
    add("c", -1);
    await turn();
    expect([names(queue), log]).toEqual(["bc", ["a: QueueFullError"]]);
    open();
    await queue.onIdle();
    expect(log.slice(1)).toEqual(["b", "c"]);
  });

  test('with "dropLowest" rejects the one that would begin last, be it the new one', async () => {
    const { queue, log, open, add } = full({ capacity: 3, overflow: "dropLowest" });
    add("a", 1);
    add("b", 0);
    add("c", 2);
    add("d", 3);
    add("e", -1);
    add("f", 1);
    await turn();
    // Of equal ones the last.
    expect(log).toEqual(["b: QueueFullError", "e: QueueFullError", "f: QueueFullError"]);
    expect(names(queue)).toBe("dca");
    open();
    await queue.onIdle();
    expect(log.slice(3)).toEqual(["d", "c", "a"]);
  });

  test.each(["reject", "dropOldest", "dropLowest"] as const)(
    'of 0 with "%s" lets nobody wait, and takes whoever finds a place to run',
    async (overflow) => {
      const { queue, log, open, add } = full({ capacity: 0, overflow });
      add("a");
      await turn();
      expect([queue.size, log]).toEqual([0, ["a: QueueFullError"]]);
      open();
      await queue.onIdle();
      add("b");
      expect(log[1]).toBe("b");
      // A place, but one before it has yet to begin.
      const gate = deferred();
      const more = new WorkQueue({ concurrency: 1, capacity: 1, overflow });
      const jobs = [more.add(() => gate.promise), more.add(() => "second")];
      more.concurrency = 3;
      jobs.push(more.add(() => "third"));
      gate.resolve();
      expect(await Promise.all(jobs)).toEqual([undefined, "second", "third"]);
    },
  );

  test("counts no place of one that was cancelled", async () => {
    const { queue, log, open, add } = full({ capacity: 1, overflow: "reject" });
    const controller = new AbortController();
    queue.add(() => {}, { signal: controller.signal }).catch(() => {});
    controller.abort();
    add("a");
    open();
    await queue.onIdle();
    expect(log).toEqual(["a"]);
  });

  test("whoever is dropped for another is no unhandled rejection; one that is refused itself is", async () => {
    expect(await unhandledOf("dropOldest")).toEqual([]);
    expect(await unhandledOf("dropLowest")).toEqual([]);
    expect(await unhandledOf("reject")).toEqual([
      expect.any(QueueFullError),
      expect.any(QueueFullError),
    ]);
  });
});

describe("maxWaitMs", () => {
  test("rejects a job that has not begun by then with a TimeoutError, and takes it out of the line", () =>
    withVirtualClock(async (clock) => {
      const { queue, log, open } = full({ maxWaitMs: 50, name: "mail" });
      const late = queue.add(() => log.push("late"), { name: "letter" });
      const failure: unknown = await late.catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(TimeoutError);
      expect(failure).toMatchObject({
        deadline: 50,
        scopeName: "letter",
        message: 'Cannot begin "letter": it has waited for 50 ms',
      });
      expect([clock.now(), queue.size]).toEqual([50, 0]);
      open();
      await queue.onIdle();
      expect(log).toEqual([]);
    }));

  test("of the job comes before that of the queue, and Infinity is none", () =>
    withVirtualClock(async () => {
      const { queue, log, open, add } = full({ maxWaitMs: 50 });
      add("a", 0, 20);
      add("b", 0, Infinity);
      add("c", 0, 2 ** 31);
      await sleep(100);
      expect(names(queue)).toBe("bc");
      open();
      await queue.onIdle();
      expect(log).toEqual(["a: TimeoutError", "b", "c"]);
    }));

  test.each([0, -1, -Infinity])("of %d begins the job at once or not at all", async (maxWaitMs) => {
    const { queue, log, open, add } = full({});
    add("a", 9, maxWaitMs);
    expect(queue.size).toBe(0);
    await turn();
    open();
    await queue.onIdle();
    add("b", 0, maxWaitMs);
    await queue.onIdle();
    expect(log).toEqual(["a: TimeoutError", "b"]);
  });

  test.each(["dropOldest", "dropLowest"] as const)(
    'of 0 drops no other for a job that does not wait: "%s"',
    async (overflow) => {
      const { queue, log, open, add } = full({ capacity: 1, overflow });
      add("a");
      add("b", 9, 0);
      open();
      await queue.onIdle();
      expect(log.toSorted()).toEqual(["a", "b: TimeoutError"]);
    },
  );

  test("rejects also where the name of the function is no string", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 1, paused: true, maxWaitMs: 5 });
      const strange = Object.defineProperty(() => {}, "name", { value: 5n });
      const job = queue.add(strange);
      expect(queue.waiting()[0]!.name).toBe("");
      await expect(job).rejects.toThrow("Cannot begin a job: it has waited for 5 ms");
    }));

  test("ends with the wait: it says nothing of how long the job runs, and leaves no timer", () =>
    withVirtualClock(async (clock) => {
      const queue = new WorkQueue({ concurrency: 1, maxWaitMs: 50 });
      const jobs = [queue.add(() => sleep(40)), queue.add(() => sleep(100))];
      await Promise.all(jobs);
      expect(clock.now()).toBe(140);
      const gone = new AbortController();
      const gate = deferred();
      void queue.add(() => gate.promise);
      queue.add(() => {}, { signal: gone.signal, maxWaitMs: 5_000 }).catch(() => {});
      queue.add(() => {}, { maxWaitMs: 5_000 }).catch(() => {});
      gone.abort();
      queue.clear();
      gate.resolve();
      await queue.onIdle();
      expect(clock.now()).toBe(140);
    }));

  test("pitfall 25: leaves no timer of the platform, however the wait has ended", async () => {
    const timers = watchTimers();
    const { queue, open } = full({ maxWaitMs: 1_000_000 });
    const controller = new AbortController();
    queue.add(() => {}, { signal: controller.signal }).catch(() => {});
    const served = queue.add(() => {}, { priority: 1 });
    queue.add(() => {}).catch(() => {});
    expect(timers.count()).toBe(3);
    controller.abort();
    expect(timers.count()).toBe(2);
    open();
    await served;
    queue.clear();
    await queue.onIdle();
    expect(timers.count()).toBe(0);
    timers.stop();
  });

  test("counts in a pause, too", () =>
    withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 1, paused: true });
      await expect(queue.add(() => {}, { maxWaitMs: 10 })).rejects.toBeInstanceOf(TimeoutError);
    }));

  test("is a failure, which somebody has to handle", () =>
    withVirtualClock(async () => {
      const { queue, open } = full({});
      const unhandled = await unhandledDuring(async () => {
        void queue.add(() => {}, { maxWaitMs: 5 });
        await sleep(10);
      });
      expect(unhandled).toEqual([expect.any(TimeoutError)]);
      open();
    }));
});
