import fc from "fast-check";
import { test } from "vitest";
import { KeyedMutex, KeyedSemaphore, type Permit, type WaitOptions } from "corral";
import { agreeOnLock } from "./lock-commands.ts";
import type { Rules } from "./naive-lock.ts";
import type { Subject } from "./real-lock.ts";

interface Want {
  readonly key: string;
  readonly weight: number;
}

/** A line and a number of permits for each key. */
function rulesOf(permits: number): Rules<Want> {
  const sum = (wants: readonly Want[]): number =>
    wants.reduce((weights, { weight }) => weights + weight, 0);
  return {
    fits: ({ key, weight }, holders) =>
      sum(holders.filter((it) => it.key === key)) + weight <= permits,
    related: (a, b) => a.key === b.key,
    groupOf: ({ key }) => key,
    refuses: ({ weight }) => (weight > permits ? "RangeError" : undefined),
    figures: (holders, line) => ({
      keys: new Set([...holders, ...line].map(({ want }) => want.key)).size,
      held: sum(holders.map(({ want }) => want)),
      waiting: line.length,
    }),
  };
}

class Semaphores implements Subject<Want> {
  readonly #locks: KeyedSemaphore<string>;

  constructor(permits: number) {
    this.#locks = new KeyedSemaphore(permits);
  }

  acquire({ key, weight }: Want, options: WaitOptions): Promise<Permit> {
    return this.#locks.acquire(key, { ...options, weight });
  }

  tryAcquire({ key, weight }: Want): Permit | undefined {
    return this.#locks.tryAcquire(key, { weight });
  }

  run({ key, weight }: Want, fn: () => Promise<void>, options: WaitOptions): Promise<void> {
    return this.#locks.run(key, fn, { ...options, weight });
  }

  figures(): unknown {
    return this.#locks.stats();
  }
}

class Mutexes implements Subject<Want> {
  readonly #locks = new KeyedMutex<string>();

  acquire({ key }: Want, options: WaitOptions): Promise<Permit> {
    return this.#locks.acquire(key, options);
  }

  tryAcquire({ key }: Want): Permit | undefined {
    return this.#locks.tryAcquire(key);
  }

  run({ key }: Want, fn: () => Promise<void>, options: WaitOptions): Promise<void> {
    return this.#locks.run(key, fn, options);
  }

  figures(): unknown {
    return this.#locks.stats();
  }
}

const key = fc.constantFrom("a", "b", "c");

test("KeyedSemaphore agrees with a naive list: permits, order, nobody forgotten, no key kept", async () => {
  await agreeOnLock<number, Want, Semaphores>({
    start: fc.integer({ min: 1, max: 3 }),
    rules: rulesOf,
    subject: (permits) => new Semaphores(permits),
    wants: fc.record({ key, weight: fc.integer({ min: 1, max: 3 }) }),
  });
});

test("KeyedMutex agrees with a naive list: order, nobody forgotten, no key kept", async () => {
  await agreeOnLock<undefined, Want, Mutexes>({
    start: fc.constant(undefined),
    rules: () => rulesOf(1),
    subject: () => new Mutexes(),
    wants: fc.record({ key, weight: fc.constant(1) }),
  });
});
