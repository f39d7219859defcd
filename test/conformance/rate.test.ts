import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { RateLimiter } from "corral";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "rate (Go)";

/** The unit of time of these tests. */
const D = 100;

/** So many a second, and a burst. */
function limiterOf(limit: number, burst: number): RateLimiter {
  return new RateLimiter({ limit, perMs: 1_000, burst });
}

/** Asks at these times, for so many, and gives what it was told. */
async function allowed(
  limiter: RateLimiter,
  advance: (ms: number) => Promise<void>,
  asked: readonly (readonly [time: number, n: number])[],
): Promise<(boolean | string)[]> {
  const answers: (boolean | string)[] = [];
  let last = 0;
  for (const [time, n] of asked) {
    await advance((time - last) * D);
    last = time;
    try {
      answers.push(limiter.tryAcquire(n));
    } catch (error) {
      answers.push((error as Error).name);
    }
  }
  return answers;
}

for (const id of ["TestLimit", "TestEvery"]) {
  notTransferable({
    area,
    id,
    says: "a rate is a number of its own type, made from an interval",
    because: "A rate is a whole number and a time, which are given as they are.",
  });
}

behaviour(
  {
    area,
    id: "TestLimiterBurst1",
    says: "with a burst of 1 one is let in at a time, and more at once never",
    verdict: "differs",
    because: "To ask for more than the burst is a RangeError: it could never be had.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const asked = [0, 0, 0, 1, 1, 1, 2, 2, 2].map((time, i) => [time, i === 6 ? 2 : 1] as const);
      const answers = await allowed(limiterOf(10, 1), (ms) => clock.advance(ms), asked);
      expect(answers).toEqual([true, false, false, true, false, false, "RangeError", true, false]);
    }),
);

behaviour(
  {
    area,
    id: "TestLimiterBurst3",
    says: "tokens gather up to the burst, and are taken one by one or together",
    verdict: "differs",
    because: "To ask for none, or for more than the burst, is a RangeError.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const asked = [
        [0, 2],
        [0, 2],
        [0, 1],
        [0, 1],
        [1, 4],
        [2, 1],
        [3, 1],
        [4, 1],
        [4, 1],
        [4, 1],
        [4, 1],
        [9, 3],
        [9, 0],
      ] as const;
      const answers = await allowed(limiterOf(10, 3), (ms) => clock.advance(ms), asked);
      const [yes, no, error] = [true, false, "RangeError"];
      expect(answers).toEqual([yes, no, yes, no, error, yes, yes, yes, yes, no, no, yes, error]);
    }),
);

behaviour(
  {
    area,
    id: "TestLimiterJumpBackwards",
    says: "when the clock jumps back, the tokens that are left are still there, and flow in from then on",
    verdict: "differs",
    because:
      "The clock does not jump. When it is another one, a test's, the limiter begins afresh on it.",
  },
  async () => {
    const limiter = limiterOf(10, 3);
    const taken: number[] = [];
    for (const start of [D, 0]) {
      await withVirtualClock(async (clock) => {
        await clock.advance(start);
        taken.push([1, 2, 3, 4].filter(() => limiter.tryAcquire()).length);
        await clock.advance(D);
        taken.push([1, 2].filter(() => limiter.tryAcquire()).length);
      });
    }
    expect(taken).toEqual([3, 1, 3, 1]);
  },
);

behaviour(
  {
    area,
    id: "TestLimiter_noTruncationErrors",
    says: "a full bucket lets in one, however odd the rate",
    verdict: "holds",
  },
  () => {
    const limiter = new RateLimiter({ limit: 10, perMs: 13_000 / 1.000_000_1, burst: 1 });
    expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
  },
);

behaviour(
  {
    area,
    id: "TestTinyLimit",
    says: "a full bucket lets in one, and no second one when next to nothing flows in",
    verdict: "holds",
  },
  () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 1e13 });
    expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
  },
);

behaviour(
  {
    area,
    id: "TestSimultaneousRequests",
    says: "of many who ask at once, as many as the burst are let in",
    verdict: "holds",
  },
  () => {
    const limiter = limiterOf(1, 5);
    const answers = Array.from({ length: 15 }, () => limiter.tryAcquire());
    expect(answers.filter(Boolean)).toHaveLength(5);
  },
);

behaviour(
  {
    area,
    id: "TestLongRunningQPS",
    says: "over a long time, the burst and what flows in are let in: not one more, and hardly one less",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const limiter = limiterOf(100, 100);
      let count = 0;
      for (let i = 0; i < 2_500; i++) {
        if (limiter.tryAcquire()) count++;
        await clock.advance(2);
      }
      // The last token of the five seconds flows in at their end.
      expect(count).toBe(100 + 499);
    }),
);
