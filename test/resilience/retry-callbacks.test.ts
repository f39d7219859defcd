import { describe, expect, test } from "vitest";
import { failuresOf, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { retry } from "../../src/resilience/retry.ts";
import type { RetryOptions } from "../../src/resilience/retry-options.ts";
import { reportsDuring } from "../support/reports.ts";

const down = new Error("down");
const broken = (): never => {
  throw new Error("broken");
};

describe("retryIf", () => {
  test("decides on the failure and the attempt, also later; it is not asked after the last one", async () => {
    await withVirtualClock(async () => {
      const asked: unknown[] = [];
      const errors = [new Error("a"), new Error("b"), new Error("c")];
      let calls = 0;
      const call = retry(() => Promise.reject(errors[calls++]), {
        backoff: constant(1),
        retryIf: async (error, attempt) => {
          asked.push([error, attempt.number]);
          await sleep(10);
          return true;
        },
      });
      await expect(call).rejects.toBe(errors[2]);
      expect(asked).toEqual([
        [errors[0], 1],
        [errors[1], 2],
      ]);
      expect(now()).toBe(22);
    });
  });

  test.each([() => false, async () => false])("that refuses has the failure thrown", async (no) => {
    let calls = 0;
    const call = retry(
      () => {
        calls++;
        throw down;
      },
      { retryIf: no },
    );
    await expect(call).rejects.toBe(down);
    expect(calls).toBe(1);
  });
});

describe("onRetry", () => {
  test("is told of each failure that is retried, before the wait", async () => {
    await withVirtualClock(async () => {
      const told: unknown[] = [];
      const call = retry(() => Promise.reject(down), {
        backoff: constant(10),
        onRetry: (error, notice) => told.push([error, notice, now()]),
      });
      await expect(call).rejects.toBe(down);
      expect(told).toEqual([
        [down, { attempt: 1, delayMs: 10 }, 0],
        [down, { attempt: 2, delayMs: 10 }, 10],
      ]);
    });
  });

  test("that throws is reported, and breaks nothing", async () => {
    const reports = await reportsDuring(() =>
      withVirtualClock(async () => {
        const answer = await retry(
          (attempt) => (attempt.number === 1 ? Promise.reject(down) : "up"),
          {
            backoff: constant(1),
            onRetry: () => {
              throw new Error("broken");
            },
          },
        );
        expect(answer).toBe("up");
      }),
    );
    expect(reports).toEqual(["onRetry threw: Error: broken"]);
  });
});

describe("a callback that decides and is broken", () => {
  test.each<[string, RetryOptions]>([
    ["retryIf", { retryIf: broken }],
    ["retryIf later", { retryIf: async () => broken() }],
    ["backoff", { backoff: broken }],
    ["retryAfter", { retryAfter: broken }],
  ])("%s: what it throws is thrown, and the failures are kept with it", async (_name, options) => {
    let calls = 0;
    const error: unknown = await retry(() => {
      calls++;
      throw down;
    }, options).catch((thrown: unknown) => thrown);
    expect(String(error)).toBe("Error: broken");
    expect(failuresOf(error)).toEqual([error, down]);
    expect(calls).toBe(1);
  });

  test.each<[string, RetryOptions]>([
    ["backoff", { backoff: () => Number.NaN }],
    ["retryAfter", { retryAfter: () => Number.NaN }],
  ])("%s: NaN is no delay", async (name, options) => {
    const call = retry(() => Promise.reject(down), options);
    await expect(call).rejects.toThrow(RangeError);
    await expect(call).rejects.toThrow(
      `Cannot retry: "${name}" must be a number of milliseconds, received NaN`,
    );
  });

  test("backoff: a string is no delay", async () => {
    const call = retry(() => Promise.reject(down), { backoff: () => "10" as never });
    await expect(call).rejects.toThrow(TypeError);
  });

  test("backoff: a negative delay is none", async () => {
    await withVirtualClock(async () => {
      const call = retry(() => Promise.reject(down), { backoff: () => -5 });
      await expect(call).rejects.toBe(down);
      expect(now()).toBe(0);
    });
  });
});

describe("misuse", () => {
  test.each<[string, unknown]>([
    ["a promise", Promise.resolve()],
    ["nothing", undefined],
  ])("retry() refuses %s in place of a function", async (_name, fn) => {
    await expect(retry(fn as never)).rejects.toThrow(TypeError);
  });

  test.each<[unknown, typeof TypeError | typeof RangeError]>([
    [null, TypeError],
    [5, TypeError],
    [new AbortController().signal, TypeError],
    [{ attempts: 0 }, RangeError],
    [{ attempts: 1.5 }, RangeError],
    [{ attempts: Number.NaN }, RangeError],
    [{ attempts: "3" }, TypeError],
    [{ maxElapsedMs: Number.NaN }, RangeError],
    [{ attemptMs: "10" }, TypeError],
    [{ backoff: 10 }, TypeError],
    [{ budget: {} }, TypeError],
    [{ budget: null }, TypeError],
    [{ retryIf: true }, TypeError],
    [{ retryAfter: 1 }, TypeError],
    [{ onRetry: 1 }, TypeError],
    [{ signal: {} }, TypeError],
    [{ name: 1 }, TypeError],
  ])("retry() refuses the options %o, and calls nothing", async (options, kind) => {
    let called = false;
    const call = retry(() => {
      called = true;
    }, options as never);
    await expect(call).rejects.toBeInstanceOf(kind);
    await expect(call).rejects.toThrow(/^Cannot /);
    expect(called).toBe(false);
  });

  test("retry() does not touch the options it is given", async () => {
    await withVirtualClock(async () => {
      const options = Object.freeze({ attempts: 2, backoff: constant(1) });
      await expect(retry(() => Promise.reject(down), options)).rejects.toBe(down);
      await expect(retry(() => Promise.reject(down), options)).rejects.toBe(down);
    });
  });
});
