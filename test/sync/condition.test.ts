import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { Condition, Mutex } from "corral";
import { waiters } from "./waiters.ts";

describe("run() of a condition", () => {
  test("holds the lock, and gives what the function gives", async () => {
    const condition = new Condition();
    const value = await condition.run(async () => [condition.mutex.locked, "value"]);
    expect(value).toEqual([true, "value"]);
    expect(condition.mutex.locked).toBe(false);
  });

  test("begins at once when the lock is free, and lets it go when the function fails", async () => {
    const condition = new Condition();
    const error = new Error("no");
    let begun = false;
    const call = condition.run(() => {
      begun = true;
      throw error;
    });
    expect(begun).toBe(true);
    await expect(call).rejects.toBe(error);
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("takes a signal for the wait in the line of the lock", async () => {
    const condition = new Condition();
    const held = await condition.mutex.acquire();
    const controller = new AbortController();
    const call = condition.run(() => {}, controller);
    controller.abort("gone");
    await expect(call).rejects.toBe("gone");
    held.release();
  });
});

describe("wait()", () => {
  test("lets the lock go", async () => {
    const { condition, log, wait } = waiters();
    const calls = [wait("a"), wait("b")];
    expect(condition.stats()).toEqual({ locked: false, waiting: 2 });
    await condition.mutex.run(() => log.push("another"));
    await condition.run((held) => held.notifyAll());
    await Promise.all(calls);
    expect(log).toEqual(["another", "a", "b"]);
  });

  test("goes on only when the notifying section has ended, and holds the lock then", async () => {
    const { condition, log, wait } = waiters();
    const waiting = wait("notified");
    await condition.run(async (held) => {
      held.notify();
      expect(condition.waiting).toBe(0);
      await turn();
      log.push("section ends");
    });
    await waiting;
    expect(log).toEqual(["section ends", "notified"]);
    expect(condition.mutex.locked).toBe(false);
  });

  test("goes on before a section that came to the lock after the notification", async () => {
    const { condition, log, wait } = waiters();
    const waiting = wait("notified");
    let newcomer: Promise<unknown> | undefined;
    const earlier = condition.run(async (held) => {
      await turn();
      held.notify();
      newcomer = condition.mutex.acquire().then((permit) => {
        log.push("newcomer");
        permit.release();
      });
    });
    await turn();
    const inLine = condition.mutex.acquire().then((permit) => {
      log.push("in line before");
      permit.release();
    });
    await Promise.all([waiting, earlier, inLine]);
    await newcomer;
    expect(log.toSorted()).toEqual(["in line before", "newcomer", "notified"]);
    expect(log.indexOf("notified")).toBeLessThan(log.indexOf("newcomer"));
  });

  test("can be called again and again in one section", async () => {
    const { condition, log } = waiters();
    const consumer = condition.run(async (held) => {
      for (let i = 0; i < 3; i++) {
        await held.wait();
        log.push(`round ${i}`);
      }
    });
    for (let i = 0; i < 3; i++) await condition.run((held) => held.notify());
    await consumer;
    expect(log).toEqual(["round 0", "round 1", "round 2"]);
  });

  test("lets the section notify others once it has gone on", async () => {
    const { condition, log, wait } = waiters();
    const calls = [wait("a", (held) => held.notify(2)), wait("b"), wait("c"), wait("d")];
    await condition.run((held) => held.notify());
    await Promise.all(calls.slice(0, 3));
    expect([log, condition.waiting]).toEqual([["a", "b", "c"], 1]);
    await condition.run((held) => held.notify());
    await calls[3];
  });
});

describe("the lock of a condition", () => {
  test("may be given, and shared by two of them", async () => {
    const mutex = new Mutex();
    const full = new Condition(mutex);
    const empty = new Condition(mutex);
    expect([full.mutex, empty.mutex]).toEqual([mutex, mutex]);
    const log: string[] = [];
    const calls = [
      full.run(async (held) => {
        await held.wait();
        log.push("full");
      }),
      empty.run(async (held) => {
        await held.wait();
        log.push("empty");
      }),
    ];
    await turn();
    expect([mutex.locked, full.waiting, empty.waiting]).toEqual([false, 1, 1]);
    await empty.run((held) => {
      expect([mutex.locked, full.stats().locked]).toEqual([true, true]);
      held.notifyAll();
    });
    await calls[1];
    expect([log, full.waiting]).toEqual([["empty"], 1]);
    await full.run((held) => held.notify());
    await calls[0];
  });

  test("is a new one with the name of the condition otherwise", () => {
    const condition = new Condition(undefined, { name: "items" });
    expect([condition.name, condition.mutex.name]).toEqual(["items", "items"]);
    expect(condition.mutex).not.toBe(new Condition().mutex);
  });
});
