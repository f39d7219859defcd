import { describe, expect, test } from "vitest";
import { any, gather, limit, map, race, sleep, taskGroup } from "corral";
import { leastLeft } from "../support/heap.ts";

/** Many operations on one signal, beside one wait on it that never ends. */
const operations: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
  "gather()": (signal) => gather([() => 1], { signal }),
  "race()": (signal) => race([() => 1], { signal }),
  "race() with a loser that sleeps": (signal) =>
    race<unknown>([() => 1, (scope) => sleep(3_600_000, { signal: scope.signal })], { signal }),
  "any()": (signal) => any([() => 1], { signal }),
  "map()": (signal) => map([1], () => 1, { concurrency: 1, signal }),
  "taskGroup()": (signal) => taskGroup(() => 1, { signal }),
};

// The first 20 000 bring tables to their size, which are not made smaller again.
describe("pitfall 20: beside one that never ends, nothing is kept of 20 000 calls of", () => {
  test.each(Object.entries(operations))(
    "%s",
    async (_, operation) => {
      const controller = new AbortController();
      const { signal } = controller;
      const endless = sleep(Infinity, { signal }).catch(() => {});
      for (let i = 0; i < 20_000; i++) await operation(signal);
      const round = async (): Promise<void> => {
        for (let i = 0; i < 20_000; i++) await operation(signal);
      };
      expect(await leastLeft(round, 512 * 1024)).toBeLessThan(512 * 1024);
      controller.abort();
      await endless;
    },
    30_000,
  );

  test("spawn() in one group", async () => {
    await taskGroup(async (group) => {
      const endless = group.spawn((task) => sleep(Infinity, { signal: task.scope.signal }));
      for (let i = 0; i < 20_000; i++) await group.spawn(() => 1);
      const round = async (): Promise<void> => {
        for (let i = 0; i < 20_000; i++) await group.spawn(() => 1);
      };
      expect(await leastLeft(round, 512 * 1024)).toBeLessThan(512 * 1024);
      endless.cancel();
    });
  }, 30_000);

  test("one limit", async () => {
    const two = limit(2);
    const controller = new AbortController();
    const endless = two(() => sleep(Infinity, { signal: controller.signal })).catch(() => {});
    for (let i = 0; i < 20_000; i++) await two(() => 1);
    const round = async (): Promise<void> => {
      for (let i = 0; i < 20_000; i++) await two(() => 1);
    };
    expect(await leastLeft(round, 512 * 1024)).toBeLessThan(512 * 1024);
    controller.abort();
    await endless;
  }, 30_000);
});
