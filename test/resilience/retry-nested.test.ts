import { describe, expect, test } from "vitest";
import { gather, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { retry } from "../../src/resilience/retry.ts";
import { RetryBudget } from "../../src/resilience/retry-budget.ts";
import type { RetryOptions } from "../../src/resilience/retry-options.ts";
import { at } from "../support/mode.ts";

const three: RetryOptions = { attempts: 3, backoff: constant(1) };

/** How often a function is called that always fails, under two retries. */
async function callsUnder(
  outer: RetryOptions,
  inner: RetryOptions,
  fail: () => unknown = () => new Error("down"),
): Promise<number> {
  let calls = 0;
  await withVirtualClock(() =>
    retry(
      (attempt) =>
        retry(
          () => {
            calls++;
            return Promise.reject(fail());
          },
          { ...inner, ...at(attempt.scope) },
        ),
      outer,
    ).catch(() => {}),
  );
  return calls;
}

describe("nested retries", () => {
  test("do not multiply: what the inner one has given up the outer one lets pass", async () => {
    expect(await callsUnder(three, three)).toBe(3);
  });

  test("do not multiply when the inner one's retryIf has refused", async () => {
    expect(await callsUnder(three, { ...three, retryIf: () => false })).toBe(1);
  });

  test("do not multiply when the inner one's budget or time is over", async () => {
    const budget = new RetryBudget({ ratio: 0, minPerSecond: 0 });
    expect(await callsUnder(three, { ...three, budget })).toBe(1);
    expect(await callsUnder(three, { ...three, maxElapsedMs: 0 })).toBe(1);
  });

  test("multiply when the outer one's retryIf says so", async () => {
    expect(await callsUnder({ ...three, retryIf: () => true }, three)).toBe(9);
  });

  test("where the inner one makes a single attempt are one retry", async () => {
    expect(await callsUnder(three, { attempts: 1 })).toBe(3);
  });

  test("multiply for failures that are no objects: these cannot be told apart", async () => {
    expect(await callsUnder(three, three, () => "down")).toBe(9);
  });

  test("do not multiply through a group, or three levels", async () => {
    await withVirtualClock(async () => {
      let calls = 0;
      const work = (): Promise<never> => {
        calls++;
        return Promise.reject(new Error("down"));
      };
      const call = retry(() => gather([() => retry(() => retry(work, three), three)]), three);
      await expect(call).rejects.toThrow("down");
      expect(calls).toBe(3);
    });
  });

  test("retry an attempt that left the inner one too little time", async () => {
    await withVirtualClock(async () => {
      const calls: number[] = [];
      const answer = await retry(
        (outer) =>
          retry(
            () => {
              calls.push(outer.number);
              if (outer.number === 1) throw new Error("down");
              return "up";
            },
            { attempts: 5, backoff: constant(40), ...at(outer.scope) },
          ),
        { attempts: 2, attemptMs: 50, backoff: constant(1) },
      );
      expect(answer).toBe("up");
      expect(calls).toEqual([1, 1, 2]);
    });
  });
});

test("an error that was given up once and comes again, as from a cache, is retried", async () => {
  await withVirtualClock(async () => {
    const error = new Error("always the same");
    let calls = 0;
    const call = (): Promise<unknown> =>
      retry(() => {
        calls++;
        return Promise.reject(error);
      }, three).catch((thrown: unknown) => thrown);
    expect(await call()).toBe(error);
    expect(await call()).toBe(error);
    expect(calls).toBe(6);
    await sleep(1);
    expect(
      await retry((attempt) => (attempt.number === 1 ? Promise.reject(error) : 7), three),
    ).toBe(7);
  });
});
