import { expect, test } from "vitest";
import {
  CircuitBreaker,
  constant,
  debounce,
  fallback,
  hedge,
  limit,
  Pool,
  RateLimiter,
  retry,
  throttle,
  timeout,
} from "corral";
import { timersLeftBy } from "../support/timers.ts";

const LONG = 1e6;
const down = (): Promise<never> => Promise.reject(new Error("down"));

/** Uses that set a timer for long, and are over before it fires. */
const uses: Record<string, () => Promise<unknown>> = {
  "a rate limiter that had room": () => new RateLimiter({ limit: 1, perMs: LONG }).acquire(),
  "a rate limiter whose caller has left": () => {
    const limiter = new RateLimiter({ limit: 1, perMs: LONG });
    limiter.tryAcquire();
    const controller = new AbortController();
    const waiting = limiter.acquire(1, controller);
    controller.abort();
    return waiting;
  },
  "a rate limiter that was raised": () => {
    const limiter = new RateLimiter({ limit: 1, perMs: LONG });
    limiter.tryAcquire();
    const waiting = limiter.acquire();
    limiter.configure({ limit: Infinity });
    return waiting;
  },
  "a rate limiter that refuses those in line": () => {
    const limiter = new RateLimiter({ limit: 2, perMs: LONG });
    limiter.tryAcquire(2);
    const waiting = limiter.acquire(2);
    limiter.configure({ limit: 1 });
    return waiting;
  },
  "debounce() at once": () => debounce(() => 1, LONG, { leading: true })(),
  "debounce() that is flushed": () => {
    const call = debounce(() => 1, LONG);
    void call();
    return call.flush()!;
  },
  "debounce() that is cancelled": () => {
    const call = debounce(() => 1, LONG);
    const waiting = call();
    call.cancel();
    return waiting;
  },
  "throttle()": () => throttle(() => 1, LONG)(),
  "throttle() whose callers have left": () => {
    const controller = new AbortController();
    const call = throttle(() => 1, LONG, { signal: controller.signal });
    const waiting = Promise.all([call(), call()]);
    controller.abort();
    return waiting;
  },
  "retry() with a time for each attempt": () =>
    retry((attempt) => (attempt.number === 1 ? down() : 1), {
      attemptMs: LONG,
      backoff: constant(0),
    }),
  "retry() whose backoff is aborted": () => {
    const controller = new AbortController();
    const onRetry = (): void => queueMicrotask(() => controller.abort());
    return retry(down, { backoff: constant(LONG), onRetry, signal: controller.signal });
  },
  "hedge() that is won": () => hedge(() => 1, { delayMs: LONG }),
  "hedge() that fails": () => hedge(down, { delayMs: LONG, max: 3 }),
  "a circuit that is open": async () => {
    const circuit = new CircuitBreaker({ failures: 1, openMs: LONG });
    await circuit.run(down).catch(() => {});
    return circuit.run(down);
  },
  "a pool that was used and closed": async () => {
    const pool = new Pool({
      create: () => ({}),
      acquireTimeoutMs: LONG,
      maxIdleMs: LONG,
      leakWarnMs: LONG,
      resetTimeoutMs: LONG,
      reset: async () => {},
    });
    await pool.run(() => {});
    await pool.close({ graceMs: LONG });
  },
  "all of them, one in the other": () =>
    fallback(
      () =>
        retry(
          () =>
            new CircuitBreaker({ failures: 1, openMs: LONG }).run(() =>
              limit(1)(() => timeout(LONG, down)),
            ),
          { attemptMs: LONG, backoff: constant(0) },
        ),
      () => 1,
    ),
};

test.each(Object.entries(uses))(
  "pitfall 25: %s leaves no timer that would keep the process alive",
  async (_, use) => {
    expect(await timersLeftBy(() => use().catch(() => {}))).toBe(0);
  },
);

test("the control: a timer that is left is seen", async () => {
  const waiting = new AbortController();
  const left = timersLeftBy(async () => {
    void debounce(() => 1, LONG, { signal: waiting.signal })().catch(() => {});
  });
  expect(await left).toBe(1);
  waiting.abort();
});
