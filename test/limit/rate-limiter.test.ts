import { describe, expect, test } from "vitest";
import { RateLimiter, type RateLimiterOptions, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

/** When each of so many callers is let in who come at once. */
function starts(options: RateLimiterOptions, weights: number[]): Promise<number[]> {
  return withVirtualClock(async (clock) => {
    const limiter = new RateLimiter(options);
    const turns = weights.map((n) => limiter.acquire(n).then(() => Math.round(clock.now())));
    return Promise.all(turns);
  });
}

const ten = Array.from({ length: 10 }, () => 1);
const three = { limit: 3, perMs: 100 };

describe("ten at once, 3 in 100 ms", () => {
  test.each([
    ["bucket", [0, 0, 0, 33, 67, 100, 133, 167, 200, 233]],
    ["sliding", [0, 0, 0, 100, 100, 100, 200, 200, 200, 300]],
    ["spaced", [0, 33, 67, 100, 133, 167, 200, 233, 267, 300]],
  ] as const)('acquire() of kind "%s"', async (kind, expected) => {
    expect(await starts({ ...three, kind }, ten)).toEqual(expected);
  });

  test("acquire() of a bucket with a burst of its own", async () => {
    const expected = [0, 33, 67, 100, 133, 167, 200, 233, 267, 300];
    expect(await starts({ ...three, burst: 1 }, ten)).toEqual(expected);
    expect((await starts({ ...three, burst: 8 }, ten)).slice(7)).toEqual([0, 33, 67]);
  });
});

test("acquire(), spaced closer than timers are, keeps its rate when each of them is 2 ms late", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 10_000, perMs: 1_000, kind: "spaced" });
    for (let i = 0; i < 20; i++) expect(limiter.tryAcquire()).toBe(true);
    expect(limiter.tryAcquire()).toBe(false);
    let entered = 20;
    for (let late = 1; late <= 100; late++) {
      await clock.advance(2);
      while (limiter.tryAcquire()) entered++;
    }
    expect(entered).toBe(20 + 200 * 10);
  }));

test("acquire(), spaced as timers can, lets in one at a time", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 2, kind: "spaced" });
    await clock.advance(100);
    expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
  }));

describe("weights", () => {
  test("acquire() of a bucket waits for all the tokens that it wants", async () => {
    expect(await starts({ limit: 10, perMs: 1_000 }, [10, 3, 5, 1])).toEqual([0, 300, 800, 900]);
  });

  test("acquire() of a window waits until all that it wants fit", async () => {
    const limiter = { limit: 3, perMs: 100, kind: "sliding" } as const;
    expect(await starts(limiter, [2, 2, 1, 3, 1])).toEqual([0, 100, 100, 200, 300]);
  });

  test("acquire(), spaced, makes those behind wait for what it takes", async () => {
    const limiter = { limit: 10, perMs: 1_000, kind: "spaced" } as const;
    expect(await starts(limiter, [1, 4, 2, 1])).toEqual([0, 100, 500, 700]);
  });

  test.each(["bucket", "sliding", "spaced"] as const)(
    'acquire() of kind "%s": nobody overtakes a heavy one that waits',
    (kind) =>
      withVirtualClock(async () => {
        const limiter = new RateLimiter({ limit: 4, perMs: 100, kind });
        const order: string[] = [];
        const note = (name: string, n: number): Promise<unknown> =>
          limiter.acquire(n).then(() => order.push(name));
        const turns = [note("first", 2), note("heavy", 4), note("light", 1)];
        expect(limiter.tryAcquire()).toBe(false);
        await sleep(1);
        turns.push(note("late", 1));
        await Promise.all(turns);
        expect(order).toEqual(["first", "heavy", "light", "late"]);
      }),
  );
});

describe("tokens", () => {
  test("a bucket fills up while nobody comes, to its burst and not further", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 5, perMs: 1_000, burst: 2 });
      expect([limiter.tryAcquire(2), limiter.tryAcquire()]).toEqual([true, false]);
      await clock.advance(199);
      expect(limiter.tryAcquire()).toBe(false);
      await clock.advance(1);
      expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
      await clock.advance(1e9);
      expect(limiter.stats().available).toBe(2);
      expect([limiter.tryAcquire(2), limiter.tryAcquire()]).toEqual([true, false]);
    }));

  test("a window has room again as soon as something has left it", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 2, perMs: 100, kind: "sliding" });
      expect(limiter.tryAcquire()).toBe(true);
      await clock.advance(60);
      expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
      await clock.advance(40);
      expect(limiter.stats().available).toBe(1);
      expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
      await clock.advance(60);
      expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
    }));

  test("acquire() needs no timer and no wait where there is room", async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 1e6 });
    await limiter.acquire();
    expect(limiter.waiting).toBe(0);
  });

  test.each(["bucket", "sliding", "spaced"] as const)(
    'a limit of Infinity of kind "%s" lets in everybody at once',
    (kind) =>
      withVirtualClock(async (clock) => {
        const limiter = new RateLimiter({ limit: Infinity, perMs: 1, kind });
        for (let i = 0; i < 100; i++) await limiter.acquire(i + 1);
        expect(limiter.tryAcquire(1e9)).toBe(true);
        expect(limiter.reserve(7).waitMs).toBe(0);
        expect([clock.now(), limiter.waiting]).toEqual([0, 0]);
      }),
  );

  test("an infinite burst lets in everybody at once, whatever the limit", () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 1e6, burst: Infinity });
    expect([limiter.tryAcquire(1_000), limiter.tryAcquire(1e6)]).toEqual([true, true]);
  });
});

describe("exactness", () => {
  test("the rate does not drift: the 3,000th of 3 in 100 ms comes after 100 s", async () => {
    const many = Array.from({ length: 3_001 }, () => 1);
    const spaced = await starts({ ...three, kind: "spaced" }, many);
    const bucket = await starts({ ...three, burst: 1 }, many);
    expect([spaced[1], spaced[1_500], spaced[3_000]]).toEqual([33, 50_000, 100_000]);
    expect(bucket).toEqual(spaced);
  });

  test("delays of more than 2^31 ms are exact", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 2 ** 40 });
      await limiter.acquire();
      await limiter.acquire();
      expect(clock.now()).toBe(2 ** 40);
    }));
});

test("stats() are frozen figures, which toString() shows", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 3, perMs: 100, name: "api" });
    expect(limiter.tryAcquire(2)).toBe(true);
    expect(String(limiter)).toBe(
      'RateLimiter "api" { limit: 3, perMs: 100, available: 1, waiting: 0, pausedMs: 0 }',
    );
    const turns = [limiter.acquire(3), limiter.acquire()];
    limiter.pauseUntil(clock.now() + 20);
    const stats = limiter.stats();
    expect(stats).toEqual({ limit: 3, perMs: 100, available: 0, waiting: 2, pausedMs: 20 });
    expect(Object.isFrozen(stats)).toBe(true);
    expect([limiter.limit, limiter.perMs, limiter.burst, limiter.waiting]).toEqual([3, 100, 3, 2]);
    await Promise.all(turns);
    expect(Math.round(clock.now())).toBe(100);
  }));
