import { describe, expect, test } from "vitest";
import { now, RateLimiter } from "corral";
import { withVirtualClock } from "corral/testing";

const kinds = ["bucket", "sliding", "spaced"] as const;

/** When each of those who wait in line is let in. */
function times(limiter: RateLimiter, count: number): Promise<number[]> {
  const turns = Array.from({ length: count }, () => limiter.acquire().then(now));
  return Promise.all(turns);
}

describe("configure()", () => {
  test.each([
    // Half a token has come by then, and the rest comes ten times as fast.
    ["bucket", [55, 65, 75]],
    ["sliding", [50, 60, 70]],
    ["spaced", [55, 65, 75]],
  ] as const)('of kind "%s" counts at once for those in line', (kind, expected) =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      limiter.tryAcquire();
      const waiting = times(limiter, 3);
      await clock.advance(50);
      limiter.configure({ perMs: 10 });
      expect(await waiting).toEqual(expected);
      expect([limiter.limit, limiter.perMs]).toEqual([1, 10]);
    }),
  );

  test.each([
    ["bucket", [150, 350]],
    ["sliding", [200, 400]],
    ["spaced", [150, 350]],
  ] as const)('of kind "%s" slows down those in line', (kind, expected) =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      limiter.tryAcquire();
      const waiting = times(limiter, 2);
      await clock.advance(50);
      limiter.configure({ perMs: 200 });
      expect(await waiting).toEqual(expected);
    }),
  );

  test("of the burst lets more through at once, and less when it is lowered", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 10, perMs: 1_000, burst: 1 });
      const waiting = times(limiter, 5);
      limiter.configure({ burst: 3 });
      expect(limiter.waiting).toBe(2);
      expect(await waiting).toEqual([0, 0, 0, 100, 200]);
      limiter.configure({ burst: 2 });
      await limiter.acquire();
      // Two are missing of the two that there are now, after three were of three.
      expect(clock.now()).toBe(400);
    }));

  test("lets the burst follow the limit unless it was said", () => {
    const limiter = new RateLimiter({ limit: 2, perMs: 100 });
    limiter.configure({ limit: 5 });
    expect(limiter.burst).toBe(5);
    limiter.configure({ burst: 3 });
    limiter.configure({ limit: 7 });
    expect([limiter.limit, limiter.burst]).toEqual([7, 3]);
  });

  test.each(kinds)('to Infinity of kind "%s" lets in all, and back from it goes on', (kind) =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      const waiting = times(limiter, 4);
      await clock.advance(10);
      limiter.configure({ limit: Infinity });
      expect(await waiting).toEqual([0, 10, 10, 10]);
      await clock.advance(1);
      // What nobody has counted does not count later; a window has counted what came before.
      limiter.configure({ limit: 1 });
      expect(await times(limiter, 2)).toEqual(kind === "sliding" ? [100, 200] : [11, 111]);
    }),
  );

  test.each(kinds)('a limit of 0 of kind "%s" lets in nobody until it is changed', (kind) =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 0, perMs: 100, kind });
      expect(limiter.tryAcquire()).toBe(false);
      const waiting = times(limiter, 2);
      await clock.advance(1e9);
      expect(limiter.waiting).toBe(2);
      limiter.configure({ limit: 2 });
      const [first, second] = await waiting;
      expect([first, second]).toEqual(kind === "spaced" ? [1e9, 1e9 + 50] : [1e9, 1e9]);
      const last = limiter.acquire();
      limiter.configure({ limit: 0 });
      expect(limiter.stats()).toMatchObject({ available: 0, waiting: 1 });
      limiter.configure({ limit: Infinity });
      await last;
    }),
  );

  test("rejects who waits for more than can be let in now, and nobody else", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 4, perMs: 100 });
      limiter.tryAcquire(4);
      const outcomes = Promise.allSettled([3, 4, 2, 4].map((n) => limiter.acquire(n)));
      limiter.configure({ limit: 3 });
      expect(limiter.waiting).toBe(2);
      const message = 'Cannot acquire from a rate limiter: "n" must be at most 3, received 4';
      const error = new RangeError(message);
      expect((await outcomes).map((it) => (it.status === "rejected" ? it.reason : "in"))).toEqual([
        "in",
        error,
        "in",
        error,
      ]);
      expect(clock.now()).toBe(200);
    }));

  test("rejects who waits for too many, though others leave the line in the same step", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 2, perMs: 100 });
      limiter.tryAcquire(2);
      const controller = new AbortController();
      const { signal } = controller;
      // Before the library hears of it: to be refused is what takes both of them out of the line.
      signal.addEventListener("abort", () => limiter.configure({ limit: 1 }));
      const outcomes = Promise.allSettled([
        limiter.acquire(2, { signal }),
        limiter.acquire(2, { signal }),
        limiter.acquire(2),
      ]);
      controller.abort("gone");
      expect(limiter.waiting).toBe(0);
      const reasons = (await outcomes).map((it) => String((it as PromiseRejectedResult).reason));
      expect(reasons).toEqual(["gone", "gone", expect.stringMatching(/^RangeError: .* at most 1/)]);
    }));

  test("leaves all as it is when a value is refused", () => {
    const limiter = new RateLimiter({ limit: 4, perMs: 100 });
    expect(() => limiter.configure({ limit: 2, perMs: 0 })).toThrow(RangeError);
    expect(() => limiter.configure({ perMs: 5, burst: 0 })).toThrow(RangeError);
    expect([limiter.limit, limiter.perMs, limiter.burst]).toEqual([4, 100, 4]);
  });
});

