import { describe, expect, test } from "vitest";
import { now, safeChannel, sleep, TaskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("a scope that stays open over a yield", () => {
  test("does not reach the one who reads, and ends with the generator", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const channel = safeChannel(async function* (scope) {
        await using group = new TaskGroup(at(scope));
        group.spawn(async (task) => {
          try {
            for (;;) await sleep(10, at(task.scope));
          } finally {
            log.push(`child has ended at ${now()}`);
          }
        });
        for (const n of [1, 2, 3]) yield n;
      });
      for await (const n of channel) {
        await sleep(25);
        log.push(`${n} at ${now()}`);
        if (n === 2) break;
      }
      log.push("after the loop");
      expect(log).toEqual(["1 at 25", "2 at 50", "child has ended at 50", "after the loop"]);
    });
  });

  test("is a group whose child fails between two items: the reader gets that with the next", async () => {
    await withVirtualClock(async () => {
      const failure = new Error("child");
      const channel = safeChannel(async function* (scope) {
        await using group = new TaskGroup(at(scope));
        group.spawn(async (task) => {
          await sleep(10, at(task.scope));
          throw failure;
        });
        yield 1;
        await group.join();
        yield 2;
      });
      expect(await channel.next()).toEqual({ value: 1, done: false });
      await sleep(50);
      await expect(channel.next()).rejects.toBe(failure);
    });
  });

  test("is a group with a timeout that passes between two items: the reader is not cut short", async () => {
    await withVirtualClock(async () => {
      const channel = safeChannel(async function* (scope) {
        await using group = new TaskGroup({ timeoutMs: 10, ...at(scope) });
        group.spawn((task) => sleep(1_000, at(task.scope)));
        yield 1;
        await group.join();
        yield 2;
      });
      expect(await channel.next()).toEqual({ value: 1, done: false });
      await sleep(50);
      expect(now()).toBe(50);
      await expect(channel.next()).rejects.toBeInstanceOf(TimeoutError);
    });
  });

  test("within one item is a timeout like any other", async () => {
    await withVirtualClock(async () => {
      const channel = safeChannel(async function* () {
        yield await timeout(10, (scope) => sleep(5, at(scope)).then(() => "in time"));
        yield await timeout(10, (scope) => sleep(50, at(scope)).then(() => "late"));
      });
      expect((await channel.next()).value).toBe("in time");
      await expect(channel.next()).rejects.toBeInstanceOf(TimeoutError);
      expect(now()).toBe(15);
    });
  });
});
