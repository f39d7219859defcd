// What the algorithms do with a server that has a capacity; the figures of docs/adaptive-limits.md.
import { describe, expect, test } from "vitest";
import {
  AdaptiveLimit,
  type AdaptiveLimitOptions,
  aimd,
  type Algorithm,
  gradient,
  vegas,
} from "corral";
import {
  randomOf,
  type Phase,
  type Scenario,
  simulate,
  type Summary,
  summaryOf,
} from "./adaptive-simulation.ts";

/** Thousands of calls are simulated: that takes a while on a busy machine. */
const patient = { timeout: 20_000 };

const random = (): (() => number) => randomOf(2);

const algorithms: Record<"aimd" | "gradient" | "vegas", () => Algorithm> = {
  aimd: () => aimd(),
  gradient: () => gradient({ random: random() }),
  vegas: () => vegas({ random: random() }),
};

function phase(fromMs: number, workers: number, serviceMs: number): Phase {
  return { fromMs, workers, serviceMs };
}

const usual: Scenario = {
  phases: [phase(0, 20, 100), phase(10_000, 5, 100), phase(20_000, 40, 100)],
  untilMs: 30_000,
  callers: 100,
  queue: 40,
  noise: 0.3,
};

/** What each phase shows from some time after it has begun. */
async function phasesOf(
  scenario: Scenario,
  settledMs: number,
  options: AdaptiveLimitOptions,
): Promise<Summary[]> {
  const points = await simulate(scenario, () => new AdaptiveLimit(options));
  return scenario.phases.map(({ fromMs }, i) =>
    summaryOf(points, fromMs + settledMs, scenario.phases[i + 1]?.fromMs ?? scenario.untilMs),
  );
}

test.each(Object.keys(algorithms) as (keyof typeof algorithms)[])(
  "%s uses at least nine tenths of a capacity that goes from 20 to 5 to 40, and refuses hardly any call",
  patient,
  async (name) => {
    const phases = await phasesOf(usual, 5_000, { algorithm: algorithms[name]() });
    expect(phases).toHaveLength(3);
    phases.forEach(({ throughput, refused, limit, latency }, i) => {
      const { workers } = usual.phases[i]!;
      expect(throughput).toBeGreaterThan(0.9);
      expect(limit).toBeGreaterThan(workers);
      if (name === "aimd") {
        expect(limit).toBeLessThan(workers + usual.queue);
        expect(refused).toBeLessThan(0.01);
      } else {
        expect(limit).toBeLessThan(workers * 2);
        expect(latency).toBeLessThan(2);
        expect(refused).toBe(0);
      }
    });
  },
);

describe.each(["gradient", "vegas"] as const)("%s", patient, (name) => {
  const slowing: Scenario = {
    ...usual,
    phases: [phase(0, 20, 100), phase(8_000, 20, 300), phase(23_000, 20, 50)],
    untilMs: 33_000,
  };

  test("learns that a server has become slower, or faster, for good", async () => {
    const phases = await phasesOf(slowing, 6_000, { algorithm: algorithms[name]() });
    for (const { throughput, latency } of phases) {
      expect(throughput).toBeGreaterThan(0.9);
      expect(latency).toBeLessThan(2);
    }
  });

  test("does not learn that without probes", async () => {
    const [, slower] = await phasesOf({ ...slowing, untilMs: 23_000 }, 6_000, {
      algorithm: { gradient, vegas }[name]({ probeEvery: Infinity }),
    });
    expect(slower!.throughput).toBeLessThan(0.5);
  });

  test("comes down from an initial limit that is far too high, without a drop", async () => {
    const scenario = { ...usual, phases: [phase(0, 20, 100)], untilMs: 14_000, queue: Infinity };
    const [settled] = await phasesOf(scenario, 9_000, {
      algorithm: algorithms[name](),
      initial: 100,
    });
    expect(settled!.throughput).toBeGreaterThan(0.9);
    expect(settled!.latency).toBeLessThan(2);
  });

  test("finds a capacity of one", async () => {
    const scenario = { ...usual, phases: [phase(0, 1, 100)], untilMs: 40_000, callers: 50 };
    const [settled] = await phasesOf(scenario, 10_000, { algorithm: algorithms[name]() });
    expect(settled!.throughput).toBeGreaterThan(0.9);
    expect(settled!.limit).toBeLessThan(5);
  });
});

test(
  "gradient, the default, bears latencies whose deviation is nearly their mean",
  patient,
  async () => {
    const scenario = { ...usual, noise: 0.8 };
    const phases = await phasesOf(scenario, 5_000, { algorithm: algorithms.gradient() });
    for (const { throughput, latency } of phases) {
      expect(throughput).toBeGreaterThan(0.85);
      expect(latency).toBeLessThan(2.5);
    }
  },
);

test(
  "the control: a fixed limit is too low for one capacity, or too high for another",
  patient,
  async () => {
    const [, five, forty] = await phasesOf(usual, 5_000, { initial: 24, min: 24, max: 24 });
    expect(five!.latency).toBeGreaterThan(4);
    expect(forty!.throughput).toBeLessThan(0.7);
  },
);

test("the simulation gives the same each time", async () => {
  const scenario = { ...usual, untilMs: 3_000 };
  const run = (): Promise<unknown> =>
    simulate(scenario, () => new AdaptiveLimit({ algorithm: algorithms.vegas() }));
  expect(await run()).toEqual(await run());
});
