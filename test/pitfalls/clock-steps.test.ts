import { afterEach, expect, test, vi } from "vitest";
import {
  CircuitBreaker,
  constant,
  debounce,
  hedge,
  now,
  RateLimiter,
  retry,
  RetryBudget,
  sleep,
  throttle,
  timeout,
} from "corral";
import { withVirtualClock } from "corral/testing";

afterEach(() => {
  vi.restoreAllMocks();
});

/** What goes by time, and what it comes to. */
const timed: Record<string, () => unknown> = {
  "a bucket": () => letIn("bucket"),
  "a sliding window": () => letIn("sliding"),
  "even spacing": () => letIn("spaced"),
  "debounce()": () => debounce(now, 10)(),
  "throttle()": async () => {
    const call = throttle(now, 10);
    return [await call(), await call()];
  },
  "retry()": async () => {
    const times: number[] = [];
    const call = retry(
      () => {
        times.push(now());
        throw new Error("down");
      },
      { backoff: constant(10), maxElapsedMs: 100, attempts: 99 },
    );
    await call.catch(() => {});
    return times;
  },
  "hedge()": () =>
    hedge(
      async (scope, attempt) => {
        await sleep(attempt === 1 ? 1e6 : 5, { signal: scope.signal });
        return now();
      },
      { delayMs: 10 },
    ),
  "a circuit": async () => {
    const circuit = new CircuitBreaker({ ratio: 1, minimum: 2, windowMs: 50, openMs: 30 });
    const states: string[] = [];
    for (let i = 0; i < 8; i++) {
      await circuit.run(() => Promise.reject(new Error("down"))).catch(() => {});
      states.push(circuit.state);
      await sleep(10);
    }
    return states;
  },
  "a retry budget": async () => {
    const budget = new RetryBudget({ ratio: 1, minPerSecond: 0, ttlMs: 50 });
    budget.deposit();
    await sleep(40);
    const before = budget.balance;
    await sleep(10);
    return [before, budget.balance];
  },
  "timeout()": () =>
    timeout(10, (scope) => sleep(1e6, { signal: scope.signal })).catch(() => now()),
};

async function letIn(kind: "bucket" | "sliding" | "spaced"): Promise<number[]> {
  const limiter = new RateLimiter({ limit: 2, perMs: 20, kind });
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    await limiter.acquire();
    times.push(now());
  }
  return times;
}

test.each(Object.entries(timed))(
  "pitfall 19: %s goes on as ever when the wall clock steps",
  async (_, work) => {
    const expected = await withVirtualClock(work);
    let reads = 0;
    const real = Date.now;
    const steps = [-10_000, 1e15, 0, Number.NaN];
    vi.spyOn(Date, "now").mockImplementation(() => {
      // Whoever else lives in the process may read it.
      if (new Error("read").stack!.includes("/src/")) reads++;
      return real() + steps[reads % steps.length]!;
    });
    expect(await withVirtualClock(work)).toEqual(expected);
    expect(reads).toBe(0);
  },
);

test("pitfall 19: a sliding window lets in no more than its limit in any stretch of ten windows, with late timers", async () => {
  await withVirtualClock(async (clock) => {
    // As those of the platform: late, each by another part of a millisecond.
    const { set } = clock;
    let timers = 0;
    vi.spyOn(clock, "set").mockImplementation((ms, fire, argument, kind) =>
      set.call(clock, ms + ((++timers * 7) % 13) / 10, fire as never, argument, kind),
    );
    const limiter = new RateLimiter({ limit: 5, perMs: 50, kind: "sliding" });
    const times: number[] = [];
    const caller = async (): Promise<void> => {
      while (now() < 500) {
        await limiter.acquire();
        times.push(now());
      }
    };
    await Promise.all([caller(), caller(), caller()]);
    expect(times.length).toBeGreaterThan(40);
    for (const time of times) {
      expect(times.filter((it) => it >= time && it < time + 50).length).toBeLessThanOrEqual(5);
    }
  });
});
