import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { now, RateLimiter, sleep, taskGroup, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { runtime } from "../../src/internal/runtime.ts";

const kinds = ["bucket", "sliding", "spaced"] as const;

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(kinds)('kind "%s"', (kind) => {
  test("pitfall 19: a step of the wall clock changes nothing", () =>
    withVirtualClock(async () => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      const times: number[] = [];
      const step = vi.spyOn(Date, "now");
      let reads = 0;
      for (const wall of [0, -10_000, 1e15, 5]) {
        step.mockImplementation(() => {
          // Whoever else lives in the process may read it.
          if (new Error("read").stack!.includes("/src/")) reads++;
          return wall;
        });
        await limiter.acquire();
        times.push(now());
      }
      expect(times).toEqual([0, 100, 200, 300]);
      expect(reads).toBe(0);
    }));

  test("a limiter that outlives a test's clock begins afresh on the next one", async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 1e9, kind });
    for (let i = 0; i < 2; i++) {
      await withVirtualClock(async (clock) => {
        await sleep(1e6);
        expect([limiter.tryAcquire(), limiter.tryAcquire()]).toEqual([true, false]);
        limiter.reserve();
        limiter.pauseUntil(now() + 1e12);
        expect(clock.now()).toBe(1e6);
      });
    }
    expect(limiter.tryAcquire()).toBe(true);
  });

  test("sets one timer for the whole line, and none that nobody needs", () =>
    withVirtualClock(async (clock) => {
      const limiter = new RateLimiter({ limit: 1, perMs: 100, kind });
      const set = vi.spyOn(clock, "set");
      await limiter.acquire();
      expect(set).not.toHaveBeenCalled();
      const controllers = Array.from({ length: 100 }, () => new AbortController());
      const turns = controllers.map((controller) => limiter.acquire(1, controller));
      expect(set).toHaveBeenCalledTimes(1);
      const settled = Promise.allSettled(turns);
      for (const controller of controllers.slice(1)) controller.abort();
      expect(set).toHaveBeenCalledTimes(1);
      await settled;
      expect([clock.now(), set.mock.calls.length]).toEqual([100, 1]);
    }));
});

/** A clock that stands still, and fires no timer, unless told to. */
class HandClock {
  time = 0;
  fires: (() => void)[] = [];

  now(): number {
    return this.time;
  }

  set<A>(_ms: number, fire: (argument: A) => void, argument: A): { cancel(): void } {
    const timer = (): void => fire(argument);
    this.fires.push(timer);
    return { cancel: () => void (this.fires = this.fires.filter((it) => it !== timer)) };
  }

  fireAt(time: number): void {
    this.time = time;
    this.fires.shift()!();
  }
}

describe("timers of the platform", () => {
  let clock = new HandClock();

  beforeEach(() => {
    runtime.clock = clock = new HandClock();
  });

  afterEach(() => {
    runtime.clock = undefined;
  });

  test("let nobody in early when they fire early", async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100, kind: "sliding" });
    limiter.tryAcquire();
    const waiting = limiter.acquire();
    for (const time of [99.2, 99.999]) {
      clock.fireAt(time);
      expect(limiter.waiting).toBe(1);
    }
    clock.fireAt(100);
    await waiting;
    expect(clock.fires).toHaveLength(0);
  });

  test("are late: what is let in later counts from then on, also for those behind", async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 100, kind: "sliding" });
    limiter.tryAcquire();
    const turns = [limiter.acquire(), limiter.acquire()];
    const ask = (): Promise<void> => timeout(1, ({ signal }) => limiter.acquire(1, { signal }));
    await expect(ask()).rejects.toThrow(/turn is in 300 ms/);
    clock.fireAt(150);
    expect(limiter.waiting).toBe(1);
    await expect(ask()).rejects.toThrow(/turn is in 200 ms/);
    clock.fireAt(250);
    await Promise.all(turns);
  });
});

test("who waits keeps the process alive, also a single one among daemons", () =>
  withVirtualClock(async (clock) => {
    const set = vi.spyOn(clock, "set");
    const kindOf = (): unknown => set.mock.lastCall![3];
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    limiter.tryAcquire();
    const wait = (controller: AbortController): Promise<unknown> =>
      limiter.acquire(1, controller).catch(() => {});
    await taskGroup(async (group) => {
      const daemon = (): void =>
        void group.spawn((self) => limiter.acquire(1, { signal: self.scope.signal }), {
          daemon: true,
        });
      const [first, second] = [new AbortController(), new AbortController()];
      daemon();
      expect(kindOf()).toBe("daemon");
      const waiting = [wait(first)];
      expect(kindOf()).toBe("live");
      daemon();
      waiting.push(wait(second));
      daemon();
      expect(kindOf()).toBe("live");
      second.abort();
      // Set anew for the next in line, behind whom somebody lives.
      await clock.advance(100);
      expect([kindOf(), limiter.waiting]).toEqual(["live", 3]);
      first.abort();
      await clock.advance(100);
      expect([kindOf(), limiter.waiting]).toEqual(["daemon", 1]);
      await Promise.all(waiting);
    });
  }));

test("pitfall 14: a daemon that joins the line does not look at those in it", () =>
  withVirtualClock(async () => {
    const limiter = new RateLimiter({ limit: 1, perMs: 1e9 });
    limiter.tryAcquire();
    await taskGroup((group) => {
      const task = group.spawn(
        async ({ scope: { signal } }) => {
          await sleep(1, { signal });
          await Promise.all(Array.from({ length: 1_000 }, () => limiter.acquire(1, { signal })));
        },
        { daemon: true },
      );
      let looks = 0;
      Object.defineProperty(task.scope, "daemon", { get: () => ++looks > 0 });
      return sleep(2).then(() => {
        expect(limiter.waiting).toBe(1_000);
        expect(looks).toBeLessThan(10_000);
      });
    });
    expect(limiter.waiting).toBe(0);
  }));

test("who waits keeps the process alive, unless only daemons wait", async () => {
  const kindsSet: string[] = [];
  await withVirtualClock(async (clock) => {
    const { set } = clock;
    vi.spyOn(clock, "set").mockImplementation((ms, fire, argument, kind) => {
      kindsSet.push(kind);
      return set.call(clock, ms, fire as never, argument, kind);
    });
    const limiter = new RateLimiter({ limit: 1, perMs: 100 });
    limiter.tryAcquire();
    await taskGroup(async (group) => {
      group.spawn((self) => limiter.acquire(1, { signal: self.scope.signal }), { daemon: true });
      expect(kindsSet).toEqual(["daemon"]);
      await limiter.acquire();
      expect(clock.now()).toBe(200);
    });
    expect(kindsSet.slice(0, 3)).toEqual(["daemon", "live", "live"]);
  });
});
