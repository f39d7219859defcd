import { describe, expect, test } from "vitest";
import { channel, ClosedError, type Receiver, type Sender } from "corral";
import { unhandledDuring } from "../support/unhandled.ts";
import { notes } from "./notes.ts";

const THIS_END = "Cannot use a channel: this end is closed";
const ALL_SENDERS = "Cannot use a channel: all that send are closed";
const ALL_RECEIVERS = "Cannot use a channel: all that receive are closed";

function sending(sender: Sender<number>): Record<string, () => unknown> {
  return {
    send: () => sender.send(1),
    reserve: () => sender.reserve(),
    trySend: () => sender.trySend(1),
    tryReserve: () => sender.tryReserve(),
  };
}

function receiving(receiver: Receiver<number>): Record<string, () => unknown> {
  return {
    receive: () => receiver.receive(),
    tryReceive: () => receiver.tryReceive(),
  };
}

/** Waiting methods reject, the others throw: all with the same message. */
async function expectRefused(calls: Record<string, () => unknown>, message: string): Promise<void> {
  for (const [name, call] of Object.entries(calls)) {
    if (name.startsWith("try") || name === "clone") {
      expect(call, name).toThrow(new ClosedError(message));
      continue;
    }
    const error: unknown = await (call() as Promise<unknown>).catch((reason: unknown) => reason);
    expect(error, name).toBeInstanceOf(ClosedError);
    expect((error as Error).message, name).toBe(message);
  }
}

describe("a sending end that is closed", () => {
  test("sends nothing any more, while its clones go on", async () => {
    const [sender, receiver] = channel<number>(4);
    const other = sender.clone();
    sender.close();
    expect([sender.closed, other.closed, sender.stats().senders]).toEqual([true, false, 1]);
    await expectRefused({ ...sending(sender), clone: () => sender.clone() }, THIS_END);
    await other.send(2);
    expect(await receiver.receive()).toBe(2);
    expect(sender.stats().size).toBe(0);
  });

  test("rejects what waits at it, in order, and at no other end", async () => {
    const [sender, receiver] = channel<string>(0);
    const other = sender.clone();
    const { log, note } = notes();
    const all = [
      note("a", sender.send("a")),
      note("b", other.send("b")),
      note("c", sender.reserve()),
      note("d", other.send("d")),
    ];
    sender.close();
    expect(sender.stats().sending).toBe(2);
    expect([receiver.tryReceive(), receiver.tryReceive()]).toEqual([
      { value: "b" },
      { value: "d" },
    ]);
    await Promise.all(all);
    expect(log.filter((line) => line.includes("!"))).toEqual(["a! ClosedError", "c! ClosedError"]);
  });
});

describe("a receiving end that is closed", () => {
  test("receives nothing any more, while its clones go on", async () => {
    const [sender, receiver] = channel<number>(4);
    const other = receiver.clone();
    sender.trySend(1);
    receiver.close();
    expect([receiver.closed, other.closed, receiver.stats().receivers]).toEqual([true, false, 1]);
    await expectRefused({ ...receiving(receiver), clone: () => receiver.clone() }, THIS_END);
    await expect(receiver.values().next()).rejects.toThrow(THIS_END);
    expect(await other.receive()).toBe(1);
    expect(sender.trySend(2)).toBe(true);
  });

  test("rejects what waits at it, ends what iterates, and touches no other end", async () => {
    const [sender, receiver] = channel<number>(0);
    const other = receiver.clone();
    const { log, note } = notes();
    const all = [
      note("a", receiver.receive()),
      note("b", other.receive()),
      note("c", receiver.values().next()),
    ];
    receiver.close();
    expect(receiver.stats().receiving).toBe(1);
    expect([sender.trySend(1), sender.trySend(2)]).toEqual([true, false]);
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! ClosedError", "b: 1", 'c: {"done":true}']);
  });
});

