// The algorithms alone, sample by sample.
import { describe, expect, test } from "vitest";
import { type AdaptiveSample, aimd, type Algorithm, gradient, vegas } from "corral";

/** Feeds an algorithm, and keeps the limit as an adaptive limit would. */
class Feed {
  limit: number;
  atMs = 0;
  readonly #algorithm: Algorithm;

  constructor(algorithm: Algorithm, limit: number) {
    this.#algorithm = algorithm;
    this.limit = limit;
  }

  /** One call that begins now, or earlier, and ends `rttMs` later. */
  give(sample: Partial<AdaptiveSample> & { rttMs: number }): number {
    const { limit } = this;
    const atMs = sample.atMs ?? this.atMs + sample.rttMs;
    this.atMs = Math.max(this.atMs, atMs);
    const inFlight = sample.inFlight ?? Math.floor(limit);
    const dropped = sample.dropped ?? false;
    this.limit = this.#algorithm.update({ rttMs: sample.rttMs, atMs, inFlight, dropped, limit });
    return this.limit;
  }

  /** Enough calls, all under way together, for one window. */
  window(rttMs: number, inFlight?: number): number {
    const atMs = this.atMs + Math.max(rttMs, 100);
    const calls = Math.max(10, Math.ceil(Math.min(this.limit, inFlight ?? Infinity)));
    for (let i = 0; i < calls; i++) {
      this.give({ rttMs, atMs, ...(inFlight === undefined ? {} : { inFlight }) });
    }
    return this.limit;
  }
}

describe("aimd", () => {
  test("doubles in one round until the first drop, which halves it", () => {
    const feed = new Feed(aimd(), 8);
    for (let i = 0; i < 8; i++) feed.give({ rttMs: 10 });
    expect(feed.limit).toBe(16);
    expect(feed.give({ rttMs: 10, dropped: true })).toBe(8);
  });

  test("then grows by one in one round, and shrinks by a tenth", () => {
    const feed = new Feed(aimd(), 20);
    feed.give({ rttMs: 1, dropped: true });
    for (let i = 0; i < 10; i++) feed.give({ rttMs: 10 });
    expect(feed.limit).toBeCloseTo(11, 0);
    const before = feed.limit;
    expect(feed.give({ rttMs: 10, dropped: true })).toBeCloseTo(before * 0.9);
  });

  test("takes all drops of calls that were under way together for one", () => {
    const feed = new Feed(aimd(), 20);
    for (const rttMs of [50, 51, 52]) feed.give({ rttMs, atMs: 100, dropped: true });
    expect(feed.limit).toBe(10);
    feed.give({ rttMs: 5, atMs: 106, dropped: true });
    expect(feed.limit).toBe(9);
    feed.give({ rttMs: 10, atMs: 107, dropped: true });
    expect(feed.limit).toBe(9);
  });

  test("takes what is slower than slowMs for a drop", () => {
    const feed = new Feed(aimd({ slowMs: 100 }), 20);
    expect(feed.give({ rttMs: 100 })).toBe(21);
    expect(feed.give({ rttMs: 100.1 })).toBe(10.5);
  });

  test("goes by its options, and does not grow while less than half is used", () => {
    const feed = new Feed(aimd({ increase: 3, decrease: 0.25 }), 20);
    expect(feed.give({ rttMs: 1, inFlight: 9 })).toBe(20);
    expect(feed.give({ rttMs: 1, inFlight: 10 })).toBe(23);
    expect(feed.give({ rttMs: 1, dropped: true })).toBe(23 / 4);
    expect(feed.give({ rttMs: 1, inFlight: 5 })).toBeCloseTo(23 / 4 + 3 / (23 / 4));
  });

  test("begins anew on a clock that is behind", () => {
    const feed = new Feed(aimd(), 20);
    feed.give({ rttMs: 1, atMs: 1e9, dropped: true });
    feed.give({ rttMs: 1, atMs: 5, dropped: true });
    expect(feed.limit).toBe(9);
  });
});

/** As they are without probes, and with a first window that shows what a call takes that does not queue. */
function settled(algorithm: Algorithm, limit: number): Feed {
  const feed = new Feed(algorithm, limit);
  feed.window(100, 1);
  expect(feed.limit).toBe(limit);
  return feed;
}

