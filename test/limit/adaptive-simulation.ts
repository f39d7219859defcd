/**
 * A server with so many workers and a line of bounded length, whose capacity changes, and callers that
 * want more of it than it has. Used by the tests and, for the plot, by `scripts/adaptive-plot.mjs`.
 */
import { type AdaptiveLimit, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

/** From some moment on the server has so many workers, each of which takes so long for a request. */
export interface Phase {
  readonly fromMs: number;
  readonly workers: number;
  readonly serviceMs: number;
}

export interface Scenario {
  readonly phases: readonly Phase[];
  readonly untilMs: number;
  /** How many callers there are, each of which calls again as soon as it has its answer. */
  readonly callers: number;
  /** How many requests may wait for a worker; those beyond are refused. */
  readonly queue: number;
  /** How much the time for a request varies: the sigma of a log-normal distribution with mean 1. */
  readonly noise: number;
  /** What the numbers of the noise begin with; 1 by default. */
  readonly seed?: number;
}

/** What was seen in a stretch of time. */
export interface Point {
  /** The end of the stretch. */
  readonly atMs: number;
  readonly workers: number;
  readonly serviceMs: number;
  /** The mean concurrency. */
  readonly limit: number;
  /** The mean latency of what was answered; 0 if nothing was. */
  readonly latencyMs: number;
  readonly answered: number;
  readonly refused: number;
}

export const STEP_MS = 500;

/** Numbers from 0 to less than 1, always the same ones: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The answer of a server that has too much to do. */
class Refusal extends Error {
  readonly status = 503;
}

class Server {
  phase: Phase;
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #line: (() => void)[] = [];
  #busy = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.phase = scenario.phases[0]!;
    this.#random = randomOf(scenario.seed ?? 1);
  }

  async answer(): Promise<void> {
    if (this.#busy >= this.phase.workers) {
      if (this.#line.length >= this.#scenario.queue) {
        // A refusal is quick, and not for nothing.
        await sleep(1);
        throw new Refusal("too much to do");
      }
      await new Promise<void>((resolve) => this.#line.push(resolve));
    } else {
      this.#busy++;
    }
    await sleep(this.phase.serviceMs * this.#vary());
    this.#busy--;
    this.dispatch();
  }

  /** Gives the first in line to the workers that are free. */
  dispatch(): void {
    while (this.#busy < this.phase.workers && this.#line.length > 0) {
      this.#busy++;
      this.#line.shift()!();
    }
  }

  #vary(): number {
    const { noise } = this.#scenario;
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    const normal = radius * Math.cos(2 * Math.PI * this.#random());
    return Math.exp(noise * normal - noise ** 2 / 2);
  }
}

class Recorder {
  readonly points: Point[] = [];
  #answered = 0;
  #refused = 0;
  #sumMs = 0;
  #limits = 0;
  #ticks = 0;

  answered(rttMs: number): void {
    this.#answered++;
    this.#sumMs += rttMs;
  }

  refused(): void {
    this.#refused++;
  }

  tick(limit: number): void {
    this.#ticks++;
    this.#limits += limit;
  }

  close(atMs: number, { workers, serviceMs }: Phase): void {
    this.points.push({
      atMs,
      workers,
      serviceMs,
      limit: this.#limits / this.#ticks,
      latencyMs: this.#answered === 0 ? 0 : this.#sumMs / this.#answered,
      answered: this.#answered,
      refused: this.#refused,
    });
    this.#answered = this.#refused = this.#sumMs = this.#limits = this.#ticks = 0;
  }
}

/** Lets the callers call the server under the limit, on a virtual clock. */
export function simulate(scenario: Scenario, create: () => AdaptiveLimit): Promise<Point[]> {
  return withVirtualClock(async () => {
    const limit = create();
    const server = new Server(scenario);
    const recorder = new Recorder();
    const request = async (): Promise<void> => {
      const begunMs = now();
      try {
        await server.answer();
        recorder.answered(now() - begunMs);
      } catch (error) {
        recorder.refused();
        throw error;
      }
    };
    const call = async (): Promise<void> => {
      while (now() < scenario.untilMs) await limit.run(request).catch(() => {});
    };
    const calls = Array.from({ length: scenario.callers }, call);
    for (let ms = STEP_MS / 10; ms <= scenario.untilMs; ms += STEP_MS / 10) {
      await sleep(ms - now());
      recorder.tick(limit.concurrency);
      if (ms % STEP_MS === 0) recorder.close(ms, server.phase);
      server.phase = scenario.phases.findLast(({ fromMs }) => fromMs <= ms)!;
      server.dispatch();
    }
    limit.clear();
    await Promise.all(calls);
    return recorder.points;
  });
}

/** What a stretch of time has shown, compared with what the server could do in it. */
export interface Summary {
  /** What was answered, over what the workers can answer. */
  readonly throughput: number;
  /** The mean latency over the time for a request. */
  readonly latency: number;
  /** The share of refused calls. */
  readonly refused: number;
  readonly limit: number;
}

export function summaryOf(points: readonly Point[], fromMs: number, untilMs: number): Summary {
  const within = points.filter(({ atMs }) => atMs > fromMs && atMs <= untilMs);
  const sum = (of: (point: Point) => number): number =>
    within.reduce((total, point) => total + of(point), 0);
  const answered = sum((point) => point.answered);
  const refused = sum((point) => point.refused);
  const possible = sum(({ workers, serviceMs }) => (workers * STEP_MS) / serviceMs);
  const latency = sum((point) => (point.latencyMs * point.answered) / point.serviceMs);
  return {
    throughput: answered / possible,
    latency: latency / answered,
    refused: refused / (answered + refused),
    limit: sum((point) => point.limit) / within.length,
  };
}
