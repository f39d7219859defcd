// Sender.close(reason), and how an iteration ends.
import { describe, expect, test } from "vitest";
import { channel, ClosedError } from "corral";
import { notes } from "./notes.ts";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("close(reason) of a sending end", () => {
  test.each([new Error("broken"), "text", 0, "", false, null])(
    "tells %o, as it is, to those who receive, when all is received",
    async (reason) => {
      const [sender, receiver] = channel<number>(2);
      sender.trySend(1);
      sender.close(reason);
      expect(await receiver.receive()).toBe(1);
      await expect(receiver.receive()).rejects.toBe(reason);
      await expect(collect(receiver)).rejects.toBe(reason);
      let thrown: unknown = "nothing";
      try {
        receiver.tryReceive();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBe(reason);
    },
  );

  test("tells those who wait", async () => {
    const [sender, receiver] = channel<number>(2);
    const { log, note } = notes();
    const all = [note("a", receiver.receive()), note("b", receiver.values().next())];
    sender.close("broken");
    await Promise.all(all);
    expect(log.toSorted()).toEqual(["a! broken", "b! broken"]);
  });

  test("is told when all sending ends are closed, not before; of several the first", async () => {
    const [sender, receiver] = channel<number>(2);
    const [second, third] = [sender.clone(), sender.clone()];
    const next = receiver.receive();
    sender.close("first");
    await second.send(1);
    expect(await next).toBe(1);
    second.close("second");
    third.trySend(2);
    third.close();
    expect(await receiver.receive()).toBe(2);
    await expect(receiver.receive()).rejects.toBe("first");
  });

  test("counts the first time, and is a ClosedError to what waits at that end", async () => {
    const [sender, receiver] = channel<number>(0);
    const sent = sender.send(1);
    sender.close("first");
    sender.close("second");
    await expect(sent).rejects.toBeInstanceOf(ClosedError);
    await expect(receiver.receive()).rejects.toBe("first");
  });
});

describe("an iteration of a receiving end", () => {
  test("gives the items, and ends when all sending ends are closed", async () => {
    const [sender, receiver] = channel<unknown>(8);
    const items = [1, undefined, null, false];
    for (const item of items) sender.trySend(item);
    const waiting = collect(receiver);
    sender.close();
    expect(await waiting).toEqual(items);
    expect(await collect(receiver)).toEqual([]);
  });

  test("that waits ends when the last sending end is closed", async () => {
    const [sender, receiver] = channel<number>(0);
    const loops = [collect(receiver), collect(receiver.clone())];
    sender.close();
    expect(await Promise.all(loops)).toEqual([[], []]);
  });

  test("that is broken off closes nothing, and the next one goes on", async () => {
    const [sender, receiver] = channel<number>(3);
    for (const item of [1, 2, 3]) sender.trySend(item);
    for await (const item of receiver) if (item === 1) break;
    expect([receiver.closed, sender.closed, sender.stats().size]).toEqual([false, false, 2]);
    sender.close();
    expect(await collect(receiver)).toEqual([2, 3]);
  });

  test("takes nothing more after return(), also when all is closed", async () => {
    const [sender, receiver] = channel<number>(3);
    sender.trySend(1);
    const iterator = receiver.values();
    expect(await iterator.return!()).toEqual({ value: undefined, done: true });
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
    expect(sender.stats().size).toBe(1);
    receiver.close();
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });

  test("ends where its own end is closed in the middle", async () => {
    const [sender, receiver] = channel<number>(3);
    for (const item of [1, 2]) sender.trySend(item);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const item of receiver) {
        seen.push(item);
        receiver.close();
      }
    };
    await loop();
    expect(seen).toEqual([1]);
  });
});