describe("gradient", () => {
  const quiet = { probeEvery: Infinity };

  test("grows by the tolerance and the root while calls do not queue", () => {
    const feed = settled(gradient(quiet), 16);
    expect(feed.window(100)).toBeCloseTo(20 + Math.sqrt(20));
  });

  test("shrinks as latency grows, by a half at most", () => {
    const twice = settled(gradient(quiet), 16).window(200);
    expect(twice).toBeCloseTo(10 + Math.sqrt(10));
    const outlier = settled(gradient(quiet), 16).window(10_000);
    expect(outlier).toBeCloseTo(8 + Math.sqrt(8));
  });

  test("tolerates more if it is told to", () => {
    const feed = settled(gradient({ ...quiet, tolerance: 2 }), 16);
    expect(feed.window(200)).toBeCloseTo(20);
  });

  test("follows latencies that are lower than the base, a part of the way at a time", () => {
    const growths = [0, 1, 3, 50].map((windows) => {
      const feed = settled(gradient({ ...quiet, windowMs: 0 }), 16);
      for (let i = 0; i < windows; i++) feed.window(50, 1);
      return feed.window(100) / 16;
    });
    expect(growths).toEqual(growths.toSorted((a, b) => b - a));
    expect(new Set(growths).size).toBe(4);
    expect(growths[3]).toBeCloseTo(0.625 + Math.sqrt(10) / 16);
  });

  test("waits for enough calls, and for long enough", () => {
    const feed = new Feed(gradient({ ...quiet, windowCalls: 3, windowMs: 50 }), 2);
    feed.give({ rttMs: 100 });
    feed.give({ rttMs: 100 });
    expect(feed.limit).toBe(2);
    feed.give({ rttMs: 100 });
    expect(feed.limit).toBeGreaterThan(2);
    const long = new Feed(gradient({ ...quiet, windowCalls: 3, windowMs: 500 }), 2);
    for (let i = 0; i < 4; i++) long.give({ rttMs: 100 });
    expect(long.limit).toBe(2);
    long.give({ rttMs: 100 });
    expect(long.limit).toBeGreaterThan(2);
  });

  test("does not look at calls that began under another limit", () => {
    const feed = settled(gradient(quiet), 16);
    feed.window(100);
    const before = feed.limit;
    for (let i = 0; i < 100; i++) feed.give({ rttMs: 500, atMs: feed.atMs + 1 });
    expect(feed.limit).toBe(before);
    expect(feed.window(500)).toBeLessThan(before);
  });

  test("takes all drops of calls that were under way together for one", () => {
    const feed = settled(gradient({ ...quiet, decrease: 0.5 }), 16);
    const atMs = feed.atMs + 100;
    for (const rttMs of [50, 51, 52]) feed.give({ rttMs, atMs, dropped: true });
    expect(feed.limit).toBe(8);
    expect(feed.give({ rttMs: 1, dropped: true })).toBe(8);
    expect(feed.give({ rttMs: 1, dropped: true })).toBe(4);
  });

  test("stays where it is while less than half of the limit is used, whatever the latency", () => {
    const feed = settled(gradient(quiet), 16);
    expect(feed.window(500, 7)).toBe(16);
    expect(feed.window(100, 7)).toBe(16);
  });

  test("takes latencies below a millisecond for equal, so that zero is no trouble", () => {
    const feed = new Feed(gradient(quiet), 16);
    feed.window(0);
    const before = feed.limit;
    expect(feed.window(1)).toBeGreaterThan(before);
  });

  test("goes on with a window during drops that cannot lower the limit, as it is at its minimum", () => {
    const feed = new Feed(gradient(quiet), 1);
    for (let i = 0; i < 12; i++) {
      feed.give({ rttMs: 20 });
      if (i % 4 > 0) continue;
      feed.give({ rttMs: 20, dropped: true });
      feed.limit = Math.max(1, feed.limit);
    }
    expect(feed.limit).toBeGreaterThan(2);
  });

  test("takes calls that were under way when the limit was held back by its maximum", () => {
    const feed = settled(gradient({ ...quiet, windowMs: 0 }), 16);
    expect(feed.window(100)).toBeGreaterThan(16);
    feed.limit = 16;
    // They began before the last window ended.
    for (let i = 0; i < 16; i++) feed.give({ rttMs: 100, atMs: feed.atMs + 1 });
    expect(feed.limit).toBeGreaterThan(16);
  });

  test("begins a window anew on a clock that is behind, before anything has changed", () => {
    const feed = new Feed(gradient(quiet), 4);
    feed.atMs = 1e9;
    feed.give({ rttMs: 100 });
    feed.atMs = 0;
    for (let i = 0; i < 11; i++) feed.give({ rttMs: 100 });
    expect(feed.limit).toBeGreaterThan(4);
  });

  test("begins anew on a clock that is behind", () => {
    const feed = settled(gradient(quiet), 16);
    feed.atMs = 1e9;
    const before = feed.window(100);
    feed.atMs = 0;
    feed.window(100);
    expect(feed.window(100)).toBeGreaterThan(before);
  });
});

