import { describe, expect, test } from "vitest";
import {
  CancelScope,
  constant,
  failuresOf,
  moveOnAfter,
  now,
  RateLimiter,
  retry,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";

const kinds = ["bucket", "sliding", "spaced"] as const;

/** One that has let in whom it can, and lets in the next after 100, 200, … ms. */
function full(kind: (typeof kinds)[number] = "bucket"): RateLimiter {
  const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
  limiter.tryAcquire();
  return limiter;
}

describe.each(kinds)('acquire() of kind "%s"', (kind) => {
  test("rejects at once with a TimeoutError when its turn is not before the deadline, and takes nothing", () =>
    withVirtualClock(async (clock) => {
      const limiter = full(kind);
      const deadline = now() + 100;
      const late = timeout(100, async (scope) => {
        const error = await limiter.acquire(1, at(scope)).catch((it: unknown) => it);
        expect([error instanceof TimeoutError, clock.now(), limiter.waiting]).toEqual([true, 0, 0]);
        throw error;
      });
      await expect(late).rejects.toMatchObject({ name: "TimeoutError", deadline });
      await limiter.acquire();
      expect(clock.now()).toBe(100);
    }));

  test("counts those who are in line before it", () =>
    withVirtualClock(async (clock) => {
      const limiter = full(kind);
      const turns = [limiter.acquire(), limiter.acquire()];
      const late = timeout(300, (scope) => limiter.acquire(1, at(scope)));
      await expect(late).rejects.toThrow(
        "Cannot acquire from a rate limiter: the turn is in 300 ms, and the deadline in 300 ms",
      );
      expect(clock.now()).toBe(0);
      await timeout(301, (scope) => limiter.acquire(1, at(scope)));
      expect(clock.now()).toBe(300);
      await Promise.all(turns);
    }));

  test("waits for a turn that is in time, be it by a moment", () =>
    withVirtualClock(async (clock) => {
      const limiter = full(kind);
      await timeout(101, (scope) => limiter.acquire(1, at(scope)));
      expect(clock.now()).toBe(100);
    }));

  test("counts neither those who have given up nor a rate of before", () =>
    withVirtualClock(async (clock) => {
      const limiter = full(kind);
      const controller = new AbortController();
      const gone = Array.from({ length: 5 }, () => limiter.acquire(1, controller));
      const settled = Promise.allSettled(gone);
      const ask = (ms: number): Promise<void> =>
        timeout(ms, (scope) => limiter.acquire(1, at(scope)));
      await expect(ask(150)).rejects.toThrow(TimeoutError);
      controller.abort();
      await ask(150);
      await settled;
      expect(clock.now()).toBe(100);
      await expect(ask(50)).rejects.toThrow(TimeoutError);
      limiter.configure({ perMs: 50 });
      await ask(51);
      expect(clock.now()).toBe(150);
    }));
});

test("acquire() of a window looks at each weight before it, not at their sum", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 3, perMs: 100, kind: "sliding" });
    // Two of 2 never fit together: the last is due at 300, though 7 would fit in 300 ms.
    const turns = [2, 2, 2].map((n) => limiter.acquire(n));
    await expect(timeout(250, (scope) => limiter.acquire(2, at(scope)))).rejects.toThrow(/300 ms/);
    await timeout(301, (scope) => limiter.acquire(2, at(scope)));
    await Promise.all(turns);
    expect(clock.now()).toBe(300);
  }));

test("acquire() counts a pause, and what was reserved", () =>
  withVirtualClock(async () => {
    const limiter = full();
    limiter.reserve();
    const ask = (ms: number): Promise<void> =>
      timeout(ms, (scope) => limiter.acquire(1, at(scope)));
    await expect(ask(150)).rejects.toThrow(/turn is in 200 ms/);
    limiter.pauseUntil(now() + 1_000);
    await expect(ask(999)).rejects.toThrow(/turn is in 1000 ms/);
  }));

test("acquire() goes by the least of the deadlines around it, and not by one that a shield hides", () =>
  withVirtualClock(async () => {
    const limiter = full();
    const nested = timeout(50, (outer) =>
      timeout(1_000, (scope) => limiter.acquire(1, at(scope)), at(outer)),
    );
    await expect(nested).rejects.toMatchObject({ deadline: now() + 50 });
    const shielded = timeout(50, (outer) =>
      shield((scope) => limiter.acquire(1, at(scope)), { timeoutMs: 1_000, ...at(outer) }),
    );
    await expect(shielded).resolves.toBeUndefined();
  }));

