import { EventEmitter } from "node:events";
import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { channel, fromEvents, toEvents } from "corral";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

describe("toEvents()", () => {
  test("emits each item on an emitter, in order, and resolves when the channel has ended", async () => {
    const emitter = new EventEmitter();
    const heard: unknown[][] = [];
    emitter.on("tick", (...args: unknown[]) => heard.push(args));
    const [sender, receiver] = channel<unknown>(0);
    const { log, note } = notes();
    const done = note("done", toEvents(receiver, emitter, "tick"));
    for (const item of [1, undefined, null]) await sender.send(item);
    await turn();
    expect([heard, log]).toEqual([[[1], [undefined], [null]], []]);
    sender.close();
    await done;
    expect(log).toEqual(["done"]);
  });

  test("dispatches each item on a target, as the detail of an event", async () => {
    const target = new EventTarget();
    const heard: [string, unknown][] = [];
    target.addEventListener("tick", (event) =>
      heard.push([event.type, (event as CustomEvent).detail]),
    );
    const [sender, receiver] = channel<number>(2);
    for (const item of [1, 2]) sender.trySend(item);
    sender.close();
    await toEvents(receiver, target, "tick");
    expect(heard).toEqual([
      ["tick", 1],
      ["tick", 2],
    ]);
  });

  test("rejects with what a listener throws, and leaves the rest where it is", async () => {
    const emitter = new EventEmitter();
    const failure = new Error("in the listener");
    emitter.on("tick", () => {
      throw failure;
    });
    const [sender, receiver] = channel<number>(2);
    for (const item of [1, 2]) sender.trySend(item);
    await expect(toEvents(receiver, emitter, "tick")).rejects.toBe(failure);
    expect([receiver.closed, receiver.tryReceive()]).toEqual([false, { value: 2 }]);
  });

  test("rejects with what the channel has failed with, after its items", async () => {
    const emitter = new EventEmitter();
    const heard: unknown[] = [];
    emitter.on("tick", (item) => heard.push(item));
    const [sender, receiver] = channel<number>(1);
    sender.trySend(1);
    sender.close("broken");
    await expect(toEvents(receiver, emitter, "tick")).rejects.toBe("broken");
    expect(heard).toEqual([1]);
  });

  test("ends with its signal, and takes nothing more", async () => {
    const [sender, receiver] = channel<number>(1);
    const { signal, abort } = aborter();
    const done = toEvents(receiver, new EventEmitter(), "tick", { signal });
    await turn();
    abort("enough");
    await expect(done).rejects.toBe("enough");
    sender.trySend(1);
    expect(receiver.tryReceive()).toEqual({ value: 1 });
  });

  test("takes events from one source to another", async () => {
    const [from, to] = [new EventEmitter(), new EventEmitter()];
    const heard: unknown[] = [];
    to.on("out", (item) => heard.push(item));
    using receiver = fromEvents<number>(from, "in", { capacity: 4 });
    const { signal, abort } = aborter();
    const done = toEvents(receiver, to, "out", { signal });
    for (const n of [1, 2, 3]) from.emit("in", n);
    await turn();
    abort("enough");
    await done.catch(() => {});
    expect(heard).toEqual([1, 2, 3]);
  });
});
