// Whatever calls show, the limit is an integer within its bounds, and calls are neither lost nor too many.
import fc from "fast-check";
import { expect, test } from "vitest";
import { AdaptiveLimit, aimd, type Algorithm, gradient, sleep, vegas } from "corral";
import { withVirtualClock } from "corral/testing";

const algorithms: Record<string, () => Algorithm> = {
  aimd: () => aimd({ slowMs: 1_000 }),
  gradient: () => gradient({ windowCalls: 2, windowMs: 0, probeEvery: 3 }),
  vegas: () => vegas({ windowCalls: 2, windowMs: 0, probeEvery: 3 }),
};

const sample = fc.record({
  rttMs: fc.oneof(
    fc.constantFrom(0, 1e-9, 1, 1e12),
    fc.double({ min: 0, max: 5_000, noNaN: true }),
  ),
  passMs: fc.constantFrom(0, 0.5, 10, 100_000, -50),
  inFlight: fc.nat(3_000),
  dropped: fc.boolean(),
});

test.each(Object.keys(algorithms))("%s gives finite numbers for whatever it is shown", (name) => {
  fc.assert(
    fc.property(
      fc.array(sample, { maxLength: 200, size: "max" }),
      fc.nat(2_000),
      (samples, start) => {
        const algorithm = algorithms[name]!();
        let limit = start + 1;
        let atMs = 0;
        for (const { passMs, ...shown } of samples) {
          atMs += passMs;
          const next = algorithm.update({ ...shown, atMs, limit });
          // In one step not to nothing, nor beyond all measure.
          if (!(next > limit / 4 - 1 && next < Infinity)) return false;
          limit = Math.min(5_000, Math.max(1, next));
        }
        return true;
      },
    ),
  );
});

const call = fc.record({
  ms: fc.nat(300),
  ends: fc.constantFrom("value", "error", "drop", "leaves the line"),
  after: fc.nat(30),
});

test.each(Object.keys(algorithms))(
  "under %s each call ends, no more run than the highest limit, which stays within its bounds",
  async (name) => {
    const property = fc.asyncProperty(
      fc.array(call, { maxLength: 60, size: "max" }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 20 }),
      (calls, min, more) =>
        withVirtualClock(async () => {
          const changes: number[] = [];
          const limit = new AdaptiveLimit({
            algorithm: algorithms[name]!(),
            min,
            max: min + more,
            onChange: (concurrency) => changes.push(concurrency),
          });
          const started = limit.concurrency;
          let running = 0;
          const outcomes: Promise<string>[] = [];
          for (const { ms, ends, after } of calls) {
            const controller = new AbortController();
            const outcome = limit.run(async () => {
              expect(++running).toBeLessThanOrEqual(Math.max(started, ...changes));
              await sleep(ms);
              running--;
              if (ends === "error") throw new Error("no");
              if (ends === "drop") throw Object.assign(new Error("busy"), { status: 503 });
              return "value";
            }, controller);
            outcomes.push(outcome.catch((error: unknown) => String(error)));
            if (ends === "leaves the line") controller.abort();
            await sleep(after);
          }
          const ended = await Promise.all(outcomes);
          await limit.onIdle();
          expect(ended).toHaveLength(calls.length);
          expect([running, limit.active, limit.pending, limit.stats().zombies]).toEqual([
            0, 0, 0, 0,
          ]);
          for (const concurrency of [started, ...changes]) {
            expect(Number.isInteger(concurrency)).toBe(true);
            expect(concurrency).toBeGreaterThanOrEqual(min);
            expect(concurrency).toBeLessThanOrEqual(min + more);
          }
          const samples = ended.filter((end) => end === "value" || end === "Error: busy");
          expect(limit.stats().samples).toBe(samples.length);
        }),
    );
    await fc.assert(property, { numRuns: 20 });
  },
);