describe("pauseUntil()", () => {
  test.each(kinds)('of kind "%s" lets nobody in before, whoever comes', (kind) =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      limiter.tryAcquire();
      const waiting = times(limiter, 2);
      limiter.pauseUntil(now() + 500);
      expect(limiter.stats()).toMatchObject({ available: 0, pausedMs: 500 });
      expect(await waiting).toEqual([500, 600]);
      limiter.pauseUntil(now() + 500);
      await clock.advance(499);
      expect([limiter.tryAcquire(), limiter.reserve().waitMs]).toEqual([false, 1]);
    }),
  );

  test("of several, the one that lasts longest counts", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100 });
      const start = now();
      for (const ms of [50, 300, 200, -1_000]) limiter.pauseUntil(start + ms);
      await limiter.acquire();
      expect([clock.now(), limiter.stats().pausedMs]).toEqual([300, 0]);
    }));

  test("a bucket fills meanwhile", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 2, perMs: 100 });
      limiter.tryAcquire(2);
      limiter.pauseUntil(now() + 1_000);
      expect(await times(limiter, 3)).toEqual([1_000, 1_000, 1_050]);
    }));

  test("of Infinity is for good", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100 });
      limiter.pauseUntil(Infinity);
      const controller = new AbortController();
      const waiting = limiter.acquire(1, controller);
      await clock.advance(1e12);
      expect([limiter.waiting, limiter.reserve().waitMs]).toEqual([1, Infinity]);
      controller.abort("enough");
      await expect(waiting).rejects.toBe("enough");
    }));
});

describe("observe()", () => {
  test("pauses all for as long as the reply says, and gives the reply", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 10, perMs: 1_000 });
      const reply = new Response("", { status: 429, headers: { "Retry-After": "2" } });
      const waiting = times(limiter, 12);
      expect(limiter.observe(reply)).toBe(reply);
      expect((await waiting).slice(9)).toEqual([0, 2_000, 2_000]);
    }));

  test("does not shorten a pause, and takes no reply that asks for none", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100 });
      limiter.observe({ "retry-after": "5" });
      limiter.observe({ "retry-after": "1" });
      limiter.observe(new Response("fine"));
      limiter.observe(new Headers());
      expect(limiter.stats().pausedMs).toBe(5_000);
    }));

  test("pauses no longer than maxMs", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100 });
      limiter.observe({ "retry-after": "86400" }, { maxMs: 60_000 });
      expect(limiter.stats().pausedMs).toBe(60_000);
    }));
});
