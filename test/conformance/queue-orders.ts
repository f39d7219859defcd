import type { QueueOrder } from "corral";

/** The kinds of queues that asyncio runs a suite for, and what they are here. */
export const orders: readonly {
  /** What asyncio's suites of that kind are called after. */
  readonly suite: string;
  readonly name: string;
  readonly order: QueueOrder<number>;
}[] = [
  { suite: "Queue", name: "first in, first out", order: "fifo" },
  { suite: "LifoQueue", name: "last in, first out", order: "lifo" },
  { suite: "PriorityQueue", name: "by priority", order: (a: number, b: number): number => a - b },
];
