import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AdaptiveLimit, type AdaptiveSample, aimd, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { reportsDuring } from "../support/reports.ts";

function watched(lag: { thresholdMs: number; measure?: () => number }): {
  limit: AdaptiveLimit;
  dropped: boolean[];
} {
  const dropped: boolean[] = [];
  const update = (sample: AdaptiveSample): number => {
    dropped.push(sample.dropped);
    return sample.limit;
  };
  return { limit: new AdaptiveLimit({ algorithm: { update }, lag }), dropped };
}

/** Ends a call, while others run. */
const call = (limit: AdaptiveLimit): Promise<void> => limit.run(() => {});

describe("lag.measure", () => {
  test("makes a drop of a call that ends while the event loop is later than the threshold", async () => {
    let lagMs = 50;
    const { limit, dropped } = watched({ thresholdMs: 50, measure: () => lagMs });
    await limit.run(() => {});
    lagMs = 51;
    await limit.run(() => {});
    await limit.run(() => Promise.reject(new Error("no sample"))).catch(() => {});
    await limit.run(() => Promise.reject({ status: 503 })).catch(() => {});
    expect(dropped).toEqual([false, true, true]);
    expect(limit.stats()).toMatchObject({ samples: 3, dropped: 2, lagging: 1 });
  });

  test("lowers the limit, which grows again afterwards, once the loop is in time", () =>
    withVirtualClock(async () => {
      let lagMs = 200;
      const limit = new AdaptiveLimit({
        algorithm: aimd(),
        initial: 20,
        lag: { thresholdMs: 100, measure: () => lagMs },
      });
      const rounds = async (n: number): Promise<void> => {
        for (let i = 0; i < n; i++) {
          await Promise.all(Array.from({ length: 20 }, () => limit.run(() => sleep(10))));
        }
      };
      await rounds(1);
      expect(limit.concurrency).toBe(10);
      await rounds(20);
      expect(limit.concurrency).toBe(1);
      lagMs = 0;
      await rounds(20);
      expect(limit.concurrency).toBeGreaterThan(10);
    }));

  test("that throws is reported, and means no lag", async () => {
    const { limit, dropped } = watched({
      thresholdMs: 1,
      measure: () => {
        throw new Error("bug");
      },
    });
    const reports = await reportsDuring(() => limit.run(() => {}));
    expect(reports).toEqual(["lag.measure threw: Error: bug"]);
    expect(dropped).toEqual([false]);
  });

  test("needs no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { limit } = watched({ thresholdMs: 100, measure: () => 0 });
    const gate = deferred();
    const running = limit.run(() => gate.promise);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    gate.resolve();
    await running;
  });
});

describe("the library's own measurement", () => {
  // Timers and time of the platform: the test says when timers are late.
  let nowMs = 0;
  beforeEach(() => {
    nowMs = 1_000;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.spyOn(performance, "now").mockImplementation(() => nowMs);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  const pass = (ms: number, lateMs = 0): void => {
    nowMs += ms + lateMs;
    vi.advanceTimersByTime(ms);
  };

  test("looks while calls run, at half the threshold, with a timer that keeps nothing alive", async () => {
    const { limit, dropped } = watched({ thresholdMs: 100 });
    const unref = vi.fn<() => void>();
    const set = globalThis.setTimeout;
    vi.stubGlobal("setTimeout", (...args: Parameters<typeof setTimeout>) =>
      Object.assign(set(...args), { unref }),
    );
    const gate = deferred();
    const running = limit.run(() => gate.promise);
    vi.unstubAllGlobals();
    expect([vi.getTimerCount(), unref.mock.calls.length]).toEqual([1, 1]);
    pass(50);
    await call(limit);
    pass(50, 101);
    await call(limit);
    await call(limit);
    pass(50, 3);
    await call(limit);
    expect(dropped).toEqual([false, true, true, false]);
    gate.resolve();
    await running;
  });

  test("sees a lag before its timer has fired", async () => {
    const { limit, dropped } = watched({ thresholdMs: 100 });
    const gate = deferred();
    const running = limit.run(() => gate.promise);
    nowMs += 50 + 101;
    await call(limit);
    expect(dropped).toEqual([true]);
    gate.resolve();
    await running;
  });

  test("stops when nothing runs, and forgets what it has seen", async () => {
    const { limit, dropped } = watched({ thresholdMs: 100 });
    expect(vi.getTimerCount()).toBe(0);
    const gate = deferred();
    const running = limit.run(() => gate.promise);
    pass(50, 500);
    gate.resolve();
    await running;
    expect(dropped).toEqual([true]);
    pass(50);
    expect(vi.getTimerCount()).toBe(0);
    await call(limit);
    expect(dropped).toEqual([true, false]);
    expect(vi.getTimerCount()).toBe(1);
    pass(50);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is off under a virtual clock, where time stands still while code runs", async () => {
    await withVirtualClock(async () => {
      const { limit, dropped } = watched({ thresholdMs: 1 });
      await limit.run(() => sleep(100));
      expect(vi.getTimerCount()).toBe(0);
      expect(dropped).toEqual([false]);
    });
  });

  test("goes on after a virtual clock, of which it keeps nothing", async () => {
    const { limit, dropped } = watched({ thresholdMs: 100 });
    await withVirtualClock(() => limit.run(() => sleep(10)));
    await call(limit);
    expect(vi.getTimerCount()).toBe(1);
    pass(50);
    await call(limit);
    expect(dropped).toEqual([false, false, false]);
  });
});