describe("vegas", () => {
  const quiet = { probeEvery: Infinity };

  test("goes up by what is missing to beta while fewer than alpha queue", () => {
    expect(settled(vegas(quiet), 10).window(100)).toBe(14);
    // Of 10 calls, 1 - 100 / rtt are queueing.
    expect(settled(vegas(quiet), 10).window(100 / 0.85)).toBeCloseTo(12.5);
  });

  test("stays where it is while alpha to beta queue", () => {
    expect(settled(vegas(quiet), 10).window(100 / 0.79)).toBe(10);
    expect(settled(vegas(quiet), 10).window(100 / 0.61)).toBe(10);
  });

  test("goes down when more than beta queue: a step, or half of what is too many", () => {
    expect(settled(vegas(quiet), 10).window(100 / 0.55)).toBe(9);
    expect(settled(vegas(quiet), 10).window(100 / 0.2)).toBeCloseTo(8);
  });

  test("lets more queue at higher limits, by the square root", () => {
    expect(settled(vegas(quiet), 1_000).window(100)).toBe(1_040);
    expect(settled(vegas({ ...quiet, alpha: 3, beta: 9 }), 10).window(100)).toBe(19);
  });
});

/** The limits that come after one another, while latency is that of a server with so many workers. */
function limitsOf(algorithm: Algorithm, start: number, workers: number, windows: number): number[] {
  const feed = new Feed(algorithm, start);
  return Array.from({ length: windows }, () =>
    feed.window(100 * Math.max(1, feed.limit / workers)),
  );
}

const drops = (limits: number[]): number[] =>
  limits.flatMap((limit, i) => (i > 0 && limit < limits[i - 1]! / 2 ? [i] : []));

describe("a probe of the base latency", () => {
  test("takes a third of the limit for one window, after 4 windows, 8 more, and so on", () => {
    const limits = limitsOf(gradient({ random: () => 0.5, probeEvery: 20 }), 20, 20, 100);
    const probes = drops(limits);
    // The window of the probe comes on top.
    expect(probes.map((at, i) => at - (probes[i - 1] ?? -1))).toEqual([4, 9, 17, 21, 21, 21]);
    for (const at of probes.slice(1)) {
      expect(limits[at]).toBeCloseTo(limits[at + 1]! / 3, 1);
      expect(limits[at + 1]).toBeCloseTo(limits[at - 1]!, 1);
    }
  });

  test("comes at a random distance around probeEvery", () => {
    const probes = [() => 0, () => 0.999].map(
      (random) => drops(limitsOf(gradient({ random, probeEvery: 8 }), 20, 20, 60)).length,
    );
    expect(probes[0]).toBeGreaterThan(probes[1]!);
  });

  test("is never, if probeEvery is Infinity", () => {
    expect(drops(limitsOf(vegas({ probeEvery: Infinity }), 20, 20, 500))).toEqual([]);
  });

  test("comes at once when the limit has halved, and learns that the server is slower", () => {
    const feed = settled(gradient({ probeEvery: 1_000 }), 40);
    for (let i = 0; i < 20; i++) feed.window(300);
    expect(feed.limit).toBeGreaterThan(40);
  });

  test("comes at once when the limit has doubled, and learns that the server is faster", () => {
    const feed = settled(gradient({ probeEvery: 1_000 }), 10);
    const latencies = Array.from({ length: 20 }, () => {
      // Now 10 ms at 10 workers, for which the old base is a queue of 90.
      const rttMs = 10 * Math.max(1, feed.limit / 10);
      feed.window(rttMs);
      return rttMs;
    });
    expect(latencies.at(-1)).toBeLessThan(25);
  });

  test("ends with a drop", () => {
    const feed = settled(gradient({ decrease: 0.5 }), 30);
    while (feed.limit >= 30) feed.window(100 * (feed.limit / 30));
    const probing = feed.limit;
    expect(feed.give({ rttMs: 1, dropped: true })).toBeGreaterThan(probing);
  });
});
