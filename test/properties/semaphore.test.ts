import fc from "fast-check";
import { test } from "vitest";
import { Semaphore, type WaitOptions } from "corral";
import { command } from "./command.ts";
import { agreeOnLock } from "./lock-commands.ts";
import type { Claim, NaiveLock, Rules } from "./naive-lock.ts";
import type { RealLock, Subject } from "./real-lock.ts";

const MOST = 4;

class Weighted implements Rules<number> {
  permits: number;

  constructor(permits: number) {
    this.permits = permits;
  }

  #sum(weights: readonly number[]): number {
    return weights.reduce((sum, weight) => sum + weight, 0);
  }

  fits(weight: number, holders: readonly number[]): boolean {
    return this.#sum(holders) + weight <= this.permits;
  }

  related(): boolean {
    return true;
  }

  refuses(weight: number): string | undefined {
    return this.permits > 0 && weight > this.permits ? "RangeError" : undefined;
  }

  figures(holders: readonly Claim<number>[], line: readonly Claim<number>[]): unknown {
    return {
      permits: this.permits,
      available: this.permits - this.#sum(holders.map(({ want }) => want)),
      waiting: line.length,
    };
  }
}

class Real implements Subject<number> {
  readonly semaphore: Semaphore;

  constructor(permits: number) {
    this.semaphore = new Semaphore(permits);
  }

  acquire(weight: number, options: WaitOptions): ReturnType<Semaphore["acquire"]> {
    return this.semaphore.acquire({ ...options, weight });
  }

  tryAcquire(weight: number): ReturnType<Semaphore["tryAcquire"]> {
    return this.semaphore.tryAcquire({ weight });
  }

  run(weight: number, fn: () => Promise<void>, options: WaitOptions): Promise<void> {
    return this.semaphore.run(fn, { ...options, weight });
  }

  figures(): unknown {
    return this.semaphore.stats();
  }
}

function resize(model: NaiveLock<number>, real: RealLock<number, Real>, permits: number): void {
  (model.rules as Weighted).permits = permits;
  if (permits > 0) model.drop("RangeError", ({ want }) => want > permits);
  model.handOver();
  real.subject.semaphore.resize(permits);
}

test("Semaphore agrees with a naive list: permits, order, nobody forgotten, nothing retained", async () => {
  await agreeOnLock<number, number, Real>({
    start: fc.integer({ min: 0, max: MOST }),
    rules: (permits) => new Weighted(permits),
    subject: (permits) => new Real(permits),
    wants: fc.integer({ min: 1, max: MOST }),
    more: [command("resize", fc.integer({ min: 0, max: MOST }), resize)],
    open: (model, real) => resize(model, real, MOST),
  });
});
