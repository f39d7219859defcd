import { Queue, type QueueOrder, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Queue";

/** All items that a queue holds. */
function drain<T>(queue: Queue<T>): T[] {
  const items: T[] = [];
  for (let found = queue.tryGet(); found !== undefined; found = queue.tryGet()) {
    items.push(found.value);
  }
  return items;
}

for (const { suite, says, order, expected } of [
  {
    suite: "QueueBasicTests",
    says: "what was put first comes out first",
    order: "fifo",
    expected: [1, 3, 2],
  },
  {
    suite: "LifoQueueTests",
    says: "what was put last comes out first, if so ordered",
    order: "lifo",
    expected: [2, 3, 1],
  },
  {
    suite: "PriorityQueueTests",
    says: "the least comes out first, if so ordered",
    order: (a: number, b: number) => a - b,
    expected: [1, 2, 3],
  },
] satisfies { suite: string; says: string; order: QueueOrder<number>; expected: number[] }[]) {
  behaviour({ area, id: `${suite}.test_order`, says, verdict: "holds" }, () => {
    const queue = new Queue<number>({ capacity: Infinity, order });
    for (const item of [1, 3, 2]) queue.tryPut(item);
    expect(drain(queue)).toEqual(expected);
  });
}

behaviour(
  {
    area,
    id: "PriorityQueue: items that are equal",
    says: "of items that the order calls equal, the one that was put first comes out first",
    verdict: "holds",
    because: "asyncio compares the items further, which can fail.",
  },
  () => {
    const queue = new Queue<string>({
      capacity: Infinity,
      order: (a, b) => a.charCodeAt(0) - b.charCodeAt(0),
    });
    for (const item of ["b1", "a1", "b2", "a2", "b3", "a3", "a4"]) queue.tryPut(item);
    expect(drain(queue)).toEqual(["a1", "a2", "a3", "a4", "b1", "b2", "b3"]);
  },
);

/** An order that throws in every comparison with a number that is poisoned while it is so. */
function fragile(): { order: (a: number, b: number) => number; poisoned: Set<number> } {
  const poisoned = new Set<number>();
  const order = (a: number, b: number): number => {
    if (poisoned.has(a) || poisoned.has(b)) throw new Error("incomparable");
    return a - b;
  };
  return { order, poisoned };
}

behaviour(
  {
    area,
    id: "PriorityQueue: put with an order that throws",
    says: "an order that throws leaves the queue as it was: nothing is put, and no item is lost",
    verdict: "holds",
  },
  async () => {
    const { order, poisoned } = fragile();
    const queue = new Queue<number>({ capacity: Infinity, order });
    for (const item of [7, 5, 3, 1, 6, 4, 2]) queue.tryPut(item);
    poisoned.add(0);
    expect(() => queue.tryPut(0)).toThrow("incomparable");
    await expect(queue.put(0)).rejects.toThrow("incomparable");
    expect(queue.stats()).toMatchObject({ size: 7, unfinished: 7 });
    expect(drain(queue)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  },
);

behaviour(
  {
    area,
    id: "PriorityQueue: get with an order that throws",
    says: "an order that throws while an item is got takes none out, and the next get gives the least",
    verdict: "holds",
  },
  async () => {
    const { order, poisoned } = fragile();
    const queue = new Queue<number>({ capacity: Infinity, order });
    for (const item of [7, 5, 3, 1, 6, 4, 2]) queue.tryPut(item);
    for (const item of [2, 3, 4]) poisoned.add(item);
    expect(() => queue.tryGet()).toThrow("incomparable");
    await expect(queue.get()).rejects.toThrow("incomparable");
    expect(queue.size).toBe(7);
    poisoned.clear();
    expect(drain(queue)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  },
);

behaviour(
  {
    area,
    id: "PriorityQueue: a waiting put with an order that throws",
    says: "an order that throws when there is room for a waiting put fails that put alone",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const { order, poisoned } = fragile();
        const queue = new Queue<number>({ capacity: 2, order });
        for (const item of [1, 2]) queue.tryPut(item);
        const outcomes: string[] = [];
        for (const item of [0, 3]) {
          group.spawn(async (self) => {
            await queue.put(item, at(self.scope)).then(
              () => outcomes.push(`${item} put`),
              (error: Error) => outcomes.push(`${item} ${error.message}`),
            );
          });
        }
        expect(queue.stats().putting).toBe(2);
        poisoned.add(0);
        expect(queue.tryGet()).toEqual({ value: 1 });
        await clock.runUntilIdle();
        expect(outcomes.sort()).toEqual(["0 incomparable", "3 put"]);
        expect(queue.stats()).toMatchObject({ size: 2, unfinished: 3, putting: 0 });
        expect(drain(queue)).toEqual([2, 3]);
      }),
    ),
);
