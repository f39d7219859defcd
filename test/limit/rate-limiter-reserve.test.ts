import { describe, expect, test } from "vitest";
import { now, RateLimiter, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

const kinds = ["bucket", "sliding", "spaced"] as const;

describe.each(kinds)('reserve() of kind "%s"', (kind) => {
  const one = (): RateLimiter => new RateLimiter({ limit: 1, perMs: 100, kind });

  test("takes turns one after the other, and says how long they are off", () =>
    withVirtualClock(async (clock) => {
      const limiter = one();
      expect([0, 1, 2].map(() => limiter.reserve().waitMs)).toEqual([0, 100, 200]);
      expect(limiter.tryAcquire()).toBe(false);
      await clock.advance(250);
      expect(limiter.reserve().waitMs).toBe(50);
      await limiter.acquire();
      expect(clock.now()).toBe(400);
    }));

  test("takes its place behind those in line, and before those who come later", () =>
    withVirtualClock(async (clock) => {
      const limiter = one();
      limiter.tryAcquire();
      const times: number[] = [];
      const acquire = (): Promise<unknown> => limiter.acquire().then(() => times.push(clock.now()));
      const turns = [acquire(), acquire()];
      expect(limiter.reserve().waitMs).toBe(300);
      turns.push(acquire());
      expect(limiter.reserve().waitMs).toBe(500);
      await Promise.all(turns);
      expect(times).toEqual([100, 200, 400]);
    }));

  test("cancel() of the last one gives all of it back", () =>
    withVirtualClock(async () => {
      const limiter = one();
      limiter.tryAcquire();
      for (let i = 0; i < 3; i++) {
        const turn = limiter.reserve();
        expect(turn.waitMs).toBe(100);
        turn.cancel();
        turn.cancel();
      }
    }));

  test("cancel() moves up those in line behind it at once", () =>
    withVirtualClock(async (clock) => {
      const limiter = one();
      limiter.tryAcquire();
      const turns = [limiter.reserve(), limiter.reserve()];
      const waiting = limiter.acquire();
      await sleep(50);
      for (const turn of turns) turn.cancel();
      await waiting;
      expect(clock.now()).toBe(100);
    }));

  test("cancel() of one in the middle leaves the later ones what they were promised", () =>
    withVirtualClock(async (clock) => {
      const limiter = one();
      limiter.tryAcquire();
      const [first] = [limiter.reserve(), limiter.reserve()];
      first.cancel();
      const waiting = limiter.acquire();
      expect(limiter.tryAcquire()).toBe(false);
      await waiting;
      expect(clock.now()).toBe(300);
    }));

  test("cancel() after its time does nothing", () =>
    withVirtualClock(async (clock) => {
      const limiter = one();
      const now0 = limiter.reserve();
      const later = limiter.reserve();
      now0.cancel();
      await clock.advance(150);
      later.cancel();
      expect(limiter.reserve().waitMs).toBe(50);
    }));

  test("is not moved by a pause, nor by a change of the rate", () =>
    withVirtualClock(async (clock) => {
      const limiter = one();
      limiter.tryAcquire();
      expect(limiter.reserve().waitMs).toBe(100);
      limiter.pauseUntil(now() + 1_000);
      limiter.configure({ perMs: 10 });
      const waiting = limiter.acquire();
      await waiting;
      expect(clock.now()).toBe(1_000);
    }));

  test("of what can never be has an infinite wait, and takes nothing", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 0, perMs: 100, kind });
      const turn = limiter.reserve();
      expect(turn.waitMs).toBe(Infinity);
      limiter.configure({ limit: 1 });
      expect(limiter.tryAcquire()).toBe(true);
      turn.cancel();
      expect(limiter.tryAcquire()).toBe(false);
    }));
});

test("what is given back in the middle is there after the promises behind it, up to the burst", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 10, perMs: 1_000, burst: 4 });
    limiter.tryAcquire(4);
    const given = limiter.reserve(4);
    expect(limiter.reserve(1).waitMs).toBe(500);
    given.cancel();
    // At 500 the bucket is full, and one is promised: three are left.
    expect([limiter.reserve(3).waitMs, limiter.reserve(1).waitMs]).toEqual([500, 600]);
    await clock.advance(600);
    expect(limiter.stats().available).toBe(0);
  }));

test("a wait that is cancelled before a reservation does not move it, nor break the cap", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 2, perMs: 100, kind: "sliding" });
    limiter.tryAcquire(2);
    const controller = new AbortController();
    const gone = limiter.acquire(2, controller);
    expect(limiter.reserve(2).waitMs).toBe(200);
    const last = limiter.acquire();
    controller.abort("gone");
    await expect(gone).rejects.toBe("gone");
    await last;
    expect(clock.now()).toBe(300);
  }));

test("ten thousand reservations do not get slower, given back or not", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 1, kind: "sliding" });
    const turns = Array.from({ length: 10_000 }, () => limiter.reserve());
    expect(turns.at(-1)!.waitMs).toBe(9_999);
    for (const turn of turns.toReversed()) turn.cancel();
    expect(limiter.reserve().waitMs).toBe(1);
    await clock.advance(2);
    expect(limiter.tryAcquire()).toBe(true);
  }));

test("what only reserves sets no timer", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    limiter.reserve();
    limiter.reserve();
    await sleep(1);
    await clock.runUntilIdle();
    expect(clock.now()).toBe(1);
    expect(limiter.waiting).toBe(0);
  }));
