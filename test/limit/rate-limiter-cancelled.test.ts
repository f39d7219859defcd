import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelScope, RateLimiter, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

const kinds = ["bucket", "sliding", "spaced"] as const;

describe.each(kinds)('acquire() of kind "%s"', (kind) => {
  test("pitfall 6: leaves the line at once when its signal aborts, with the raw reason", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 500, kind });
      await limiter.acquire();
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      const waiting = limiter.acquire(1, { signal: controller.signal });
      await sleep(20);
      controller.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      expect([clock.now(), limiter.waiting]).toEqual([20, 0]);
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
      // It has taken nothing: the next is let in when it would have been.
      await limiter.acquire();
      expect(clock.now()).toBe(500);
    }));

  test("with a signal that has aborted takes nothing, also where there is room", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 1, perMs: 500, kind });
      const acquired = limiter.acquire(1, { signal: AbortSignal.abort("before") });
      await expect(acquired).rejects.toBe("before");
      expect(limiter.tryAcquire()).toBe(true);
    }));

  test("of a caller that is cancelled gives its turn to those behind", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      await limiter.acquire();
      const controllers = Array.from({ length: 4 }, () => new AbortController());
      const times: number[] = [];
      const turns = controllers.map(({ signal }, i) =>
        limiter.acquire(1, { signal }).then(() => void (times[i] = clock.now())),
      );
      const settled = Promise.allSettled(turns);
      await sleep(50);
      controllers[0]!.abort();
      controllers[2]!.abort();
      await settled;
      expect([times[1], times[3]]).toEqual([100, 200]);
    }));

  test("in a scope that is cancelled leaves the line", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      await limiter.acquire();
      const scope = new CancelScope();
      const inside = scope.run(() => limiter.acquire(1, at(scope)));
      expect(limiter.waiting).toBe(1);
      scope.cancel("enough");
      await expect(inside).rejects.toMatchObject({ name: "AbortError", reason: "enough" });
      expect(limiter.waiting).toBe(0);
    }));
});

test("pitfall 13: a heavy head that leaves lets in at once those behind it who fit", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 10, perMs: 1_000 });
    await limiter.acquire(8);
    const controller = new AbortController();
    const heavy = limiter.acquire(10, { signal: controller.signal });
    const light = limiter.acquire(2);
    await sleep(1);
    expect(limiter.waiting).toBe(2);
    controller.abort("enough");
    await expect(heavy).rejects.toBe("enough");
    await light;
    expect([clock.now(), limiter.waiting]).toEqual([1, 0]);
  }));

test("pitfall 13: a thousand callers that gave up leave nobody in line and nothing taken", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 2, perMs: 100, kind: "sliding" });
    await limiter.acquire(2);
    const controller = new AbortController();
    const { signal } = controller;
    const all = Array.from({ length: 1_000 }, () => limiter.acquire(1, { signal }));
    const settled = Promise.allSettled(all);
    controller.abort();
    await settled;
    expect([limiter.waiting, getEventListeners(signal, "abort").length]).toEqual([0, 0]);
    await limiter.acquire(2);
    expect(clock.now()).toBe(100);
  }));

test("a caller whose signal has aborted is not let in, even before the library has heard of it", () =>
  withVirtualClock(async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    await limiter.acquire();
    const controller = new AbortController();
    const { signal } = controller;
    // This listener runs before the library's own, and looks after the limiter.
    signal.addEventListener("abort", () => limiter.configure({ limit: 10, burst: 10 }));
    const first = limiter.acquire(1, { signal });
    const second = limiter.acquire();
    controller.abort("too late");
    await expect(first).rejects.toBe("too late");
    await second;
    expect(limiter.stats()).toMatchObject({ available: 8, waiting: 0 });
  }));

test("a caller that was let in stays so, whatever is cancelled later in the same step", () =>
  withVirtualClock(async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    await limiter.acquire();
    const controller = new AbortController();
    const waiting = limiter.acquire(1, { signal: controller.signal });
    await sleep(99);
    limiter.configure({ burst: 2 });
    controller.abort("too late");
    await expect(waiting).resolves.toBeUndefined();
  }));

test("nobody has to hear of a wait that was cancelled", async () => {
  const unhandled = await unhandledDuring(() =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100 });
      const scope = new CancelScope();
      await scope.run(() => {
        for (let i = 0; i < 3; i++) void limiter.acquire(1, at(scope));
        void limiter.run(() => {}, at(scope));
        // The last is let in, and cancelled before it begins.
        limiter.configure({ burst: 4 });
        scope.cancel();
      });
      expect(limiter.waiting).toBe(0);
    }),
  );
  expect(unhandled).toEqual([]);
});

test("a group that fails takes its callers out of the line, and others are served", () =>
  withVirtualClock(async (clock) => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    const failing = taskGroup((group) => {
      for (let i = 0; i < 5; i++) group.spawn((self) => limiter.acquire(1, at(self.scope)));
      group.spawn(async (self) => {
        await sleep(50, at(self.scope));
        throw new Error("oops");
      });
    });
    const other = limiter.acquire();
    await expect(failing).rejects.toThrow("oops");
    await other;
    expect([clock.now(), limiter.waiting]).toEqual([100, 0]);
  }));
