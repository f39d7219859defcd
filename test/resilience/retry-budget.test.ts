import { describe, expect, test } from "vitest";
import { failuresOf, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { retry } from "../../src/resilience/retry.ts";
import { RetryBudget } from "../../src/resilience/retry-budget.ts";

function withdrawals(budget: RetryBudget): number {
  let count = 0;
  while (budget.tryWithdraw()) count++;
  return count;
}

describe("RetryBudget", () => {
  test("has a retry for ten calls, and one a second of its own, by default", async () => {
    await withVirtualClock(() => {
      const budget = new RetryBudget();
      expect(withdrawals(budget)).toBe(10);
      for (let i = 0; i < 29; i++) budget.deposit();
      expect(withdrawals(budget)).toBe(2);
      budget.deposit();
      expect(withdrawals(budget)).toBe(1);
    });
  });

  test("ten tenths are a whole one, whatever the rounding", async () => {
    await withVirtualClock(() => {
      const uneven = new RetryBudget({ ratio: 0.29, minPerSecond: 0 });
      for (let i = 0; i < 100; i++) uneven.deposit();
      expect(withdrawals(uneven)).toBe(29);
      const budget = new RetryBudget({ minPerSecond: 0 });
      for (let i = 0; i < 10; i++) {
        expect(budget.tryWithdraw()).toBe(false);
        budget.deposit();
      }
      expect(withdrawals(budget)).toBe(1);
    });
  });

  test("forgets calls and retries after their time", async () => {
    await withVirtualClock(async () => {
      const budget = new RetryBudget({ ratio: 1, minPerSecond: 0, ttlMs: 1_000 });
      budget.deposit();
      await sleep(500);
      budget.deposit();
      expect(budget.balance).toBe(2);
      await sleep(500);
      expect(budget.balance).toBe(1);
      expect(budget.tryWithdraw()).toBe(true);
      expect(budget.tryWithdraw()).toBe(false);
      await sleep(500);
      // The call is forgotten, the retry that it paid for not yet.
      expect(budget.balance).toBe(-1);
      await sleep(500);
      expect(budget.balance).toBe(0);
    });
  });

  test("refills with the time alone", async () => {
    await withVirtualClock(async () => {
      const budget = new RetryBudget({ ratio: 0, minPerSecond: 2, ttlMs: 1_000 });
      expect(withdrawals(budget)).toBe(2);
      await sleep(900);
      expect(withdrawals(budget)).toBe(0);
      await sleep(100);
      expect(withdrawals(budget)).toBe(2);
      await sleep(1e9);
      expect(withdrawals(budget)).toBe(2);
    });
  });

  test("goes on with another clock", async () => {
    const budget = new RetryBudget({ ratio: 1, minPerSecond: 0, ttlMs: 1_000 });
    budget.deposit();
    await withVirtualClock(async () => {
      await sleep(10_000);
      budget.deposit();
      expect(budget.balance).toBe(1);
    });
    await withVirtualClock(() => {
      expect(budget.balance).toBe(0);
      budget.deposit();
      expect(budget.balance).toBe(1);
    });
  });

  test("tells its figures", async () => {
    await withVirtualClock(() => {
      const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 1, ttlMs: 2_000, name: "api" });
      budget.deposit();
      budget.tryWithdraw();
      expect(budget.stats()).toEqual({ calls: 1, retries: 1, balance: 1.5 });
      expect(Object.isFrozen(budget.stats())).toBe(true);
      expect(String(budget)).toBe('RetryBudget "api" { calls: 1, retries: 1, balance: 1.5 }');
    });
  });

  test.each<[unknown, typeof TypeError | typeof RangeError]>([
    [null, TypeError],
    [{ ratio: -0.1 }, RangeError],
    [{ ratio: "1" }, TypeError],
    [{ minPerSecond: Infinity }, RangeError],
    [{ ttlMs: 0 }, RangeError],
    [{ ttlMs: Number.NaN }, RangeError],
    [{ name: 5 }, TypeError],
  ])("refuses the options %o", (options, kind) => {
    expect(() => new RetryBudget(options as never)).toThrow(kind);
    expect(() => new RetryBudget(options as never)).toThrow(/^Cannot create a retry budget: /);
  });
});

describe("retry() with a budget", () => {
  test("keeps the retries of all calls together to their share", async () => {
    await withVirtualClock(async () => {
      const budget = new RetryBudget({ ratio: 0.2, minPerSecond: 0 });
      let calls = 0;
      const ask = (): Promise<unknown> =>
        retry(
          () => {
            calls++;
            throw new Error("down");
          },
          { attempts: 10, backoff: constant(1), budget },
        );
      await Promise.allSettled(Array.from({ length: 100 }, ask));
      expect(calls).toBe(120);
    });
  });

  test("throws the failure at once when there is none left, and keeps those before it", async () => {
    await withVirtualClock(async () => {
      const budget = new RetryBudget({ ratio: 0, minPerSecond: 0.1 });
      const errors = [new Error("1"), new Error("2"), new Error("3")];
      let calls = 0;
      const call = retry(() => Promise.reject(errors[calls++]), { backoff: constant(1), budget });
      await expect(call).rejects.toBe(errors[1]);
      expect(failuresOf(errors[1])).toEqual([errors[1], errors[0]]);
      expect(budget.stats()).toMatchObject({ calls: 1, retries: 1 });
    });
  });

  test("takes nothing for a failure that is not retried, or a call that was cancelled before", async () => {
    await withVirtualClock(async () => {
      const budget = new RetryBudget();
      const no = { budget, retryIf: () => false };
      await retry(() => Promise.reject(new Error("no")), no).catch(() => {});
      await retry(() => 1, { budget, signal: AbortSignal.abort() }).catch(() => {});
      expect(budget.stats()).toMatchObject({ calls: 1, retries: 0 });
    });
  });
});
