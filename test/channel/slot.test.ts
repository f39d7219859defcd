import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { channel, type ChannelSlot, ClosedError } from "corral";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

const USED = "Cannot send to a channel: expected a reserved place, received one that was used";

describe("a reserved place", () => {
  test("is filled once", () => {
    const [sender, receiver] = channel<string>(2);
    const slot = sender.tryReserve()!;
    slot.send("a");
    expect(() => slot.send("b")).toThrow(new TypeError(USED));
    slot.release();
    slot[Symbol.dispose]();
    expect(sender.stats()).toMatchObject({ size: 1, reserved: 0 });
    expect([receiver.tryReceive(), receiver.tryReceive()]).toEqual([{ value: "a" }, undefined]);
  });

  test("that was given back cannot be filled, nor given back again", () => {
    const [sender] = channel<string>(1);
    const slot = sender.tryReserve()!;
    slot.release();
    slot.release();
    slot[Symbol.dispose]();
    expect(sender.stats()).toMatchObject({ size: 0, reserved: 0 });
    expect(() => slot.send("a")).toThrow(new TypeError(USED));
    // No place was won by it: there is one.
    expect([sender.trySend("b"), sender.trySend("c")]).toEqual([true, false]);
  });

  test("is given back by `using`, and goes to the first who waits for room", async () => {
    const [sender, receiver] = channel<string>(1);
    const { log, note } = notes();
    const all: Promise<void>[] = [];
    {
      using slot = sender.tryReserve()!;
      expect(slot).toBeDefined();
      all.push(note("a", sender.send("a")), note("b", sender.reserve()));
      await turn();
      expect(log).toEqual([]);
    }
    await all[0];
    expect([receiver.tryReceive(), log]).toEqual([{ value: "a" }, ["a"]]);
    await all[1];
    expect(sender.stats()).toMatchObject({ size: 0, reserved: 1 });
  });

  test("is filled in the step of the call: the first who waits to receive gets the item", async () => {
    const [sender, receiver] = channel<string>(1);
    const slot = sender.tryReserve()!;
    const { log, note } = notes();
    const all = [note("a", receiver.receive()), note("b", receiver.receive())];
    slot.send("1");
    expect(sender.stats()).toMatchObject({ size: 0, reserved: 0, receiving: 1 });
    sender.trySend("2");
    await Promise.all(all);
    expect(log).toEqual(["a: 1", "b: 2"]);
  });
});

describe("a place that was reserved for somebody who waits to receive", () => {
  test("is filled also when that one has left meanwhile: the next one gets the item", async () => {
    const [sender, receiver] = channel<string>(0);
    const { signal, abort } = aborter();
    const gone = receiver.receive({ signal });
    const slot = sender.tryReserve()!;
    abort("gone");
    await expect(gone).rejects.toBe("gone");
    slot.send("a");
    expect(sender.stats()).toMatchObject({ size: 1, reserved: 0 });
    expect([sender.trySend("b"), sender.tryReserve()]).toEqual([false, undefined]);
    expect(await receiver.receive()).toBe("a");
  });

  test("goes on to the next who waits when that one has left meanwhile", async () => {
    const [sender, receiver] = channel<string>(0);
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [note("a", receiver.receive({ signal })), note("b", receiver.receive())];
    const slot = sender.tryReserve()!;
    abort("gone");
    // The one that is left is the place's: there is none to send to.
    expect(sender.trySend("x")).toBe(false);
    slot.send("1");
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b: 1"]);
  });

  test("lets nobody wait who could be served, when it is given back", async () => {
    const [sender, receiver] = channel<string>(0);
    const { log, note } = notes();
    const got = note("got", receiver.receive());
    const slot = sender.tryReserve()!;
    const sent = note("sent", sender.send("a"));
    await turn();
    expect(log).toEqual([]);
    slot.release();
    await Promise.all([got, sent]);
    expect(log.toSorted()).toEqual(["got: a", "sent"]);
  });

  test("gives no item to one who is being cancelled, when it is given back", async () => {
    const [sender, receiver] = channel<string>(0);
    const slots: ChannelSlot<string>[] = [];
    const { signal, abort } = aborter(() => slots[0]!.release());
    const gone = receiver.receive({ signal });
    slots.push(sender.tryReserve()!);
    const sent = sender.send("a");
    abort("gone");
    await expect(gone).rejects.toBe("gone");
    expect(sender.stats()).toMatchObject({ sending: 1, receiving: 0, size: 0 });
    expect(await receiver.receive()).toBe("a");
    await sent;
  });

  test("lets no newcomer overtake the one that waits to receive", async () => {
    const [sender, receiver] = channel<string>(0);
    const { log, note } = notes();
    const first = note("first", receiver.receive());
    const slot = sender.tryReserve()!;
    const sent = sender.send("a");
    // Of the two items that come, the first one goes to the first who asked.
    const second = note("second", receiver.receive());
    await turn();
    slot.send("b");
    await Promise.all([first, second, sent]);
    expect(log).toEqual(["first: a", "second: b"]);
  });

  test("lets no tryReceive() overtake the one that waits to receive", async () => {
    const [sender, receiver] = channel<string>(0);
    const first = receiver.receive();
    const slot = sender.tryReserve()!;
    const sent = sender.send("a");
    expect(receiver.tryReceive()).toBeUndefined();
    slot.release();
    await sent;
    expect(await first).toBe("a");
  });
});

describe("a reserved place when ends are closed", () => {
  test("is filled also after its sending end: those who receive wait for it", async () => {
    const [sender, receiver] = channel<string>(1);
    const slot = sender.tryReserve()!;
    const { log, note } = notes();
    const all = [note("a", receiver.receive()), note("b", receiver.receive())];
    sender.close();
    await turn();
    expect(log).toEqual([]);
    slot.send("1");
    await Promise.all(all);
    expect(log).toEqual(["a: 1", "b! ClosedError"]);
  });

  test("ends the waiting of those who receive, when it is given back after its sending end", async () => {
    const [sender, receiver] = channel<string>(1);
    const slot = sender.tryReserve()!;
    expect(receiver.tryReceive()).toBeUndefined();
    const got = receiver.receive();
    const next = receiver.values().next();
    sender.close();
    expect(receiver.stats().receiving).toBe(2);
    slot.release();
    await expect(got).rejects.toBeInstanceOf(ClosedError);
    expect(await next).toEqual({ value: undefined, done: true });
  });

  test("that is filled with nobody waiting is received after the close", async () => {
    const [sender, receiver] = channel<string>(1);
    const slot = sender.tryReserve()!;
    sender.close();
    slot.send("a");
    const items: string[] = [];
    for await (const item of receiver) items.push(item);
    expect(items).toEqual(["a"]);
  });

  test("tells, after all that receive, that its item is not delivered", () => {
    const lost: string[] = [];
    const [sender, receiver] = channel<string>(1, { onUndelivered: (item) => lost.push(item) });
    const slot = sender.tryReserve()!;
    receiver.close();
    expect(() => slot.send("a")).toThrow(
      new ClosedError("Cannot use a channel: all that receive are closed"),
    );
    expect([lost, sender.stats().reserved]).toEqual([["a"], 0]);
    expect(() => slot.send("b")).toThrow(new TypeError(USED));
    slot.release();
    expect([lost, sender.stats().reserved]).toEqual([["a"], 0]);
  });
});
