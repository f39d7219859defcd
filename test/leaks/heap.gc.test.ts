import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { cancellable, CancelScope, limit, map, sleep, taskGroup, timeout } from "corral";
import { leastLeft } from "../support/heap.ts";

const OPERATIONS = 20_000;
/** What one operation may leave behind: nothing. A listener or a scope left would be hundreds. */
const BYTES_EACH = 20;

/** How many bytes each operation leaves. Tables that grow once, to stay, do so in the first round. */
async function left(operation: (i: number) => Promise<unknown>): Promise<number> {
  const round = async (): Promise<void> => {
    for (let i = 0; i < OPERATIONS; i++) await operation(i);
  };
  return (await leastLeft(round, OPERATIONS * BYTES_EACH)) / OPERATIONS;
}

test("the measure sees what is left", async () => {
  const kept: object[] = [];
  expect(await left(async (i) => kept.push({ i, text: `entry ${i}` }))).toBeGreaterThan(BYTES_EACH);
  expect(kept.length).toBeGreaterThan(OPERATIONS);
});

describe("20,000 operations on one long-lived signal leave the heap flat", () => {
  const { signal } = new AbortController();
  const two = limit(2);
  const operations: [string, (i: number) => Promise<unknown>][] = [
    ["sleep()", () => sleep(0, { signal })],
    ["limit()", (i) => two(() => i, { signal })],
    ["limit() in line", () => Promise.all([1, 2, 3, 4].map((i) => two(async () => i, { signal })))],
    ["cancellable(promise)", (i) => cancellable(Promise.resolve(i), { signal })],
    ["cancellable(function)", (i) => cancellable(() => i, { signal })],
    ["timeout()", (i) => timeout(60_000, () => i, { signal })],
    [
      "timeout() that hands its signal out",
      (i) => timeout(60_000, (scope) => scope.signal.aborted || i, { signal }),
    ],
    ["taskGroup()", () => taskGroup(async (group) => void group.spawn(() => 1), { signal })],
    ["map()", () => map([1, 2], (i) => i, { concurrency: 2, signal })],
    [
      "a cancelled scope",
      async () => {
        const scope = new CancelScope({ signal });
        await scope
          .run(() => {
            scope.cancel();
            return sleep(5);
          })
          .catch(() => {});
      },
    ],
  ];
  test.each(operations)("%s", { timeout: 60_000 }, async (_, operation) => {
    expect(await left(operation)).toBeLessThan(BYTES_EACH);
    expect(getEventListeners(signal, "abort").length).toBeLessThanOrEqual(1);
  });
});

test(
  "one task that never ends and 20,000 short ones leave the heap flat",
  { timeout: 60_000 },
  async () => {
    let each = Infinity;
    await taskGroup(async (group) => {
      const endless = group.spawn(() => sleep(Infinity));
      each = await left(async () => {
        await group.spawn(async () => {
          await Promise.resolve();
        });
      });
      expect(group.size).toBe(1);
      endless.cancel();
    });
    expect(each).toBeLessThan(BYTES_EACH);
  },
);

test(
  "one promise that never settles and 20,000 abandoned waits for others leave the heap flat",
  { timeout: 60_000 },
  async () => {
    const scope = new CancelScope();
    let each = Infinity;
    await scope.run(async () => {
      each = await left(async () => {
        const controller = new AbortController();
        const wait = cancellable(new Promise(() => {}), { signal: controller.signal });
        controller.abort();
        await wait.catch(() => {});
      });
    });
    expect(each).toBeLessThan(BYTES_EACH);
  },
);

test(
  "one open scope and 20,000 scopes in it leave the heap flat",
  { timeout: 60_000 },
  async () => {
    let each = Infinity;
    await new CancelScope().run(async () => {
      each = await left(() => timeout(60_000, (scope) => sleep(0, { signal: scope.signal })));
    });
    expect(each).toBeLessThan(BYTES_EACH);
  },
);
