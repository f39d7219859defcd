import { expect, test } from "vitest";
import { WorkQueue } from "corral";
import { withVirtualClock } from "corral/testing";

test("jobs of equal priority begin in the order in which they came, also when the clock changes", async () => {
  const queue = new WorkQueue({ concurrency: 1, paused: true });
  const log: string[] = [];
  const add = (name: string): void => void queue.add(() => log.push(name), { name });
  const names = (): string[] => queue.waiting().map(({ name }) => name);
  add("real");
  await withVirtualClock(async () => {
    add("virtual");
    expect(names()).toEqual(["real", "virtual"]);
    // Times of different clocks do not compare; an age is no negative number.
    for (const { ageMs } of queue.waiting()) expect(ageMs).toBeGreaterThanOrEqual(0);
    expect(queue.stats().oldestMs).toBeGreaterThanOrEqual(0);
  });
  add("real again");
  queue.resume();
  await queue.onIdle();
  expect(log.filter((name) => name !== "virtual")).toEqual(["real", "real again"]);
});

test("jobs of equal priority begin in the order in which they came, whatever rounding does to their ages", () =>
  withVirtualClock(async (clock) => {
    await clock.advance(2 ** 52);
    for (const priority of [0, -0, 0.1, 1e308, -1e308, 2 ** 53, 1e-300]) {
      for (const everyMs of [1e-320, 0.001, 1_000, 1e308, Infinity]) {
        const queue = new WorkQueue({ concurrency: 1, paused: true, ageing: { everyMs } });
        const log: number[] = [];
        for (let i = 0; i < 20; i++) {
          void queue.add(() => log.push(i), { priority });
          if (i % 7 === 0) await clock.advance(0.3);
        }
        queue.resume();
        await queue.onIdle();
        expect(log).toEqual(Array.from({ length: 20 }, (_, i) => i));
      }
    }
  }));
