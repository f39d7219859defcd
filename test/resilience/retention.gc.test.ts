import { describe, expect, test } from "vitest";
import { CircuitBreaker, constant, debounce, hedge, RateLimiter, retry, sleep } from "corral";
import { guardedCalls } from "../pitfalls/guarded-calls.ts";
import { leastLeft } from "../support/heap.ts";

/** Those that live on, and are used again and again. */
const limiter = new RateLimiter({ limit: 5_000, perMs: 1, kind: "sliding" });
const circuit = new CircuitBreaker({ ratio: 0.5, minimum: 10, windowMs: 1_000, openMs: 1 });
const save = debounce(() => 1, Infinity);

const operations: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
  ...Object.fromEntries(
    Object.entries(guardedCalls).map(([name, call]) => [
      name,
      (signal: AbortSignal) => call(signal, () => 1),
    ]),
  ),
  "one sliding window": (signal) => limiter.run(() => 1, { signal }),
  "one circuit": (signal) => circuit.run(() => 1, { signal }),
  "one debounced function": () => {
    void save();
    return save.flush()!;
  },
  "retry() that gives up on one error": (signal) =>
    retry(() => Promise.reject(down), { attempts: 2, backoff: constant(0), signal }).catch(
      () => {},
    ),
  "hedge() with a loser that sleeps": (signal) =>
    hedge(
      (scope, attempt) =>
        attempt === 1
          ? sleep(3_600_000, { signal: scope.signal }).then(() => 0)
          : Promise.resolve(1),
      { delayMs: 0, signal },
    ),
};

const down = new Error("down");

// The first bring tables to their size, which are not made smaller again.
describe("pitfall 20: beside one that never ends, nothing is kept of 10 000 calls of", () => {
  test.each(Object.entries(operations))(
    "%s",
    async (_, operation) => {
      const controller = new AbortController();
      const { signal } = controller;
      const endless = sleep(Infinity, { signal }).catch(() => {});
      for (let i = 0; i < 10_000; i++) await operation(signal);
      const round = async (): Promise<void> => {
        for (let i = 0; i < 10_000; i++) await operation(signal);
      };
      expect(await leastLeft(round, 512 * 1024)).toBeLessThan(512 * 1024);
      controller.abort();
      await endless;
    },
    30_000,
  );
});
