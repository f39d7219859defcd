// Who gets a place of the total: keys by turns, by their shares.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyed } from "corral";
import { callsOf } from "./keyed-calls.ts";

/** How often each key has begun, in the order in which they are asked for. */
function countsOf(begun: readonly string[], keys: readonly string[]): number[] {
  return keys.map((key) => begun.filter((each) => each === key).length);
}

describe("pitfall 22: a key that floods the others", () => {
  test.each([1, 5])(
    "lets one call of another begin within a round, with %i places",
    async (total) => {
      const limit = keyed<string>(total, { total });
      const calls = callsOf(limit);
      calls.add("flood", 1_000);
      const before = calls.begun.length;
      calls.add("other");
      for (let i = 0; i < 2; i++) await calls.end();
      expect(calls.begun.slice(before)).toContain("other");
      limit.clear();
      await calls.endAll();
    },
  );

  test("goes on while newcomers keep coming", async () => {
    const limit = keyed<string>(1, { total: 1 });
    const calls = callsOf(limit);
    calls.add("holder");
    calls.add("newcomer 0");
    calls.add("newcomer 1");
    calls.add("patient");
    for (let i = 2; i < 12; i++) {
      calls.add(`newcomer ${i}`);
      await calls.end();
    }
    expect(calls.begun.indexOf("patient")).toBe(3);
    await calls.endAll();
    expect(limit.size).toBe(0);
  });
});

test("a key that was full when its turn came takes it as soon as it can", async () => {
  const limit = keyed<string>((key) => (key === "narrow" ? 1 : 10), { total: 2 });
  const calls = callsOf(limit);
  calls.add("narrow", 20);
  calls.add("wide", 20);
  for (let i = 0; i < 20; i++) await calls.end();
  expect(countsOf(calls.begun.slice(2), ["narrow", "wide"])).toEqual([10, 10]);
  limit.clear();
  await calls.endAll();
});

describe("shares", () => {
  const keys = ["a", "b", "c"];
  const shares = new Map([
    ["a", 3],
    ["b", 1],
    ["c", 2],
  ]);

  test.each([
    ["many places, of a total of 1", 100, 1],
    ["one place, of a total of 1", 1, 1],
    ["many places, of a total of 3", 100, 3],
  ])("are kept exactly between keys with %s", async (_, concurrency, total) => {
    const limit = keyed<string>((key) => ({ concurrency, share: shares.get(key) ?? 1 }), { total });
    const calls = callsOf(limit);
    calls.add("holder", total);
    for (const key of keys) calls.add(key, 60);
    for (let i = 0; i < 60; i++) await calls.end();
    const begun = calls.begun.filter((key) => key !== "holder");
    for (let round = 0; round < 10; round++) {
      expect(countsOf(begun.slice(6 * round, 6 * round + 6), keys)).toEqual([3, 1, 2]);
    }
    limit.clear();
    await calls.endAll();
    expect(limit.size).toBe(0);
  });

  test("3:1 gives three starts for one, and the rest to whoever is left", async () => {
    const limit = keyed<string>((key) => ({ concurrency: 9, share: key === "a" ? 3 : 1 }), {
      total: 1,
    });
    const calls = callsOf(limit);
    calls.add("first");
    calls.add("a", 6);
    calls.add("b", 6);
    await calls.endAll();
    const begun = calls.begun.slice(1);
    const rounds = [begun.slice(0, 4), begun.slice(4, 8), begun.slice(8)];
    expect(rounds.map((round) => countsOf(round, ["a", "b"]))).toEqual([
      [3, 1],
      [3, 1],
      [0, 4],
    ]);
  });

  test("do not matter while the total is not short", async () => {
    const limit = keyed<string>((key) => ({ concurrency: 2, share: key === "a" ? 1 : 9 }), {
      total: 4,
    });
    const calls = callsOf(limit);
    calls.add("a", 3);
    calls.add("b", 3);
    expect(calls.begun).toEqual(["a", "a", "b", "b"]);
    await calls.end("a");
    expect(calls.begun).toEqual(["a", "a", "b", "b", "a"]);
    await calls.endAll();
  });
});

type Step = { readonly run: string } | { readonly end: number };

test("between two starts of a key that could start, no other starts more often than its share", async () => {
  const names = ["a", "b", "c", "d"];
  const key = fc.constantFrom(...names);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ run: key }) },
    { weight: 2, arbitrary: fc.record({ end: fc.nat(9) }) },
  );
  const allowance = fc.record({
    concurrency: fc.integer({ min: 1, max: 3 }),
    share: fc.integer({ min: 1, max: 3 }),
  });
  const property = fc.asyncProperty(
    fc.tuple(allowance, allowance, allowance, allowance),
    fc.integer({ min: 1, max: 3 }),
    fc.array(step, { maxLength: 60, size: "max" }),
    async (allowances, total, steps) => {
      const of = (name: string): (typeof allowances)[0] => allowances[names.indexOf(name)]!;
      const limit = keyed<string>(of, { total });
      const calls = callsOf(limit);
      // What others have started while a key could have.
      const passed = new Map<string, string[]>();
      const look = (): void => {
        for (const name of names) {
          const ready = limit.pendingOf(name) > 0 && limit.activeOf(name) < of(name).concurrency;
          if (!ready) passed.delete(name);
          else if (!passed.has(name)) passed.set(name, []);
        }
      };
      const started = (name: string): void => {
        passed.delete(name);
        for (const [other, starts] of passed) {
          starts.push(name);
          const often = starts.filter((each) => each === name).length;
          expect(often, `${name} before ${other}`).toBeLessThanOrEqual(of(name).share);
        }
      };
      for (const each of steps) {
        const before = calls.begun.length;
        if ("run" in each) calls.add(each.run);
        else if (limit.active > 0) {
          const running = names.filter((name) => limit.activeOf(name) > 0);
          await calls.end(running[each.end % running.length]!);
        }
        // One call ends in a step, so at most one begins.
        const more = calls.begun.slice(before);
        expect(more.length).toBeLessThanOrEqual(1);
        for (const name of more) started(name);
        look();
      }
      await calls.endAll();
      expect(limit.size).toBe(0);
    },
  );
  await fc.assert(property, { numRuns: 100 });
}, 20_000);
