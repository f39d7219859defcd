import { describe, expect, test } from "vitest";
import { sleep, WorkQueue, type WorkOptions, type WorkQueueOptions } from "corral";
import { withVirtualClock } from "corral/testing";

const CREATE = "Cannot create a work queue: ";
const ADD = "Cannot add to a work queue: ";

describe("new WorkQueue()", () => {
  test.each([
    [undefined, TypeError, '"concurrency" must be a positive integer, received undefined'],
    [null, TypeError, '"options" must be an object, received null'],
    [{ concurrency: 0 }, RangeError, '"concurrency" must be a positive integer, received 0'],
    [{ concurrency: NaN }, RangeError, '"concurrency" must be a positive integer, received NaN'],
    [{ concurrency: 1.5 }, RangeError, '"concurrency" must be a positive integer, received 1.5'],
    [{ concurrency: "1" }, TypeError, '"concurrency" must be a positive integer, received "1"'],
    [{ capacity: -1 }, RangeError, '"capacity" must be a non-negative integer, received -1'],
    [{ capacity: NaN }, RangeError, '"capacity" must be a non-negative integer, received NaN'],
    [{ ageing: 5 }, TypeError, '"ageing" must be an object, received 5'],
    [{ ageing: null }, TypeError, '"ageing" must be an object, received null'],
    [
      { ageing: {} },
      TypeError,
      '"ageing.everyMs" must be a number of milliseconds, received undefined',
    ],
    [
      { ageing: { everyMs: NaN } },
      RangeError,
      '"ageing.everyMs" must be a number of milliseconds, received NaN',
    ],
    [{ ageing: { everyMs: 0 } }, RangeError, '"ageing.everyMs" must be positive, received 0'],
    [{ ageing: { everyMs: -1 } }, RangeError, '"ageing.everyMs" must be positive, received -1'],
    [
      { overflow: "block" },
      TypeError,
      '"overflow" must be "wait", "reject", "dropOldest" or "dropLowest", received "block"',
    ],
    [{ maxWaitMs: NaN }, RangeError, '"maxWaitMs" must be a number of milliseconds, received NaN'],
    [{ timeoutMs: "5" }, TypeError, '"timeoutMs" must be a number of milliseconds, received "5"'],
    [
      { onTimeout: "forget" },
      TypeError,
      '"onTimeout" must be "hold" or "release", received "forget"',
    ],
    [{ rate: null }, TypeError, '"rate" must be a RateLimiter, received null'],
    [{ rate: { limit: 1 } }, TypeError, '"rate" must be a RateLimiter, received an object'],
    [{ paused: 1 }, TypeError, '"paused" must be a boolean, received 1'],
    [{ name: 5 }, TypeError, '"name" must be a string, received 5'],
  ])("refuses %o", (options, kind, message) => {
    const given = options && ({ concurrency: 1, ...options } as unknown as WorkQueueOptions);
    expect(() => new WorkQueue(given as WorkQueueOptions)).toThrow(new kind(CREATE + message));
  });
});

describe("add()", () => {
  test.each([
    [{ priority: NaN }, RangeError, '"priority" must be a finite number, received NaN'],
    [{ priority: Infinity }, RangeError, '"priority" must be a finite number, received Infinity'],
    [{ priority: -Infinity }, RangeError, '"priority" must be a finite number, received -Infinity'],
    [{ priority: "high" }, TypeError, '"priority" must be a finite number, received "high"'],
    [{ priority: null }, TypeError, '"priority" must be a finite number, received null'],
    [{ timeoutMs: NaN }, RangeError, '"timeoutMs" must be a number of milliseconds, received NaN'],
    [{ maxWaitMs: NaN }, RangeError, '"maxWaitMs" must be a number of milliseconds, received NaN'],
    [{ name: 5 }, TypeError, '"name" must be a string, received 5'],
    [5, TypeError, '"options" must be an object, received 5'],
  ])("rejects with %o, and nothing is added", async (options, kind, message) => {
    const queue = new WorkQueue({ concurrency: 1 });
    let called = false;
    const job = queue.add(() => void (called = true), options as WorkOptions);
    await expect(job).rejects.toThrow(new kind(ADD + message));
    expect([called, queue.active, queue.size]).toEqual([false, 0, 0]);
  });

  test("rejects what is no function, also a promise", async () => {
    const queue = new WorkQueue({ concurrency: 1 });
    await expect(queue.add(undefined as never)).rejects.toThrow(TypeError);
    await expect(queue.add(Promise.resolve() as never)).rejects.toThrow(/already started/);
    expect([queue.active, queue.size]).toEqual([0, 0]);
  });

  test("takes priorities of any size, and the options as they are", async () => {
    const queue = new WorkQueue({ concurrency: 1, paused: true });
    const log: number[] = [];
    const priorities = [0, -Number.MAX_VALUE, Number.MAX_VALUE, 0.5, Number.MIN_VALUE, -0];
    const jobs = priorities.map((priority) =>
      queue.add(() => log.push(priority), Object.freeze({ priority })),
    );
    expect(queue.waiting().some(({ priority }) => Object.is(priority, -0))).toBe(false);
    queue.resume();
    await Promise.all(jobs);
    expect(log[0]).toBe(Number.MAX_VALUE);
    expect(log[1]).toBe(0.5);
    expect(log.at(-1)).toBe(-Number.MAX_VALUE);
  });
});

test("concurrency refuses what it cannot be, and stays as it was", () => {
  const queue = new WorkQueue({ concurrency: 2 });
  for (const bad of [0, -1, 1.5, NaN, "2", undefined]) {
    expect(() => {
      queue.concurrency = bad as number;
    }).toThrow(/^Cannot change a work queue: "concurrency" must be a positive integer, received /);
  }
  expect(queue.concurrency).toBe(2);
});

test.each([0, -1, 1.5, NaN, "2", undefined])("onSizeLessThan(%o) is refused", async (n) => {
  const queue = new WorkQueue({ concurrency: 2 });
  const wait = queue.onSizeLessThan(n as number);
  await expect(wait).rejects.toThrow(
    /^Cannot wait for a work queue: "n" must be a positive integer, received /,
  );
});

test.each([undefined, null, 5, {}, { graceMs: NaN }, { graceMs: "5" }, { graceMs: 1, signal: 5 }])(
  "shutdown(%o) is refused, and the queue stays open",
  async (options) => {
    await withVirtualClock(async () => {
      const queue = new WorkQueue({ concurrency: 1 });
      const job = queue.add(() => sleep(1));
      await expect(queue.shutdown(options as never)).rejects.toThrow(Error);
      expect(queue.stats().closed).toBe(false);
      await job;
    });
  },
);
