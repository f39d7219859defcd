import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { Queue, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("an iteration of a queue", () => {
  test("gives the items as they come, and ends when the queue is closed and empty", async () => {
    const queue = new Queue<unknown>({ capacity: 2 });
    const items = collect(queue);
    for (const item of [1, undefined, null, 4, 5]) await queue.put(item);
    queue.close();
    expect(await items).toEqual([1, undefined, null, 4, 5]);
  });

  test("gives what is left in a queue that was closed before", async () => {
    const queue = new Queue<number>({ capacity: 3, order: "lifo" });
    for (const item of [1, 2, 3]) queue.tryPut(item);
    queue.close();
    expect(await collect(queue)).toEqual([3, 2, 1]);
    expect(await collect(queue)).toEqual([]);
  });

  test("throws the reason of an abort, and drops what was left", async () => {
    const queue = new Queue<number>({ capacity: 3 });
    for (const item of [1, 2, 3]) queue.tryPut(item);
    const reason = new Error("broken");
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const item of queue) {
        seen.push(item);
        queue.abort(reason);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(seen).toEqual([1]);
  });

  test("throws the reason of an abort that comes while it waits", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const next = queue.values().next();
    queue.abort("broken");
    await expect(next).rejects.toBe("broken");
  });

  test("shares the items with others: each goes to one of them, in turn as they wait", async () => {
    await withVirtualClock(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      const got: Record<string, number[]> = { a: [], b: [] };
      await taskGroup(async (group) => {
        for (const [name, list] of Object.entries(got)) {
          group.spawn(
            async ({ scope }) => {
              for await (const item of queue.values(at(scope))) {
                list.push(item);
                await sleep(10, at(scope));
              }
            },
            { name },
          );
        }
        for (let item = 0; item < 6; item++) await queue.put(item);
        queue.close();
      });
      expect(got).toEqual({ a: [0, 2, 4], b: [1, 3, 5] });
    });
  });

  test("that is broken off closes nothing, and takes nothing more", async () => {
    const queue = new Queue<number>({ capacity: 3 });
    for (const item of [1, 2, 3]) queue.tryPut(item);
    const iterator = queue.values();
    for await (const item of iterator) if (item === 1) break;
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
    expect([queue.size, queue.closed]).toEqual([2, false]);
    queue.close();
    expect(await collect(queue)).toEqual([2, 3]);
  });

  test("ends for all that wait when the queue is closed, in order", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { log, note } = notes();
    const all = ["a", "b"].map((name) => note(name, collect(queue)));
    const get = note("get", queue.get());
    queue.close();
    await Promise.all([...all, get]);
    expect(log.toSorted()).toEqual(["a: []", "b: []", "get! ClosedError"]);
  });

  test("ends with its signal, and leaves the queue as it is", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { signal, abort } = aborter();
    const loop = collect(queue.values({ signal }));
    await queue.put(1);
    abort("enough");
    await expect(loop).rejects.toBe("enough");
    expect(queue.stats()).toMatchObject({ getting: 0, closed: false });
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    await expect(queue.values({ signal }).next()).rejects.toBe("enough");
    queue.tryPut(2);
    expect(await queue.get()).toBe(2);
  });
});