describe("when the last sending end has closed", () => {
  test("what is left can be received, then it is told", async () => {
    const [sender, receiver] = channel<number>(2);
    const other = sender.clone();
    sender.trySend(1);
    sender.close();
    other.trySend(2);
    other.close();
    expect([receiver.tryReceive(), await receiver.receive()]).toEqual([{ value: 1 }, 2]);
    await expectRefused(receiving(receiver), ALL_SENDERS);
    await expectRefused(receiving(receiver.clone()), ALL_SENDERS);
  });

  test("whoever waits to receive is told at once, in order", async () => {
    const [sender, receiver] = channel<number>(2);
    const other = sender.clone();
    const { log, note } = notes();
    const all = [note("a", receiver.receive()), note("b", receiver.clone().receive())];
    sender.close();
    expect(receiver.stats().receiving).toBe(2);
    other.close();
    expect(receiver.stats().receiving).toBe(0);
    await Promise.all(all);
    expect(log).toEqual(["a! ClosedError", "b! ClosedError"]);
  });
});

describe("when the last receiving end has closed", () => {
  test("whoever sends is told, and what was left is dropped", async () => {
    const [sender, receiver] = channel<number>(2);
    const other = receiver.clone();
    for (const item of [1, 2]) sender.trySend(item);
    const { log, note } = notes();
    const all = [note("a", sender.send(3)), note("b", sender.clone().reserve())];
    receiver.close();
    expect([sender.closed, sender.stats().size]).toEqual([false, 2]);
    other.close();
    expect([sender.closed, sender.stats()]).toMatchObject([true, { size: 0, sending: 0 }]);
    await Promise.all(all);
    expect(log).toEqual(["a! ClosedError", "b! ClosedError"]);
    await expectRefused(sending(sender), ALL_RECEIVERS);
    await expectRefused(sending(sender.clone()), ALL_RECEIVERS);
  });
});

describe.each<[string, number[]]>([
  ["senders first", [0, 1, 2, 3]],
  ["receivers first", [2, 3, 0, 1]],
  ["in turn", [0, 2, 1, 3]],
  ["in turn, the other way round", [3, 1, 2, 0]],
])("all ends of a channel closed, %s", (_, order) => {
  test("leave nobody waiting, and closing them again does nothing", async () => {
    const [sender, receiver] = channel<number>(1);
    const ends = [sender, sender.clone(), receiver, receiver.clone()];
    const unhandled = await unhandledDuring(() => {
      sender.trySend(1);
      void sender.send(2);
      void (ends[1] as Sender<number>).reserve();
      for (const i of order) ends[i]!.close();
      for (const i of order) ends[i]!.close();
      for (const end of ends) end[Symbol.dispose]();
    });
    expect(unhandled).toEqual([]);
    expect(sender.stats()).toEqual({
      capacity: 1,
      size: 0,
      reserved: 0,
      senders: 0,
      receivers: 0,
      sending: 0,
      receiving: 0,
    });
    await expectRefused({ ...sending(sender), ...receiving(receiver) }, THIS_END);
  });
});

test("`ended` of a receiving end says that nothing comes any more", () => {
  const [sender, receiver] = channel<number>(2);
  const other = receiver.clone();
  const slot = sender.tryReserve()!;
  sender.trySend(1);
  const ended: boolean[] = [receiver.ended];
  sender.close();
  ended.push(receiver.ended);
  receiver.tryReceive();
  ended.push(receiver.ended);
  slot.send(2);
  ended.push(receiver.ended);
  other.tryReceive();
  ended.push(receiver.ended, other.ended);
  expect(ended).toEqual([false, false, false, false, true, true]);
  const [, closed] = channel<number>(1);
  closed.close();
  expect(closed.ended).toBe(true);
});

test("an end is closed by `using`", () => {
  const [sender, receiver] = channel<number>(1);
  {
    using out = sender;
    using into = receiver;
    expect([out.closed, into.closed]).toEqual([false, false]);
  }
  expect([sender.closed, receiver.closed]).toEqual([true, true]);
});
