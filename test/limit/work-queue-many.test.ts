// Many jobs: nothing is kept of those that have left, and the event loop stays alive.
import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { WorkQueue } from "corral";
import { runtime } from "../../src/internal/runtime.ts";
import { RankHeap, type Ranked } from "../../src/limit/work-queue-heap.ts";

test("pitfall 13, 14: jobs that are cancelled at random leave nothing behind, in n log n steps", async () => {
  const count = 20_000;
  let steps = 0;
  const heap = new RankHeap<Ranked>();
  const items = Array.from({ length: count }, (_, order) => {
    const key = (order * 7_919) % 101;
    let index = -1;
    return {
      key,
      order,
      get index() {
        return index;
      },
      // Counted, not timed: it is set once for each step.
      set index(value) {
        steps++;
        index = value;
      },
    };
  });
  for (const item of items) heap.push(item);
  for (let i = 0; i < count; i++) heap.remove(items[(i * 4_999) % count]!);
  expect(heap.size).toBe(0);
  expect(steps / count).toBeLessThan(2 * Math.log2(count));
});

test("jobs that share a signal have one listener, and are cancelled in one go", async () => {
  const queue = new WorkQueue({ concurrency: 1, paused: true });
  const controller = new AbortController();
  const { signal } = controller;
  let left = 0;
  for (let i = 0; i < 10_000; i++) {
    queue.add(() => {}, { signal, priority: i % 7 }).catch(() => left++);
  }
  const kept = [1, 2].map((i) => queue.add(() => i));
  expect([getEventListeners(signal, "abort").length, queue.size]).toEqual([1, 10_002]);
  controller.abort();
  expect([getEventListeners(signal, "abort").length, queue.size]).toEqual([0, 2]);
  queue.resume();
  expect(await Promise.all(kept)).toEqual([1, 2]);
  await queue.onIdle();
  while (runtime.hop !== undefined) await turn();
  expect(left).toBe(10_000);
});

test.each(["up front", "one after the other"])(
  "pitfall 22: ready jobs, added %s, let the event loop turn",
  async (way) => {
    const queue = new WorkQueue({ concurrency: 10 });
    let turns = 0;
    let over = false;
    const ticking = (async () => {
      while (!over) {
        await turn();
        turns++;
      }
    })();
    if (way === "up front") {
      await Promise.all(Array.from({ length: 20_000 }, () => queue.add(() => {})));
    } else {
      for (let i = 0; i < 20_000; i++) await queue.add(() => {});
    }
    over = true;
    await ticking;
    expect(turns).toBeGreaterThan(20);
  },
);

test("jobs that are refused let the event loop turn", async () => {
  const queue = new WorkQueue({ concurrency: 1, capacity: 0, overflow: "reject", paused: true });
  let turned = false;
  void turn().then(() => (turned = true));
  let refused = 0;
  while (!turned && refused < 100_000) await queue.add(() => {}).catch(() => refused++);
  expect(turned).toBe(true);
});

test("the order of starts is that of the calls, however much of the budget is spent", async () => {
  const queue = new WorkQueue({ concurrency: 1, ageing: { everyMs: Infinity } });
  const order: number[] = [];
  const jobs = Array.from({ length: 3_000 }, (_, i) => queue.add(() => void order.push(i)));
  await Promise.all(jobs);
  expect(order).toEqual(Array.from({ length: 3_000 }, (_, i) => i));
});
