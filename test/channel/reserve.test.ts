import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { cancellable, CancelScope, channel, ClosedError } from "corral";
import { at } from "../support/mode.ts";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

describe("reserve()", () => {
  test("keeps a place: nothing else is sent into it", async () => {
    const [sender, receiver] = channel<string>(2);
    const slot = await sender.reserve();
    expect([sender.trySend("a"), sender.trySend("b")]).toEqual([true, false]);
    expect(sender.stats()).toMatchObject({ size: 1, reserved: 1 });
    slot.send("c");
    expect(sender.stats()).toMatchObject({ size: 2, reserved: 0 });
    // In the order in which they were sent, not in which places were kept.
    expect([receiver.tryReceive(), receiver.tryReceive()]).toEqual([
      { value: "a" },
      { value: "c" },
    ]);
  });

  test("waits for room, in one line with those who send", async () => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const { log, note } = notes();
    const slots: string[] = [];
    const all = [
      note("a", sender.send("a")),
      note(
        "b",
        sender.reserve().then((slot) => {
          slots.push("b");
          slot.send("b");
        }),
      ),
      note("c", sender.send("c")),
    ];
    expect(sender.stats().sending).toBe(3);
    const got: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      got.push(receiver.tryReceive()?.value);
      await turn();
    }
    await Promise.all(all);
    expect([got, log]).toEqual([
      ["first", "a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  test("is handed the place in the step in which it gets free: no newcomer overtakes", async () => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const reserved = sender.reserve();
    receiver.tryReceive();
    expect(sender.stats()).toMatchObject({ reserved: 1, sending: 0 });
    expect([sender.trySend("newcomer"), sender.tryReserve()]).toEqual([false, undefined]);
    (await reserved).send("a");
    expect(receiver.tryReceive()).toEqual({ value: "a" });
  });

  test("that is cancelled while it waits loses no place", async () => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const { signal, abort } = aborter();
    const { log, note } = notes();
    const all = [
      note("a", sender.reserve({ signal })),
      note("b", sender.send("b")),
      note("c", sender.reserve({ signal })),
    ];
    abort("gone");
    expect(sender.stats()).toMatchObject({ reserved: 0, sending: 1 });
    expect([await receiver.receive(), await receiver.receive()]).toEqual(["first", "b"]);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b", "c! gone"]);
    expect(sender.trySend("d")).toBe(true);
  });

  test("that is cancelled in a scope loses no place", async () => {
    const [sender, receiver] = channel<string>(0);
    const scope = new CancelScope();
    const run = scope.run(() => sender.reserve(at(scope)));
    scope.cancel();
    await expect(run).rejects.toBe(scope.signal.reason);
    const got = receiver.receive();
    expect(sender.stats()).toMatchObject({ reserved: 0, sending: 0 });
    expect(sender.trySend("a")).toBe(true);
    await got;
  });

  test("takes no place when its signal has aborted, also before its listener has run", async () => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const { signal, abort } = aborter(() => void receiver.tryReceive());
    const { log, note } = notes();
    const all = [note("a", sender.reserve({ signal })), note("b", sender.send("b"))];
    abort("gone");
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! gone", "b"]);
    expect(sender.stats()).toMatchObject({ size: 1, reserved: 0 });
  });

  test("keeps the place that it was given when it is cancelled after that, in the same step", async () => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const { signal, abort } = aborter();
    const reserved = sender.reserve({ signal });
    receiver.tryReceive();
    abort("late");
    (await reserved).send("a");
    expect(receiver.tryReceive()).toEqual({ value: "a" });
  });

  test("within cancellable() that was cancelled gives its place back", async () => {
    const [sender, receiver] = channel<string>(1);
    sender.trySend("first");
    const { signal, abort } = aborter();
    const reserved = cancellable(sender.reserve(), { signal });
    abort("gone");
    await expect(reserved).rejects.toBe("gone");
    receiver.tryReceive();
    await turn();
    expect(sender.stats()).toMatchObject({ reserved: 0, sending: 0 });
    expect(sender.trySend("a")).toBe(true);
  });

  test("rejects when its end, or all that receive, are closed while it waits", async () => {
    const [sender, receiver] = channel<string>(0);
    const other = sender.clone();
    const first = sender.reserve();
    sender.close();
    await expect(first).rejects.toThrow("Cannot use a channel: this end is closed");
    const second = other.reserve();
    receiver.close();
    await expect(second).rejects.toThrow("Cannot use a channel: all that receive are closed");
    await expect(other.reserve()).rejects.toBeInstanceOf(ClosedError);
  });
});

describe("tryReserve()", () => {
  test("keeps a place if there is room", () => {
    const [sender] = channel<string>(2);
    const slots = [sender.tryReserve(), sender.tryReserve(), sender.tryReserve()];
    expect(slots.map((slot) => slot !== undefined)).toEqual([true, true, false]);
    expect([sender.trySend("a"), sender.stats().reserved]).toEqual([false, 2]);
  });

  test("never finds a channel of Infinity full", () => {
    const [sender] = channel<string>(Infinity);
    for (let i = 0; i < 100; i++) expect(sender.tryReserve()).toBeDefined();
    expect(sender.trySend("a")).toBe(true);
  });

  test("without capacity finds room where somebody waits to receive, once for each", async () => {
    const [sender, receiver] = channel<string>(0);
    expect(sender.tryReserve()).toBeUndefined();
    const got = [receiver.receive(), receiver.receive()];
    const slots = [sender.tryReserve()!, sender.tryReserve()!];
    expect([sender.tryReserve(), sender.trySend("x")]).toEqual([undefined, false]);
    slots[1]!.send("a");
    slots[0]!.send("b");
    expect(await Promise.all(got)).toEqual(["a", "b"]);
  });
});