ambientTest(
  "acquire() goes by the deadline of its signal's scope beside the current one (needs ambient scopes)",
  () =>
    withVirtualClock(async (clock) => {
      const limiter = full();
      const other = new CancelScope({ timeoutMs: 50 });
      const waiting = other.run(() => sleep(1_000)).catch(() => {});
      const late = timeout(1_000, () => limiter.acquire(1, { signal: other.signal }));
      await expect(late).rejects.toThrow(/deadline in 50 ms/);
      expect(clock.now()).toBe(0);
      await waiting;
    }),
);

test("acquire() with a signal from outside has no deadline to go by", () =>
  withVirtualClock(async (clock) => {
    const limiter = full();
    await limiter.acquire(1, { signal: new AbortController().signal });
    expect(clock.now()).toBe(100);
  }));

test("run() with a deadline that is too early never calls its function", () =>
  withVirtualClock(async (clock) => {
    const limiter = full();
    let called = false;
    const run = timeout(99, (scope) => limiter.run(() => void (called = true), at(scope)));
    await expect(run).rejects.toThrow(/Cannot run under a rate limiter: the turn is in 100 ms/);
    await limiter.acquire();
    expect([called, clock.now()]).toEqual([false, 100]);
  }));

describe("moveOnAfter() around acquire()", () => {
  test("moves on at once when the turn is not before its own deadline", () =>
    withVirtualClock(async (clock) => {
      const limiter = full();
      const moved = moveOnAfter(99, (scope) => limiter.acquire(1, at(scope)));
      await expect(moved).resolves.toBeUndefined();
      const other = moveOnAfter(99, (scope) => limiter.run(() => "in time", at(scope)), {
        fallback: () => "too late",
      });
      expect([await other, clock.now()]).toEqual(["too late", 0]);
      const waited = moveOnAfter(101, (scope) => limiter.run(() => "in time", at(scope)));
      expect([await waited, clock.now()]).toEqual(["in time", 100]);
    }));

  test("moves on through groups and retries in it", () =>
    withVirtualClock(async (clock) => {
      const limiter = full();
      const grouped = moveOnAfter(99, (scope) =>
        taskGroup((group) => {
          group.spawn((task) => limiter.acquire(1, at(task.scope)));
        }, at(scope)),
      );
      await expect(grouped).resolves.toBeUndefined();
      const retried = moveOnAfter(99, (scope) =>
        retry((attempt) => limiter.acquire(1, at(attempt.scope)), {
          backoff: constant(5),
          ...at(scope),
        }),
      );
      await expect(retried).resolves.toBeUndefined();
      expect(clock.now()).toBe(10);
    }));

  test("does not absorb the refusal that another deadline has caused", () =>
    withVirtualClock(async () => {
      const limiter = full();
      const refused = (ms: number, inner: number): Promise<unknown> =>
        moveOnAfter(ms, (outer) =>
          timeout(inner, (scope) => limiter.acquire(1, at(scope)), at(outer)),
        );
      await expect(refused(99, 50)).rejects.toMatchObject({ name: "TimeoutError" });
      await expect(refused(50, 99)).resolves.toBeUndefined();
      // Of two that are over at once, it is the outer one's.
      await expect(refused(50, 50)).resolves.toBeUndefined();
      const within = timeout(
        50,
        (outer) => moveOnAfter(50, (scope) => limiter.acquire(1, at(scope)), at(outer)),
        { name: "outer" },
      );
      await expect(within).rejects.toMatchObject({ scopeName: "outer" });
    }));

  test("does not absorb what else has failed beside the refusal", () =>
    withVirtualClock(async () => {
      const limiter = full();
      const failure = new Error("while cleaning up");
      const moved = moveOnAfter(99, (scope) =>
        taskGroup((group) => {
          group.spawn((task) =>
            sleep(1_000, at(task.scope)).catch(() => {
              throw failure;
            }),
          );
          group.spawn((task) => limiter.acquire(1, at(task.scope)));
        }, at(scope)),
      );
      const error: unknown = await moved.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(failuresOf(error)).toEqual([error, failure]);
    }));
});

test("where nobody is let in, a caller with a deadline is refused at once", () =>
  withVirtualClock(async () => {
    const limiter = new RateLimiter({ limit: 0, perMs: 100 });
    const late = timeout(1e9, (scope) => limiter.acquire(1, at(scope)));
    await expect(late).rejects.toThrow(/the turn is in Infinity ms/);
  }));

test("acquire() of ten thousand callers with deadlines, and as many that are too late, is fast", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 100, perMs: 100, kind: "sliding" });
    limiter.tryAcquire(100);
    const outcomes = timeout(10_001, (scope) =>
      Promise.allSettled(
        Array.from({ length: 20_000 }, () => limiter.acquire(1, { signal: scope.signal })),
      ),
    );
    const served = (await outcomes).filter(({ status }) => status === "fulfilled");
    expect([served.length, clock.now()]).toEqual([10_000, 10_000]);
  }));
