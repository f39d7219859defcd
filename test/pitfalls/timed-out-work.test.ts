import { expect, test } from "vitest";
import {
  CancelScope,
  CircuitBreaker,
  constant,
  fallback,
  hedge,
  type Limit,
  limit,
  Mutex,
  RateLimiter,
  retry,
  Semaphore,
  sleep,
  timeout,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

/** Calls of work that a timeout of 10 ms is around or in; `one` lets one run at a time. */
const calls: Record<string, (one: Limit, work: () => Promise<void>) => Promise<unknown>> = {
  "a timeout in a limit": (one, work) => one(() => timeout(10, work)),
  "a timeout around a limit": (one, work) => timeout(10, (scope) => one(work, at(scope))),
  "retry() in a limit": (one, work) =>
    one(() => retry(work, { attempts: 2, attemptMs: 10, backoff: constant(1) })),
  "retry() around a limit": (one, work) =>
    retry((attempt) => one(work, at(attempt.scope)), {
      attempts: 2,
      attemptMs: 10,
      backoff: constant(1),
    }),
  "hedge() around a limit": (one, work) =>
    hedge((scope) => one(() => timeout(10, work), at(scope)), { delayMs: 5, max: 3 }),
  "a circuit around a limit": (one, work) =>
    new CircuitBreaker({ failures: 9, openMs: 1 }).run((scope) =>
      one(() => timeout(10, work), at(scope)),
    ),
  "fallback() around a limit": (one, work) =>
    fallback(
      () => one(() => timeout(10, work)),
      () => one(() => timeout(10, work)),
    ),
  "a rate in a limit": (one, work) => {
    const rate = new RateLimiter({ limit: 9, perMs: 1 });
    return one(() => timeout(10, () => rate.run(work)));
  },
};

/** What lets one run at a time. */
const ones: Record<string, () => Limit> = {
  "limit(1)": () => limit(1),
  Mutex: () => {
    const mutex = new Mutex();
    return ((fn, options) => mutex.run(fn, options)) as Limit;
  },
  "Semaphore(1)": () => {
    const semaphore = new Semaphore(1);
    return ((fn, options) => semaphore.run(fn, options)) as Limit;
  },
};

test.each(
  Object.entries(calls).flatMap(([name, call]) =>
    Object.entries(ones).map(([kind, make]) => [name, kind, call, make] as const),
  ),
)(
  "pitfall 1: work that runs on after its time, by %s, keeps the place it has in a %s",
  (_name, _kind, call, make) =>
    withVirtualClock(async () => {
      const one = make();
      let running = 0;
      let most = 0;
      let begun = 0;
      const work = async (): Promise<void> => {
        begun++;
        most = Math.max(most, ++running);
        // Deaf to any cancellation.
        await new CancelScope({ shield: true }).run((scope) => sleep(60, { signal: scope.signal }));
        running--;
      };
      await Promise.allSettled([call(one, work), call(one, work), call(one, work)]);
      expect([most, running]).toEqual([1, 0]);
      expect(begun).toBeGreaterThan(0);
    }),
);
