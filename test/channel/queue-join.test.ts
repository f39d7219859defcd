import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { ClosedError, Queue, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

const UNDERFLOW =
  "Cannot mark an item as done: expected at most one call for each item, received one more";

describe("join()", () => {
  test("does not wait when nothing was put, or all is done, again and again", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    await queue.join();
    await queue.join();
    queue.tryPut(1);
    queue.tryGet();
    queue.taskDone();
    await queue.join();
    expect(queue.stats().unfinished).toBe(0);
  });

  test("waits until each item is marked as done, not only got", async () => {
    const queue = new Queue<number>({ capacity: 2 });
    const { log, note } = notes();
    for (const item of [1, 2]) queue.tryPut(item);
    const all = [note("a", queue.join()), note("b", queue.join())];
    for (let i = 0; i < 2; i++) queue.tryGet();
    queue.taskDone();
    await turn();
    expect(log).toEqual([]);
    queue.taskDone();
    await Promise.all(all);
    expect(log).toEqual(["a", "b"]);
  });

  test("waits for an item that is put while it waits, too", async () => {
    const queue = new Queue<number>({ capacity: 2 });
    const { log, note } = notes();
    queue.tryPut(1);
    const joined = note("join", queue.join());
    queue.tryPut(2);
    queue.taskDone();
    await turn();
    expect(log).toEqual([]);
    queue.taskDone();
    await joined;
  });

  test("waits for an item that was handed to one who waited, and for one that waited for room", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const got = queue.get();
    queue.tryPut(1);
    expect([await got, queue.stats().unfinished]).toEqual([1, 1]);
    queue.tryPut(2);
    const put = queue.put(3);
    expect(queue.stats().unfinished).toBe(2);
    queue.tryGet();
    await put;
    expect(queue.stats().unfinished).toBe(3);
  });

  test("of a queue with workers ends with the last of the work", async () => {
    await withVirtualClock(async (clock) => {
      const queue = new Queue<number>({ capacity: Infinity });
      let sum = 0;
      await taskGroup(async (group) => {
        for (let i = 0; i < 2; i++) {
          group.spawn(async ({ scope }) => {
            for await (const item of queue.values(at(scope))) {
              await sleep(10, at(scope));
              sum += item;
              queue.taskDone();
            }
          });
        }
        for (let i = 0; i < 100; i++) queue.tryPut(i);
        await queue.join();
        expect([sum, clock.now()]).toEqual([4_950, 500]);
        queue.close();
      });
    });
  });

  test("that is cancelled leaves nobody behind", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    queue.tryPut(1);
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [note("a", queue.join({ signal })), note("b", queue.join())];
    abort("gone");
    await all[0];
    queue.taskDone();
    await all[1];
    expect(log).toEqual(["a! gone", "b"]);
  });
});

describe("taskDone()", () => {
  test("once too often is a RangeError, which changes nothing", () => {
    const queue = new Queue<number>({ capacity: 1 });
    expect(() => queue.taskDone()).toThrow(new RangeError(UNDERFLOW));
    queue.tryPut(1);
    queue.taskDone();
    expect(() => queue.taskDone()).toThrow(new RangeError(UNDERFLOW));
    queue.tryGet();
    queue.tryPut(2);
    expect(queue.stats().unfinished).toBe(1);
  });

  test("for an item that is still in the queue counts once, also when that is dropped then", async () => {
    const queue = new Queue<number>({ capacity: 2 });
    for (const item of [1, 2]) queue.tryPut(item);
    queue.taskDone();
    queue.abort();
    expect(queue.stats().unfinished).toBe(0);
    expect(() => queue.taskDone()).toThrow(new RangeError(UNDERFLOW));
  });

  test("is due for no item that was not put", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    queue.tryPut(1);
    queue.tryPut(2);
    const { signal, abort } = aborter();
    const cancelled = queue.put(3, { signal });
    abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    const refused = queue.put(4);
    queue.close();
    await expect(refused).rejects.toBeInstanceOf(ClosedError);
    expect(queue.stats().unfinished).toBe(1);
  });
});
