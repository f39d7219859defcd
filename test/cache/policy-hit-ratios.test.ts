import fc from "fast-check";
import { expect, test } from "vitest";
import { policies } from "./policies.ts";
import { PolicyCache } from "./policy-cache.ts";
import { optimum } from "./policy-optimum.ts";
import { type Trace, traces } from "./policy-traces.ts";

const all = traces(8_000);

function ratiosOf({ keys, sizes, footprint }: Trace, share: number): Record<string, number> {
  const capacity = Math.round(footprint * share);
  const ratios = policies.map(({ name, make }) => {
    const cache = new PolicyCache(make(capacity), capacity);
    const hits = keys.filter((key) => cache.request(key, sizes?.[key]) === "hit").length;
    return [name, hits / keys.length] as const;
  });
  return Object.fromEntries(ratios);
}

test("S3-FIFO is never far below the best, and on the whole above all others", () => {
  const losses = new Map<string, number[]>();
  for (const trace of all) {
    const ratios = ratiosOf(trace, 0.05);
    const best = Math.max(...Object.values(ratios));
    for (const [name, ratio] of Object.entries(ratios)) {
      losses.set(name, [...(losses.get(name) ?? []), best - ratio]);
    }
  }
  const sums = new Map(
    Array.from(losses, ([name, list]) => [name, list.reduce((sum, loss) => sum + loss)]),
  );
  expect(Math.max(...losses.get("S3-FIFO")!)).toBeLessThan(0.08);
  expect(sums.get("S3-FIFO")).toBe(Math.min(...sums.values()));
});

test("no policy hits more often than the optimum", () => {
  for (const trace of all.filter(({ sizes }) => sizes === undefined)) {
    const highest = optimum(trace.keys, Math.round(trace.footprint * 0.05)) / trace.keys.length;
    expect(Math.max(...Object.values(ratiosOf(trace, 0.05)))).toBeLessThanOrEqual(highest);
  }
});

/** Tries all that a cache can do. */
function most(keys: readonly number[], capacity: number, stored: readonly number[] = []): number {
  const [key, ...rest] = keys;
  if (key === undefined) return 0;
  if (stored.includes(key)) return 1 + most(rest, capacity, stored);
  const full = [...stored, key];
  if (full.length <= capacity) return most(rest, capacity, full);
  return Math.max(
    ...full.map((out) =>
      most(
        rest,
        capacity,
        full.filter((each) => each !== out),
      ),
    ),
  );
}

test("optimum() is what the best of all decisions give", () => {
  const keys = fc.array(fc.nat(4), { maxLength: 10 });
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 3 }), (list, capacity) => {
      expect(optimum(Int32Array.from(list), capacity)).toBe(most(list, capacity));
    }),
  );
});

test("the traces are the same each time", () => {
  expect(traces(1_000)).toEqual(traces(1_000));
});
