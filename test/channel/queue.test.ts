import { describe, expect, test } from "vitest";
import { Queue } from "corral";
import { notes } from "./notes.ts";

/** All that can be got now. */
function drain<T>(queue: Queue<T>): T[] {
  const items: T[] = [];
  for (let next = queue.tryGet(); next !== undefined; next = queue.tryGet()) items.push(next.value);
  return items;
}

describe("a queue gives", () => {
  test("the oldest item first, by default and if told so", () => {
    for (const queue of [
      new Queue<number>({ capacity: 5 }),
      new Queue<number>({ capacity: 5, order: undefined }),
      new Queue<number>({ capacity: 5, order: "fifo" }),
    ]) {
      for (const item of [1, 3, 2]) queue.tryPut(item);
      expect(drain(queue)).toEqual([1, 3, 2]);
    }
  });

  test('the newest item first with the order "lifo"', () => {
    const queue = new Queue<number>({ capacity: 5, order: "lifo" });
    for (const item of [1, 3, 2]) queue.tryPut(item);
    expect(queue.tryGet()).toEqual({ value: 2 });
    queue.tryPut(4);
    expect(drain(queue)).toEqual([4, 3, 1]);
  });

  test("the least item first with a comparison, and of equal ones the oldest", () => {
    type Job = [name: string, priority: number];
    const queue = new Queue<Job>({ capacity: 9, order: (a, b) => a[1] - b[1] });
    const put = (jobs: Job[]): void => jobs.forEach((job) => queue.tryPut(job));
    put([
      ["a", 1],
      ["b", 0],
      ["c", 1],
      ["d", 0],
    ]);
    expect(queue.tryGet()?.value[0]).toBe("b");
    put([
      ["e", 1],
      ["f", 0],
      ["g", 1],
    ]);
    expect(drain(queue).map(([name]) => name)).toEqual(["d", "f", "a", "c", "e", "g"]);
  });

  test.each<[string, "fifo" | "lifo" | (() => number)]>([
    ["fifo", "fifo"],
    ["lifo", "lifo"],
    ["a comparison", () => 0],
  ])("items that are undefined, null or false as they are: %s", async (_, order) => {
    const queue = new Queue<unknown>({ capacity: 3, order });
    for (const item of [undefined, null, false]) {
      expect(queue.tryPut(item)).toBe(true);
      expect(queue.tryGet()).toEqual({ value: item });
      await queue.put(item);
      expect(await queue.get()).toBe(item);
      const got = queue.get();
      await queue.put(item);
      expect(await got).toBe(item);
    }
    expect(queue.size).toBe(0);
  });
});

describe("tryPut()", () => {
  test("puts while there is room, and says when there is none", () => {
    const queue = new Queue<number>({ capacity: 2 });
    expect([queue.tryPut(1), queue.tryPut(2), queue.tryPut(3)]).toEqual([true, true, false]);
    expect([queue.size, queue.capacity, drain(queue)]).toEqual([2, 2, [1, 2]]);
  });

  test("gives to the first who waits, in the same step", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { log, note } = notes();
    const all = [note("a", queue.get()), note("b", queue.get())];
    expect([queue.tryPut(1), queue.tryPut(2), queue.tryPut(3), queue.tryPut(4)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(queue.stats()).toMatchObject({ size: 1, getting: 0 });
    await Promise.all(all);
    expect(log).toEqual(["a: 1", "b: 2"]);
  });
});

describe("tryGet()", () => {
  test("gives nothing when nothing is there", () => {
    const queue = new Queue<number>({ capacity: 1 });
    expect(queue.tryGet()).toBeUndefined();
    queue.tryPut(1);
    expect([queue.tryGet(), queue.tryGet()]).toEqual([{ value: 1 }, undefined]);
  });

  test("lets the first in who waits to put, in the same step", async () => {
    const queue = new Queue<string>({ capacity: 1 });
    queue.tryPut("first");
    const { log, note } = notes();
    const all = [note("a", queue.put("a")), note("b", queue.put("b"))];
    expect(queue.tryGet()).toEqual({ value: "first" });
    expect(queue.stats()).toMatchObject({ size: 1, putting: 1 });
    await all[0];
    expect(log).toEqual(["a"]);
    expect([queue.tryGet(), queue.tryGet()]).toEqual([{ value: "a" }, { value: "b" }]);
    await Promise.all(all);
  });
});

describe("a capacity", () => {
  test("of 1 holds one item", () => {
    const queue = new Queue<number>({ capacity: 1 });
    expect([queue.tryPut(1), queue.tryPut(2), queue.size]).toEqual([true, false, 1]);
  });

  test("of Infinity is never full", async () => {
    const queue = new Queue<number>({ capacity: Infinity });
    const items = Array.from({ length: 2_000 }, (_, i) => i);
    await Promise.all(items.map((item) => queue.put(item)));
    expect([queue.size, queue.stats().putting]).toEqual([2_000, 0]);
    expect(drain(queue)).toEqual(items);
  });
});

test.each<"lifo" | ((a: number, b: number) => number)>(["lifo", (a, b) => a - b])(
  "who waits for room is let in first come first, whatever the order: %o",
  async (order) => {
    const queue = new Queue<number>({ capacity: 1, order });
    queue.tryPut(1);
    const puts = [queue.put(3), queue.put(2)];
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual([1, 3, 2]);
    await Promise.all(puts);
  },
);
