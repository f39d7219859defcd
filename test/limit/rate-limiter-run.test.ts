import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { CancelScope, RateLimiter, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

function oops(): never {
  throw new Error("oops");
}

test("run() calls its function at once where there is room, and gives what it gives", async () => {
  const limiter = new RateLimiter({ limit: 3, perMs: 1e6 });
  let called = 0;
  const value = limiter.run(() => ++called);
  expect(called).toBe(1);
  expect(await value).toBe(1);
  expect(await limiter.run(async () => "later")).toBe("later");
  await expect(limiter.run(() => Promise.reject(new Error("oops")))).rejects.toThrow("oops");
});

test("run() rejects with what its function throws at once, also after a wait", () =>
  withVirtualClock(async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    await expect(limiter.run(oops)).rejects.toThrow("oops");
    await expect(limiter.run(oops)).rejects.toThrow("oops");
  }));

test("run() lets in the next in time, whether or not the function has ended", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    const begun: number[] = [];
    const work = async (): Promise<void> => {
      begun.push(clock.now());
      await sleep(1_000);
    };
    await Promise.all([limiter.run(work), limiter.run(work), limiter.run(work)]);
    expect([begun, clock.now()]).toEqual([[0, 100, 200], 1_200]);
  }));

test("run() counts for its weight", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 10, perMs: 1_000 });
    await limiter.run(() => {}, { weight: 10 });
    await limiter.run(() => {}, { weight: 4 });
    expect(clock.now()).toBe(400);
  }));

test("pitfall 2: run() calls its function in the async context of its caller", () =>
  withVirtualClock(async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    const storage = new AsyncLocalStorage<number>();
    const calls = [0, 1, 2, 3].map((i) =>
      storage.run(i, () => limiter.run(() => expect(storage.getStore()).toBe(i))),
    );
    await Promise.all(calls);
  }));

test("run() begins in the order of the calls, though a place came free for the last at once", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    const order: string[] = [];
    const note = (name: string) => (): void => void order.push(name);
    limiter.tryAcquire();
    const runs = [limiter.run(note("first")), limiter.run(note("second"))];
    await clock.advance(50);
    // Both are let in here, and have not begun when the third comes.
    limiter.configure({ burst: 5 });
    expect(limiter.waiting).toBe(0);
    runs.push(limiter.run(note("third")));
    await Promise.all(runs);
    expect(order).toEqual(["first", "second", "third"]);
    let called = false;
    void limiter.run(() => void (called = true));
    expect(called).toBe(true);
  }));

test("run() that is cancelled in line never calls its function", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    await limiter.run(() => {});
    const scope = new CancelScope();
    let called = false;
    const inside = scope.run(() => limiter.run(() => void (called = true), at(scope)));
    const behind = limiter.run(() => clock.now());
    scope.cancel("enough");
    await expect(inside).rejects.toMatchObject({ reason: "enough" });
    expect([await behind, called]).toEqual([100, false]);
  }));

test("run() that is cancelled in the step in which it is let in does not begin", () =>
  withVirtualClock(async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    const controller = new AbortController();
    await limiter.run(() => {});
    let called = false;
    const late = limiter.run(() => void (called = true), { signal: controller.signal });
    limiter.configure({ burst: 2 });
    controller.abort("just in time");
    await expect(late).rejects.toBe("just in time");
    expect(called).toBe(false);
    // Those who come later begin at once again.
    limiter.configure({ burst: 3 });
    void limiter.run(() => void (called = true));
    expect(called).toBe(true);
  }));

test.each(["bucket", "sliding", "spaced"] as const)(
  "run() that is cancelled in the step in which it is let in takes nothing, in a line of kind %s",
  (kind) =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 2, perMs: 100, kind });
      await limiter.acquire(2);
      const controller = new AbortController();
      const { signal } = controller;
      // Woken in the step in which the first of the line is let in, and before it.
      const aborted = sleep(100).then(() => controller.abort("just in time"));
      let called = false;
      const late = limiter.run(() => void (called = true), { signal, weight: 2 });
      const behind = limiter.run(() => clock.now(), { weight: 2 });
      await expect(late).rejects.toBe("just in time");
      expect([await behind, called]).toEqual([100, false]);
      await aborted;
      // What has begun counts.
      expect(limiter.stats().available).toBe(0);
    }),
);
