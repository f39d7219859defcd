import { RateLimiter, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "rate (Go)";

/** The unit of time of these tests. */
const D = 100;

/** So many a second, and a burst. */
function limiterOf(limit: number, burst: number): RateLimiter {
  return new RateLimiter({ limit, perMs: 1_000, burst });
}

behaviour(
  {
    area,
    id: "TestWaitSimple",
    says: "a wait is refused when it is cancelled already, or wants more than the burst; else it is let in in time",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 3);
      const reason = new Error("already cancelled");
      const cancelled = limiter.acquire(1, { signal: AbortSignal.abort(reason) });
      await expect(cancelled).rejects.toBe(reason);
      await expect(limiter.acquire(4)).rejects.toThrow(RangeError);
      await limiter.acquire(2);
      expect(clock.now()).toBe(0);
      await limiter.acquire(3);
      expect(clock.now()).toBe(2 * D);
    }),
);

behaviour(
  {
    area,
    id: "TestWaitCancel",
    says: "a wait that is cancelled gives its tokens back",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 3);
      const controller = new AbortController();
      await limiter.acquire(2, controller);
      const waiting = limiter.acquire(3, controller);
      await sleep(D);
      controller.abort("enough");
      await expect(waiting).rejects.toBe("enough");
      await limiter.acquire(2);
      expect(clock.now()).toBe(D);
    }),
);

behaviour(
  {
    area,
    id: "TestWaitTimeout",
    says: "a wait that would be over after its deadline is refused at once",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 3);
      const both = timeout(D, async (scope) => {
        await limiter.acquire(2, at(scope));
        await limiter.acquire(3, at(scope));
      });
      await expect(both).rejects.toThrow(TimeoutError);
      expect([clock.now(), limiter.stats().available]).toEqual([0, 1]);
    }),
);

behaviour(
  {
    area,
    id: "TestWaitInf",
    says: "with an infinite limit everybody is let in, whatever the burst",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(Infinity, 1);
      await limiter.acquire(3);
      expect([clock.now(), limiter.tryAcquire(1_000)]).toEqual([0, true]);
    }),
);

behaviour(
  {
    area,
    id: "TestZeroLimit",
    says: "with a limit of 0 the burst is let in, and nobody after that",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(0, 1);
      expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
      await clock.advance(1e12);
      expect(limiter.tryAcquire()).toBe(false);
    }),
);

behaviour(
  {
    area,
    id: "TestSetAfterZeroLimit",
    says: "when the limit is no longer 0, tokens flow in from then on",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(0, 1);
      await limiter.acquire();
      const waiting = limiter.acquire();
      await clock.advance(10 * D);
      limiter.configure({ limit: 10 });
      await waiting;
      expect(clock.now()).toBe(11 * D);
    }),
);
