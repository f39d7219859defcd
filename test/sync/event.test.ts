import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { AsyncEvent } from "corral";

describe("an event", () => {
  test("lets all go when it is set, in the order in which they came", async () => {
    const event = new AsyncEvent();
    const log: string[] = [];
    const calls = ["a", "b", "c"].map((name) => event.wait().then(() => log.push(name)));
    await turn();
    expect([log, event.isSet, event.waiting]).toEqual([[], false, 3]);
    event.set();
    expect([event.isSet, event.waiting]).toEqual([true, 0]);
    await Promise.all(calls);
    expect(log).toEqual(["a", "b", "c"]);
  });

  test("lets nobody wait while it is set", async () => {
    const event = new AsyncEvent();
    event.set();
    event.set();
    expect(await event.wait()).toBeUndefined();
    expect(event.stats()).toEqual({ isSet: true, waiting: 0 });
  });

  test("lets callers wait again once it was cleared, until it is set again", async () => {
    const event = new AsyncEvent();
    event.set();
    event.clear();
    expect(event.isSet).toBe(false);
    event.clear();
    const waiting = event.wait();
    await turn();
    expect(event.waiting).toBe(1);
    event.set();
    await waiting;
  });

  test("that is set and cleared in one step has let go all who waited", async () => {
    const event = new AsyncEvent();
    let count = 0;
    const waiting = event.wait().then(() => count++);
    event.set();
    event.clear();
    const later = event.wait().then(() => count++);
    await waiting;
    await turn();
    expect([count, event.waiting]).toEqual([1, 1]);
    event.set();
    event.set();
    await later;
    expect(count).toBe(2);
  });

  test("that is cleared by the first it lets go has let go the others, too", async () => {
    const event = new AsyncEvent();
    const log: string[] = [];
    const calls = [
      event.wait().then(() => {
        event.clear();
        log.push("a");
      }),
      event.wait().then(() => log.push("b")),
    ];
    event.set();
    await Promise.all(calls);
    expect([log, event.isSet]).toEqual([["a", "b"], false]);
  });
});
