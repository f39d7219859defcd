// A comparison that throws: whoever asked for it hears of it, and nothing has changed.
import { describe, expect, test } from "vitest";
import { Queue, recv, select, send, trySelect } from "corral";
import { notes } from "./notes.ts";

const failure = new Error("no order");

/** A queue whose comparison throws at the `at`-th call after `arm()`, and never by itself. */
function fragile(capacity = Infinity): {
  queue: Queue<number>;
  arm: (at: number) => void;
  drain: () => (number | undefined)[];
} {
  let left = Infinity;
  const order = (a: number, b: number): number => {
    if (--left === 0) throw failure;
    return a - b;
  };
  const queue = new Queue<number>({ capacity, order });
  const drain = (): (number | undefined)[] => {
    left = Infinity;
    return Array.from({ length: queue.size }, () => queue.tryGet()?.value);
  };
  return {
    queue,
    arm: (at) => {
      left = at;
    },
    drain,
  };
}

const items = [5, 3, 9, 1, 7, 2, 8, 6];
const sorted = items.toSorted((a, b) => a - b);

/** Makes each comparison of a step throw in turn, until the step needs no more of them. */
async function inEachPosition(
  step: (queue: Queue<number>) => unknown,
  after: (left: (number | undefined)[], stats: { unfinished: number }) => void,
): Promise<number> {
  for (let at = 1; ; at++) {
    const { queue, arm, drain } = fragile();
    for (const item of items) queue.tryPut(item);
    arm(at);
    try {
      await step(queue);
      return at - 1;
    } catch (error) {
      expect(error).toBe(failure);
    }
    const stats = queue.stats();
    after(drain(), stats);
  }
}

describe("a comparison that throws, wherever it does, changes nothing", () => {
  test.each<[string, (queue: Queue<number>) => unknown]>([
    ["tryPut()", (queue) => queue.tryPut(0)],
    ["put()", (queue) => queue.put(0)],
    ["tryGet()", (queue) => queue.tryGet()],
    ["get()", (queue) => queue.get()],
    ["an iteration", (queue) => queue.values().next()],
    ["select() of a put", (queue) => select({ a: send(queue, 0) })],
    ["select() of a get", (queue) => select({ a: recv(queue) })],
    ["trySelect() of a put", (queue) => trySelect({ a: send(queue, 0) })],
  ])("in %s", async (_, step) => {
    const positions = await inEachPosition(step, (left, { unfinished }) => {
      expect(left).toEqual(sorted);
      expect(unfinished).toBe(items.length);
    });
    expect(positions).toBeGreaterThan(1);
  });
});

describe("a comparison that throws for one who waits for room", () => {
  test("rejects that put() alone, and lets in the next", async () => {
    const { queue, arm, drain } = fragile(2);
    for (const item of [2, 4]) queue.tryPut(item);
    const { log, note } = notes();
    const all = [note("a", queue.put(1)), note("b", queue.put(3))];
    arm(1);
    // What was got was got: the failure is that of the put.
    expect(queue.tryGet()).toEqual({ value: 2 });
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! Error", "b"]);
    expect(queue.stats()).toMatchObject({ size: 2, putting: 0, unfinished: 3 });
    expect(drain()).toEqual([3, 4]);
  });

  test("rejects a select() that waits to put", async () => {
    const { queue, arm, drain } = fragile(2);
    for (const item of [2, 4]) queue.tryPut(item);
    const other = new Queue<number>({ capacity: 1 });
    const chosen = select({ a: send(queue, 1), b: recv(other) });
    arm(1);
    expect(await queue.get()).toBe(2);
    await expect(chosen).rejects.toBe(failure);
    expect([other.stats().getting, queue.stats().unfinished]).toEqual([0, 2]);
    expect(drain()).toEqual([4]);
  });
});

test("an item that goes to one who waits is compared with none", async () => {
  const { queue, arm } = fragile();
  arm(1);
  const got = queue.get();
  await queue.put(1);
  expect(await got).toBe(1);
});

test("a comparison that gives no number rejects put() with a TypeError", async () => {
  const queue = new Queue<number>({ capacity: 2, order: () => Number.NaN });
  await queue.put(1);
  await expect(queue.put(2)).rejects.toThrow(
    new TypeError('Cannot order items: "order" must return a number, received NaN'),
  );
  expect(queue.stats()).toMatchObject({ size: 1, unfinished: 1 });
});
