import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { CancelScope, channel, ClosedError, toReadableStream } from "corral";
import { ambientTest } from "../support/mode.ts";
import { notes } from "./notes.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("toReadableStream()", () => {
  test("gives the items in order, as they are, and then ends", async () => {
    const [sender, receiver] = channel<unknown>(9);
    const items = [1, undefined, null, "text", false];
    for (const item of items) sender.trySend(item);
    sender.close();
    const reader = toReadableStream(receiver).getReader();
    for (const item of items) expect(await reader.read()).toEqual({ value: item, done: false });
    expect(await reader.read()).toEqual({ value: undefined, done: true });
  });

  test("takes one item for each read, and none before", async () => {
    const [sender, receiver] = channel<number>(3);
    for (const n of [1, 2, 3]) sender.trySend(n);
    const reader = toReadableStream(receiver).getReader();
    await turn();
    expect([receiver.stats().size, receiver.stats().receiving]).toEqual([3, 0]);
    expect((await reader.read()).value).toBe(1);
    await turn();
    expect([receiver.stats().size, receiver.stats().receiving]).toEqual([2, 0]);
  });

  test("lets who sends wait until it is read", async () => {
    const [sender, receiver] = channel<number>(0);
    const reader = toReadableStream(receiver).getReader();
    const { log, note } = notes();
    const sent = note("sent", sender.send(1));
    await turn();
    expect(log).toEqual([]);
    expect((await reader.read()).value).toBe(1);
    await sent;
  });

  test("waits for items that come later", async () => {
    const [sender, receiver] = channel<number>(0);
    const reader = toReadableStream(receiver).getReader();
    const reads = [reader.read(), reader.read(), reader.read()];
    await sender.send(1);
    await sender.send(2);
    sender.close();
    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual([1, 2, undefined]);
  });

  test.each([new Error("broken"), "text", 0, false, null])(
    "fails with what the channel has failed with, after its items: %o",
    async (failure) => {
      const [sender, receiver] = channel<number>(1);
      sender.trySend(1);
      sender.close(failure);
      const reader = toReadableStream(receiver).getReader();
      expect((await reader.read()).value).toBe(1);
      await expect(reader.read()).rejects.toBe(failure);
    },
  );

  test("that is cancelled closes the receiving end: who sends is told", async () => {
    const lost: number[] = [];
    const [sender, receiver] = channel<number>(1, { onUndelivered: (n) => lost.push(n) });
    sender.trySend(1);
    const sent = sender.send(2);
    await toReadableStream(receiver).cancel("enough");
    expect([receiver.closed, new Set(lost)]).toEqual([true, new Set([1, 2])]);
    await expect(sent).rejects.toBeInstanceOf(ClosedError);
  });

  test("that is cancelled while it is read leaves nobody waiting, and nothing unhandled", async () => {
    const unhandled = await unhandledDuring(async () => {
      const [sender, receiver] = channel<number>(0);
      const reader = toReadableStream(receiver).getReader();
      const read = reader.read();
      await turn();
      expect(sender.stats().receiving).toBe(1);
      await reader.cancel();
      expect(await read).toEqual({ value: undefined, done: true });
      expect(sender.stats()).toMatchObject({ receiving: 0, receivers: 0 });
    });
    expect(unhandled).toEqual([]);
  });

  test("that is cancelled in the step in which an item has come tells that nobody gets it", async () => {
    const lost: number[] = [];
    const [sender, receiver] = channel<number>(0, { onUndelivered: (n) => lost.push(n) });
    const reader = toReadableStream(receiver).getReader();
    const read = reader.read();
    await turn();
    expect(sender.trySend(1)).toBe(true);
    await reader.cancel();
    expect(await read).toEqual({ value: undefined, done: true });
    await turn();
    expect(lost).toEqual([1]);
  });

  test("that is left by break in a loop closes the receiving end", async () => {
    const [sender, receiver] = channel<number>(2);
    for (const n of [1, 2]) sender.trySend(n);
    for await (const n of toReadableStream(receiver)) if (n === 1) break;
    expect([receiver.closed, sender.closed]).toEqual([true, true]);
  });

  test("that is cancelled leaves other receiving ends open", async () => {
    const [sender, receiver] = channel<number>(1);
    const other = receiver.clone();
    await toReadableStream(receiver).cancel();
    sender.trySend(1);
    expect(await other.receive()).toBe(1);
  });

  ambientTest(
    "outlives the scope in which it was made, and the one in which it was read first (needs ambient scopes)",
    async () => {
      const [sender, receiver] = channel<number>(3);
      for (const n of [1, 2]) sender.trySend(n);
      const maker = new CancelScope();
      const reader = await maker.run(() => {
        const made = toReadableStream(receiver).getReader();
        maker.cancel();
        return made;
      });
      const first = new CancelScope();
      await first.run(async () => {
        expect((await reader.read()).value).toBe(1);
        first.cancel();
      });
      expect((await reader.read()).value).toBe(2);
      // Only then the platform asks for an item in the step of the read.
      await turn();
      const third = new CancelScope();
      const read = third.run(() => {
        const pending = reader.read();
        third.cancel();
        return pending;
      });
      sender.trySend(3);
      expect(await read).toEqual({ value: 3, done: false });
    },
  );
});
