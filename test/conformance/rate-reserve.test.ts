import { RateLimiter, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "rate (Go)";

/** The unit of time of these tests. */
const D = 100;

/** So many a second, and a burst. */
function limiterOf(limit: number, burst: number): RateLimiter {
  return new RateLimiter({ limit, perMs: 1_000, burst });
}

for (const id of ["TestReserveJumpBack", "TestReserveJumpBackCancel"]) {
  notTransferable({
    area,
    id,
    says: "a reservation at a time before the last one is granted, and can be cancelled",
    because: "The clock is monotonic, and nobody hands in a time.",
  });
}

behaviour(
  {
    area,
    id: "TestSimpleReserve",
    says: "a reservation is for now if there are tokens, else for when they will have flowed in",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 2);
      expect(limiter.reserve(2).waitMs).toBe(0);
      expect(limiter.reserve(2).waitMs).toBe(2 * D);
      await clock.advance(3 * D);
      expect(limiter.reserve(2).waitMs).toBe(D);
    }),
);

behaviour(
  {
    area,
    id: "TestMix",
    says: "who asks without waiting is not let in before what was reserved, nor by its tokens",
    verdict: "holds",
    because: "To ask for more than the burst is a RangeError.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 2);
      expect(() => limiter.reserve(3)).toThrow(RangeError);
      expect(limiter.reserve(2).waitMs).toBe(0);
      await clock.advance(D);
      expect(limiter.tryAcquire(2)).toBe(false);
      expect(limiter.reserve(2).waitMs).toBe(D);
      expect(limiter.tryAcquire()).toBe(false);
      await clock.advance(2 * D);
      expect(limiter.tryAcquire()).toBe(true);
    }),
);

behaviour(
  {
    area,
    id: "TestCancelInvalid",
    says: "a reservation that was refused has nothing to give back",
    verdict: "differs",
    because: "A refusal is a RangeError: there is no reservation to cancel.",
  },
  () =>
    withVirtualClock(async () => {
      const limiter = limiterOf(10, 2);
      limiter.reserve(2);
      expect(() => limiter.reserve(3)).toThrow(RangeError);
      expect(limiter.reserve(2).waitMs).toBe(2 * D);
    }),
);

behaviour(
  {
    area,
    id: "TestCancelLast",
    says: "the last reservation gives all of its tokens back",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 2);
      limiter.reserve(2);
      const turn = limiter.reserve(2);
      await clock.advance(D);
      turn.cancel();
      expect(limiter.reserve(2).waitMs).toBe(D);
    }),
);

behaviour(
  {
    area,
    id: "TestCancelTooLate",
    says: "a reservation whose time has passed gives nothing back",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 2);
      limiter.reserve(2);
      const turn = limiter.reserve(2);
      await clock.advance(3 * D);
      turn.cancel();
      expect(limiter.reserve(2).waitMs).toBe(D);
    }),
);

behaviour(
  {
    area,
    id: "TestCancel0Tokens",
    says: "a reservation gives nothing back that flows in again for a later one",
    verdict: "differs",
    because:
      "What was given back is there once the later one has had its turn, as far as the bucket holds it: nothing is lost, and nobody gets more than the rate.",
  },
  () =>
    withVirtualClock(async () => {
      const limiter = limiterOf(10, 2);
      limiter.reserve(2);
      const turn = limiter.reserve(1);
      expect(limiter.reserve(1).waitMs).toBe(2 * D);
      turn.cancel();
      expect([limiter.reserve(1).waitMs, limiter.reserve(1).waitMs]).toEqual([2 * D, 3 * D]);
    }),
);

behaviour(
  {
    area,
    id: "TestCancel1Token",
    says: "a reservation gives back what no later one was promised",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 2);
      limiter.reserve(2);
      const turn = limiter.reserve(2);
      expect(limiter.reserve(1).waitMs).toBe(3 * D);
      await clock.advance(2 * D);
      turn.cancel();
      expect(limiter.reserve(2).waitMs).toBe(2 * D);
    }),
);

behaviour(
  {
    area,
    id: "TestCancelMulti",
    says: "of several that are cancelled, each gives back as if those after it had never been reserved",
    verdict: "differs",
    because: "All they had is there after what is still promised, and so a little earlier.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 4);
      limiter.reserve(4);
      const [first, kept, last] = [limiter.reserve(3), limiter.reserve(1), limiter.reserve(1)];
      expect([first, kept, last].map(({ waitMs }) => waitMs)).toEqual([3 * D, 4 * D, 5 * D]);
      await clock.advance(D);
      last.cancel();
      first.cancel();
      // At 4, with a full bucket, beside the one that was promised then.
      expect([limiter.reserve(3).waitMs, limiter.reserve(1).waitMs]).toEqual([3 * D, 4 * D]);
    }),
);

behaviour(
  {
    area,
    id: "TestReserveSetLimit",
    says: "a new limit does not move what was reserved, and counts for what comes after it",
    verdict: "differs",
    because: "What comes after it does not break the burst: it waits for tokens of its own.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(5, 2);
      limiter.reserve(2);
      expect(limiter.reserve(2).waitMs).toBe(4 * D);
      await clock.advance(2 * D);
      limiter.configure({ limit: 10 });
      expect(limiter.reserve(1).waitMs).toBe(3 * D);
    }),
);

behaviour(
  {
    area,
    id: "TestReserveSetBurst",
    says: "a new burst does not move what was reserved, and counts for what comes after it",
    verdict: "differs",
    because: "A larger bucket is full of what is new in it: as if it had been so large before.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(5, 2);
      limiter.reserve(2);
      expect(limiter.reserve(2).waitMs).toBe(4 * D);
      await clock.advance(3 * D);
      limiter.configure({ burst: 4 });
      expect(limiter.reserve(4).waitMs).toBe(5 * D);
    }),
);

behaviour(
  {
    area,
    id: "TestReserveSetLimitCancel",
    says: "a reservation from before a change of the limit gives its tokens back",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(5, 2);
      limiter.reserve(2);
      const turn = limiter.reserve(2);
      await clock.advance(2 * D);
      limiter.configure({ limit: 10 });
      turn.cancel();
      expect(limiter.reserve(2).waitMs).toBe(D);
    }),
);

behaviour(
  {
    area,
    id: "TestReserveMax",
    says: "what would be too far in the future is refused, and takes nothing",
    verdict: "holds",
    because: "By a deadline: that of the scope it is acquired in.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(10, 2);
      const ask = (n: number): Promise<void> =>
        timeout(D + 1, (scope) => limiter.acquire(n, at(scope)));
      await ask(2);
      const near = ask(1);
      await expect(ask(1)).rejects.toThrow(TimeoutError);
      expect(clock.now()).toBe(0);
      await near;
      expect(clock.now()).toBe(D);
    }),
);
