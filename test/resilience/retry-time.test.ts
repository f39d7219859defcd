import { describe, expect, test } from "vitest";
import { CancelScope, failuresOf, now, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { retry } from "../../src/resilience/retry.ts";
import type { RetryOptions } from "../../src/resilience/retry-options.ts";
import { at } from "../support/mode.ts";

/** When the attempts of a call that always fails began, and when it rejected. */
async function timesOf(options: RetryOptions, ms = 0): Promise<{ begun: number[]; over: number }> {
  const begun: number[] = [];
  await retry(
    async (attempt) => {
      begun.push(now());
      if (ms > 0) await sleep(ms, at(attempt.scope));
      throw new Error("down");
    },
    { attempts: 10, ...options },
  ).catch(() => {});
  return { begun, over: now() };
}

describe("maxElapsedMs", () => {
  test("begins no attempt when it is over, and does not wait for it either", async () => {
    await withVirtualClock(async () => {
      const times = await timesOf({ backoff: constant(40), maxElapsedMs: 100 });
      expect(times).toEqual({ begun: [0, 40, 80], over: 80 });
    });
  });

  test("counts the time of the attempts, and does not cut one short", async () => {
    await withVirtualClock(async () => {
      const times = await timesOf({ backoff: constant(10), maxElapsedMs: 100 }, 70);
      expect(times).toEqual({ begun: [0, 80], over: 150 });
    });
  });

  test("of zero leaves the first attempt", async () => {
    await withVirtualClock(async () => {
      const times = await timesOf({ backoff: constant(0), maxElapsedMs: 0 });
      expect(times).toEqual({ begun: [0], over: 0 });
    });
  });

  test("counts what a callback takes", async () => {
    await withVirtualClock(async () => {
      const times = await timesOf({
        backoff: constant(10),
        maxElapsedMs: 100,
        retryIf: () => sleep(95).then(() => true),
      });
      expect(times).toEqual({ begun: [0], over: 95 });
    });
  });
});

describe("a deadline around", () => {
  test("that leaves no time for another attempt has the last failure thrown at once", async () => {
    await withVirtualClock(async () => {
      const errors: Error[] = [];
      const call = timeout(100, (scope) =>
        retry(
          () => {
            errors.push(new Error(`failure ${errors.length + 1}`));
            throw errors.at(-1)!;
          },
          { attempts: 10, backoff: constant(40), ...at(scope) },
        ),
      );
      await expect(call).rejects.toThrow("failure 3");
      expect(now()).toBe(80);
      expect(failuresOf(errors[2])).toEqual([errors[2], errors[0], errors[1]]);
    });
  });

  test("is the one of the signal's scope, too", async () => {
    await withVirtualClock(async () => {
      const scope = new CancelScope({ timeoutMs: 50 });
      const lasting = scope.run(() => sleep(1_000, { signal: scope.signal })).catch(() => {});
      const times = await timesOf({ backoff: constant(30), signal: scope.signal });
      expect(times).toEqual({ begun: [0, 30], over: 30 });
      await lasting;
    });
  });

  test("of a scope that took a foreign signal counts too, on the platform's clock", async () => {
    const controller = new AbortController();
    const down = new Error("down");
    const call = timeout(
      1e6,
      (scope) => retry(() => Promise.reject(down), { backoff: constant(2e6), ...at(scope) }),
      { signal: controller.signal },
    );
    const ended = call.catch((error: unknown) => error);
    for (let i = 0; i < 5; i++) await sleep(0);
    controller.abort("it was waiting");
    expect(await ended).toBe(down);
  });

  test("that moves while an attempt runs is taken as it is then", async () => {
    await withVirtualClock(async () => {
      const call = timeout(50, (scope) =>
        retry(
          (attempt) => {
            if (attempt.number === 2) return "in time";
            scope.deadline = now() + 500;
            throw new Error("down");
          },
          { backoff: constant(100), ...at(scope) },
        ),
      );
      expect(await call).toBe("in time");
      expect(now()).toBe(100);
    });
  });

  test("cuts an attempt short that is under way, and that is not retried", async () => {
    await withVirtualClock(async () => {
      let calls = 0;
      const call = timeout(100, (scope) =>
        retry(
          (attempt) => {
            calls++;
            return sleep(1_000, at(attempt.scope));
          },
          { attempts: 5, backoff: constant(1), ...at(scope) },
        ),
      );
      await expect(call).rejects.toThrow(TimeoutError);
      expect([calls, now()]).toEqual([1, 100]);
    });
  });
});

describe("attemptMs", () => {
  test("times an attempt out, and that one is retried", async () => {
    await withVirtualClock(async () => {
      const errors: unknown[] = [];
      const answer = await retry(
        async (attempt) => {
          errors.push(attempt.error);
          if (attempt.number === 1) await sleep(1_000, at(attempt.scope));
          return now();
        },
        { attemptMs: 50, backoff: constant(10), name: "ask" },
      );
      expect(answer).toBe(60);
      expect(errors[1]).toBeInstanceOf(TimeoutError);
      expect(String(errors[1])).toMatch(/"ask" timed out after 50 ms/);
    });
  });

  test("is thrown when the last attempt was over it", async () => {
    await withVirtualClock(async () => {
      const call = retry((attempt) => sleep(1_000, at(attempt.scope)), {
        attempts: 2,
        attemptMs: 50,
        backoff: constant(10),
      });
      await expect(call).rejects.toThrow(TimeoutError);
      expect(now()).toBe(110);
    });
  });

  test("waits for an attempt that does not listen: no two run at once", async () => {
    await withVirtualClock(async () => {
      const begun: number[] = [];
      await retry(
        async (attempt) => {
          begun.push(now());
          // Out of reach of the scope.
          await new CancelScope({ shield: true }).run(() => sleep(70));
          attempt.scope.throwIfCancelled();
        },
        { attempts: 2, attemptMs: 50, backoff: constant(10) },
      ).catch(() => {});
      expect(begun).toEqual([0, 80]);
    });
  });
});

describe("pitfall 5: a delay of 2^31 ms and more", () => {
  test.each([2 ** 31, 2 ** 40])("is waited for: %o", async (ms) => {
    await withVirtualClock(async () => {
      const times = await timesOf({ attempts: 2, backoff: constant(ms) });
      expect(times).toEqual({ begun: [0, ms], over: ms });
    });
  });

  test("on the platform's clock makes one attempt for now", async () => {
    const controller = new AbortController();
    let calls = 0;
    const call = retry(
      () => {
        calls++;
        throw new Error("down");
      },
      { backoff: constant(2 ** 31), signal: controller.signal },
    );
    for (let i = 0; i < 5; i++) await sleep(0);
    expect(calls).toBe(1);
    controller.abort("enough");
    await expect(call).rejects.toBe("enough");
  });

  test("without an end gives up at once", async () => {
    await withVirtualClock(async () => {
      const times = await timesOf({ backoff: constant(Infinity) });
      expect(times).toEqual({ begun: [0], over: 0 });
    });
  });
});

test("pitfall 19: a wall clock that steps does not matter", async () => {
  await withVirtualClock(async () => {
    const real = Date.now;
    Date.now = () => real() - 10_000_000;
    try {
      const times = await timesOf({ backoff: constant(40), maxElapsedMs: 100 });
      expect(times).toEqual({ begun: [0, 40, 80], over: 80 });
    } finally {
      Date.now = real;
    }
  });
});
