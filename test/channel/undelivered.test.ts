import { describe, expect, test } from "vitest";
import {
  CancelScope,
  channel,
  type ChannelOptions,
  ClosedError,
  type Receiver,
  select,
  send,
  type Sender,
} from "corral";
import { at } from "../support/mode.ts";
import { aborter } from "./aborter.ts";
import { notes } from "./notes.ts";

function open(
  capacity: number,
  options?: ChannelOptions<string>,
): [sender: Sender<string>, receiver: Receiver<string>, lost: string[]] {
  const lost: string[] = [];
  const ends = channel<string>(capacity, { ...options, onUndelivered: (item) => lost.push(item) });
  return [...ends, lost];
}

describe("onUndelivered gets, once, the item of a send()", () => {
  test("that is cancelled by its signal while it waits", async () => {
    const [sender, , lost] = open(0);
    const { signal, abort } = aborter();
    const sent = ["a", "b"].map((item) => sender.send(item, { signal }));
    expect(lost).toEqual([]);
    abort("gone");
    expect(lost).toEqual(["a", "b"]);
    for (const each of sent) await expect(each).rejects.toBe("gone");
    sender.close();
    expect(lost).toEqual(["a", "b"]);
  });

  test("that is cancelled by its scope while it waits", async () => {
    const [sender, , lost] = open(0);
    const scope = new CancelScope();
    const run = scope.run(() => sender.send("a", at(scope)));
    scope.cancel();
    expect(lost).toEqual(["a"]);
    await expect(run).rejects.toBe(scope.signal.reason);
  });

  test("that is refused: aborted before, or in a cancelled scope", async () => {
    const [sender, receiver, lost] = open(1);
    await expect(sender.send("a", { signal: AbortSignal.abort("before") })).rejects.toBe("before");
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(() => sender.send("b", at(scope)).catch(() => {}));
    expect([lost, receiver.tryReceive()]).toEqual([["a", "b"], undefined]);
  });

  test("that is refused: its end is closed, or all that receive are", async () => {
    const [sender, receiver, lost] = open(1);
    const other = sender.clone();
    sender.close();
    await expect(sender.send("a")).rejects.toBeInstanceOf(ClosedError);
    expect(lost).toEqual(["a"]);
    receiver.close();
    await expect(other.send("b")).rejects.toBeInstanceOf(ClosedError);
    expect(lost).toEqual(["a", "b"]);
  });

  test("whose end is closed while it waits", async () => {
    const [sender, , lost] = open(0);
    const { log, note } = notes();
    const sent = note("a", sender.send("a"));
    void sender.clone().send("b");
    sender.close();
    await sent;
    expect([log, lost]).toEqual([["a! ClosedError"], ["a"]]);
  });

  test("while all that receive are closed, after what was in the channel or before", async () => {
    const [sender, receiver, lost] = open(2);
    for (const item of ["a", "b"]) sender.trySend(item);
    const sent = sender.send("c");
    receiver.close();
    expect(lost.toSorted()).toEqual(["a", "b", "c"]);
    // What was in the channel goes in its order.
    expect(lost.filter((item) => item !== "c")).toEqual(["a", "b"]);
    await expect(sent).rejects.toBeInstanceOf(ClosedError);
  });
});

describe("onUndelivered does not get", () => {
  test("an item that is received, also by one that is cancelled in the same step", async () => {
    const [sender, receiver, lost] = open(1);
    const { signal, abort } = aborter();
    const got = receiver.receive({ signal });
    const sent = sender.send("a", { signal });
    abort("late");
    await sent;
    expect(await got).toBe("a");
    sender.close();
    receiver.close();
    expect(lost).toEqual([]);
  });

  test("what is left when all that send are closed: it can be received", () => {
    const [sender, receiver, lost] = open(1);
    sender.trySend("a");
    sender.close();
    expect([lost, receiver.tryReceive()]).toEqual([[], { value: "a" }]);
  });

  test("what trySend() did not send", () => {
    const [sender, receiver, lost] = open(1);
    sender.trySend("a");
    expect(sender.trySend("b")).toBe(false);
    receiver.tryReceive();
    receiver.close();
    expect(() => sender.trySend("c")).toThrow(ClosedError);
    expect(lost).toEqual([]);
  });

  test("what select() did not send: not chosen, cancelled, closed or refused", async () => {
    const [sender, receiver, lost] = open(0);
    const [others, other] = open(1);
    const { signal, abort } = aborter();
    const chosen = select({ a: send(sender, "a"), b: send(others, "b") });
    expect((await chosen).key).toBe("b");
    await expect(
      select({ a: send(sender, "a") }, { signal: AbortSignal.abort("before") }),
    ).rejects.toBe("before");
    const cancelled = select({ a: send(sender, "a"), b: send(others, "b") }, { signal });
    abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    const closing = select({ a: send(sender, "a"), b: send(others, "b") });
    sender.close();
    await expect(closing).rejects.toBeInstanceOf(ClosedError);
    await expect(select({ a: send(sender, "a") })).rejects.toBeInstanceOf(ClosedError);
    const left = select({ a: send(others, "a") });
    other.close();
    await expect(left).rejects.toBeInstanceOf(ClosedError);
    receiver.close();
    expect(lost).toEqual([]);
  });
});
