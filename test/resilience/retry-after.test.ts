import { describe, expect, test } from "vitest";
import { now, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { retry } from "../../src/resilience/retry.ts";
import { retryAfterOf } from "../../src/resilience/retry-after.ts";
import type { RetryOptions } from "../../src/resilience/retry-options.ts";
import { at } from "../support/mode.ts";

function failure(fields: object): Error {
  return Object.assign(new Error("try later"), fields);
}

/** When the second attempt begins. */
async function waitAfter(error: unknown, options?: RetryOptions): Promise<number> {
  return withVirtualClock(() =>
    retry((attempt) => (attempt.number === 1 ? Promise.reject(error) : now()), {
      backoff: constant(100),
      ...options,
    }),
  );
}

describe("a failure that says how long to wait", () => {
  test("is waited for, when that is longer than the backoff", async () => {
    expect(await waitAfter(failure({ retryAfterMs: 5_000 }))).toBe(5_000);
    expect(await waitAfter(failure({ retryAfterMs: 5 }))).toBe(100);
    const headers = new Headers({ "Retry-After": "120" });
    expect(await waitAfter(failure({ response: { headers } }))).toBe(120_000);
  });

  test("is asked by the option alone when that is given", async () => {
    const error = failure({ retryAfterMs: 5_000, wait: 300 });
    const options: RetryOptions = { retryAfter: (it) => (it as { wait: number }).wait };
    expect(await waitAfter(error, options)).toBe(300);
    expect(await waitAfter(error, { retryAfter: () => undefined })).toBe(100);
  });

  test("for longer than there is time is thrown at once", async () => {
    await withVirtualClock(async () => {
      const error = failure({ retryAfterMs: 5_000 });
      const call = timeout(1_000, (scope) =>
        retry(() => Promise.reject(error), { backoff: constant(1), ...at(scope) }),
      );
      await expect(call).rejects.toBe(error);
      expect(now()).toBe(0);
    });
  });
});

describe("retryAfterOf()", () => {
  const date = "Wed, 21 Oct 2015 07:28:00 GMT";
  const later = "Wed, 21 Oct 2015 07:28:30 GMT";

  test.each<[string, unknown, number]>([
    ["retryAfterMs", { retryAfterMs: 0 }, 0],
    [
      "retryAfterMs before the header",
      { retryAfterMs: 7, response: { headers: { "retry-after": "9" } } },
      7,
    ],
    [
      "the header in seconds",
      { response: { headers: new Headers({ "retry-after": "3" }) } },
      3_000,
    ],
    ["a plain header", { response: { status: 503, headers: { "retry-after": "3" } } }, 3_000],
    [
      "a date, from that of the response",
      { response: { headers: new Headers({ "retry-after": later, date }) } },
      30_000,
    ],
    ["used up quota", { response: { headers: { ratelimit: '"default";r=0;t=30' } } }, 30_000],
    ["headers that say nothing", { response: { headers: new Headers() } }, 0],
  ])("reads %s", (_name, error, ms) => {
    expect(retryAfterOf(error)).toBe(ms);
  });

  const unreadable = {
    get response(): never {
      throw new Error("unreadable");
    },
  };
  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["a string", "retryAfterMs"],
    ["an error without one", new Error("plain")],
    ["NaN", { retryAfterMs: Number.NaN }],
    ["a negative one", { retryAfterMs: -1 }],
    ["a text", { retryAfterMs: "5" }],
    ["a response without headers", { response: "503" }],
    ["what cannot be read", unreadable],
  ])("finds nothing in %s", (_name, error) => {
    expect(retryAfterOf(error)).toBeUndefined();
  });
});
