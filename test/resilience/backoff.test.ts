import { describe, expect, test } from "vitest";
import { constant, exponential, type ExponentialOptions } from "../../src/resilience/backoff.ts";

function delays(options: ExponentialOptions, attempts: number): number[] {
  const backoff = exponential(options);
  const given: number[] = [];
  for (let attempt = 1; attempt <= attempts; attempt++) given.push(backoff(attempt, given.at(-1)));
  return given;
}

const low = (): number => 0;
const middle = (): number => 0.5;
const high = (): number => 1 - 2 ** -53;

describe("exponential()", () => {
  test("grows by the factor up to the maximum", () => {
    expect(delays({ jitter: "none" }, 10)).toEqual([
      100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000,
    ]);
    expect(delays({ jitter: "none", baseMs: 5, factor: 3, maxMs: 50 }, 4)).toEqual([5, 15, 45, 50]);
  });

  test("with full jitter lies between nothing and the delay", () => {
    expect(delays({ random: low }, 3)).toEqual([0, 0, 0]);
    expect(delays({ jitter: "full", random: middle }, 3)).toEqual([50, 100, 200]);
    expect(delays({ random: high }, 3).map(Math.round)).toEqual([100, 200, 400]);
  });

  test("with equal jitter lies in the upper half of the delay", () => {
    expect(delays({ jitter: "equal", random: low }, 3)).toEqual([50, 100, 200]);
    expect(delays({ jitter: "equal", random: middle }, 3)).toEqual([75, 150, 300]);
  });

  test("with decorrelated jitter lies between the base and three times the delay before", () => {
    expect(delays({ jitter: "decorrelated", random: low }, 3)).toEqual([100, 100, 100]);
    expect(delays({ jitter: "decorrelated", random: middle }, 3)).toEqual([200, 350, 575]);
    const most = delays({ jitter: "decorrelated", random: high, maxMs: 2_000 }, 5);
    expect(most.map(Math.round)).toEqual([300, 900, 2_000, 2_000, 2_000]);
  });

  test("is random by itself, within its bounds", () => {
    for (const jitter of ["full", "equal", "decorrelated"] as const) {
      const all = delays({ jitter, maxMs: 1_000 }, 200);
      expect(Math.min(...all)).toBeGreaterThanOrEqual(jitter === "full" ? 0 : 50);
      expect(Math.max(...all)).toBeLessThanOrEqual(1_000);
      expect(new Set(all).size).toBeGreaterThan(100);
    }
  });

  test.each(["full", "equal", "decorrelated", "none"] as const)(
    "gives a number however many attempts there are: jitter %s",
    (jitter) => {
      for (const baseMs of [0, 100, Infinity]) {
        for (const maxMs of [0, 30_000, Infinity]) {
          for (const random of [low, high]) {
            const backoff = exponential({ baseMs, maxMs, jitter, random });
            for (const attempt of [1, 2, 1_000, 2 ** 40]) {
              expect(backoff(attempt, undefined)).toBeGreaterThanOrEqual(0);
              expect(backoff(attempt, 1e308)).toBeLessThanOrEqual(maxMs);
            }
          }
        }
      }
    },
  );

  test.each<[unknown, typeof TypeError | typeof RangeError]>([
    [null, TypeError],
    [{ baseMs: -1 }, RangeError],
    [{ baseMs: "1" }, TypeError],
    [{ factor: 0.5 }, RangeError],
    [{ factor: Number.NaN }, RangeError],
    [{ maxMs: -1 }, RangeError],
    [{ jitter: "some" }, TypeError],
    [{ random: 4 }, TypeError],
  ])("refuses the options %o", (options, kind) => {
    expect(() => exponential(options as never)).toThrow(kind);
    expect(() => exponential(options as never)).toThrow(/^Cannot create a backoff: /);
  });
});

describe("constant()", () => {
  test("gives the same delay each time", () => {
    const backoff = constant(70);
    expect([backoff(1, undefined), backoff(2, 70), backoff(50, 70)]).toEqual([70, 70, 70]);
  });

  test.each([-1, Number.NaN])("refuses %o", (ms) => {
    expect(() => constant(ms)).toThrow(RangeError);
  });

  test("refuses what is no number", () => {
    expect(() => constant("5" as never)).toThrow(TypeError);
  });
});
