import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { Condition } from "corral";
import { waiters } from "./waiters.ts";

describe("notify()", () => {
  test("lets the first go on, or the first so many, one after the other", async () => {
    const { condition, log, wait } = waiters();
    const calls = ["a", "b", "c", "d"].map((name) => wait(name));
    await turn();
    await condition.run((held) => held.notify());
    await calls[0];
    expect([log, condition.waiting]).toEqual([["a"], 3]);
    await condition.run((held) => held.notify(2));
    await calls[2];
    expect([log, condition.waiting]).toEqual([["a", "b", "c"], 1]);
    await condition.run((held) => held.notify());
    await calls[3];
  });

  test("keeps the lock to one of the notified at a time", async () => {
    const { condition, wait } = waiters();
    let inside = 0;
    let most = 0;
    const busy = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await turn();
      inside--;
    };
    const calls = ["a", "b", "c"].map((name) => wait(name, busy));
    await condition.run((held) => held.notifyAll());
    await Promise.all(calls);
    expect(most).toBe(1);
  });

  test("forgets what is more than there are waiters, and remembers nothing for later", async () => {
    const { condition, log, wait } = waiters();
    const calls = ["a", "b"].map((name) => wait(name));
    await condition.run((held) => {
      held.notify(1);
      held.notify(2_048);
      held.notify(5);
    });
    await Promise.all(calls);
    expect(log).toEqual(["a", "b"]);
    const later = wait("later");
    await turn();
    expect([log.length, condition.waiting]).toEqual([2, 1]);
    await condition.run((held) => held.notifyAll());
    await later;
  });

  test("reaches nobody when nobody waits", async () => {
    const condition = new Condition();
    await condition.run((held) => {
      held.notify();
      held.notifyAll();
    });
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });
});
