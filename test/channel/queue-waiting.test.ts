import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { Queue } from "corral";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

function full(): Queue<string> {
  const queue = new Queue<string>({ capacity: 1 });
  queue.tryPut("first");
  return queue;
}

describe("put()", () => {
  test("waits for room, first come first", async () => {
    const queue = full();
    const { log, note } = notes();
    const all = ["a", "b", "c"].map((item) => note(item, queue.put(item)));
    await turn();
    expect([log, queue.stats().putting]).toEqual([[], 3]);
    expect(await queue.get()).toBe("first");
    await turn();
    expect([log, queue.stats().putting]).toEqual([["a"], 2]);
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(["a", "b", "c"]);
    await Promise.all(all);
    expect(log).toEqual(["a", "b", "c"]);
  });

  test("is overtaken by no newcomer, when room has come in the same step", async () => {
    const queue = full();
    const waiting = queue.put("a");
    expect(queue.tryGet()).toEqual({ value: "first" });
    expect(queue.tryPut("newcomer")).toBe(false);
    const newcomer = queue.put("newcomer");
    expect([await queue.get(), await queue.get()]).toEqual(["a", "newcomer"]);
    await Promise.all([waiting, newcomer]);
  });

  test("that is cancelled has put nothing, and the others keep their order", async () => {
    const queue = full();
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [
      note("a", queue.put("a", { signal })),
      note("b", queue.put("b")),
      note("c", queue.put("c", { signal })),
      note("d", queue.put("d")),
    ];
    abort("gone");
    expect(queue.stats()).toMatchObject({ size: 1, putting: 2, unfinished: 1 });
    expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(["first", "b", "d"]);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b", "c! gone", "d"]);
    expect(queue.tryGet()).toBeUndefined();
  });

  test("that was let in and is cancelled after that, in the same step, has put its item", async () => {
    const queue = full();
    const { signal, abort } = aborter();
    const put = queue.put("a", { signal });
    queue.tryGet();
    abort("late");
    await put;
    expect(queue.tryGet()).toEqual({ value: "a" });
  });

  test("puts nothing when its signal has aborted, also before its listener has run", async () => {
    const queue = full();
    const { signal, abort } = aborter(() => void queue.tryGet());
    const { log, note } = notes();
    const all = [note("a", queue.put("a", { signal })), note("b", queue.put("b"))];
    abort("gone");
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b"]);
    expect([queue.tryGet(), queue.tryGet()]).toEqual([{ value: "b" }, undefined]);
  });
});

describe("get()", () => {
  test("waits for an item, first come first", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { log, note } = notes();
    const all = ["a", "b", "c"].map((name) => note(name, queue.get()));
    for (const item of [1, 2, 3]) await queue.put(item);
    await Promise.all(all);
    expect(log).toEqual(["a: 1", "b: 2", "c: 3"]);
    expect(queue.size).toBe(0);
  });

  test("is overtaken by no newcomer, when an item has come in the same step", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const waiting = queue.get();
    queue.tryPut(1);
    expect(queue.tryGet()).toBeUndefined();
    expect(await waiting).toBe(1);
  });

  test("leaves the line when its signal aborts, and the others keep their order", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [
      note("a", queue.get({ signal })),
      note("b", queue.get()),
      note("c", queue.get({ signal })),
      note("d", queue.get()),
    ];
    abort("gone");
    expect(queue.stats().getting).toBe(2);
    queue.tryPut(1);
    queue.tryPut(2);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b: 1", "c! gone", "d: 2"]);
  });

  test("keeps the item that it was given when it is cancelled after that, in the same step", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { signal, abort } = aborter();
    const got = queue.get({ signal });
    queue.tryPut(1);
    abort("late");
    expect([await got, queue.size]).toEqual([1, 0]);
  });

  test("leaves the item to the others when it is cancelled in the step before", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [note("a", queue.get({ signal })), note("b", queue.get())];
    abort("gone");
    queue.tryPut(1);
    queue.tryPut(2);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b: 1"]);
    expect(queue.tryGet()).toEqual({ value: 2 });
  });

  test("takes nothing when its signal has aborted, also before its listener has run", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { signal, abort } = aborter(() => void queue.tryPut(1));
    const got = queue.get({ signal });
    abort("gone");
    await expect(got).rejects.toBe("gone");
    expect(queue.tryGet()).toEqual({ value: 1 });
  });
});
