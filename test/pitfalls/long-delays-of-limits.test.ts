import { describe, expect, test, vi } from "vitest";
import { debounce, hedge, now, RateLimiter, retry, sleep, throttle } from "corral";
import { settle } from "../contract/settle.ts";

/** What waits for as long; "over" is what comes of it when the time has passed. */
const waits: Record<string, (ms: number, signal: AbortSignal) => Promise<unknown>> = {
  "a turn of a RateLimiter": (ms, signal) => {
    const limiter = new RateLimiter({ limit: 1, perMs: ms });
    limiter.tryAcquire();
    return limiter.acquire(1, { signal });
  },
  "a pause of a RateLimiter": (ms, signal) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 1 });
    limiter.pauseUntil(now() + ms);
    return limiter.run(() => {}, { signal });
  },
  "debounce()": (ms, signal) => debounce(() => {}, ms, { signal })(),
  "the longest wait of debounce()": (ms, signal) =>
    debounce(() => {}, Infinity, { maxWaitMs: ms, signal })(),
  "throttle()": (ms, signal) => throttle(() => {}, ms, { leading: false, signal })(),
  "a backoff of retry()": (ms, signal) =>
    retry((attempt) => (attempt.number === 1 ? Promise.reject(new Error("down")) : 1), {
      backoff: () => ms,
      signal,
    }),
  "an attempt of retry()": (ms, signal) =>
    retry((attempt) => sleep(Infinity, { signal: attempt.signal }), {
      attempts: 1,
      attemptMs: ms,
      signal,
    }),
  "hedge(), before its second attempt": (ms, signal) =>
    hedge<unknown>(
      (scope, attempt) => (attempt === 1 ? sleep(Infinity, { signal: scope.signal }) : 1),
      { delayMs: ms, signal },
    ),
};

// What a platform timer does with such a delay is the matter here, so it is the timers that are faked.
describe.each(Object.entries(waits))("pitfall 5: %s", (_, wait) => {
  test.each([2 ** 31, 2 ** 40])("of %d ms is not over at once", async (ms) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const controller = new AbortController();
      let outcome = "waits";
      const ended = wait(ms, controller.signal).then(
        () => (outcome = "over"),
        (error: unknown) => (outcome = String(error)),
      );
      await settle();
      vi.advanceTimersByTime(2 ** 31 - 1);
      await settle();
      expect(outcome).toBe("waits");
      controller.abort("enough");
      await ended;
      expect(outcome).toBe("enough");
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("of 2 ** 31 ms is over then", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      let over = false;
      const end = (): void => void (over = true);
      void wait(2 ** 31, new AbortController().signal).then(end, end);
      await settle();
      vi.advanceTimersByTime(2 ** 31 + 1);
      await settle();
      expect(over).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
