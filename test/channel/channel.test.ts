import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { channel, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { notes } from "./notes.ts";

describe("a channel", () => {
  test("gives the items in the order in which they were sent, as they are", async () => {
    const [sender, receiver] = channel<unknown>(8);
    const items = [1, undefined, null, "", false, 6];
    for (const item of items) await sender.send(item);
    for (const item of items) expect(await receiver.receive()).toBe(item);
  });

  test("gives each item to one of those that receive, first come first", async () => {
    const [sender, receiver] = channel<number>(1);
    const other = receiver.clone();
    const { log, note } = notes();
    const all = [
      note("a", receiver.receive()),
      note("b", other.receive()),
      note("c", receiver.receive()),
    ];
    for (const item of [1, 2, 3]) await sender.send(item);
    await Promise.all(all);
    expect(log).toEqual(["a: 1", "b: 2", "c: 3"]);
  });

  test("lets those that send in first come first, from whichever end", async () => {
    const [sender, receiver] = channel<string>(1);
    const other = sender.clone();
    sender.trySend("first");
    const { log, note } = notes();
    const all = [
      note("a", sender.send("a")),
      note("b", other.send("b")),
      note("c", sender.send("c")),
    ];
    await turn();
    expect([log, sender.stats().sending]).toEqual([[], 3]);
    expect(await receiver.receive()).toBe("first");
    await turn();
    expect([log, sender.stats().sending]).toEqual([["a"], 2]);
    for (const item of ["a", "b", "c"]) expect(await receiver.receive()).toBe(item);
    await Promise.all(all);
    expect(log).toEqual(["a", "b", "c"]);
  });

  test("hands over in the step of the call: no newcomer overtakes", async () => {
    const [sender, receiver] = channel<string>(1);
    const got = receiver.receive();
    await sender.send("a");
    expect(receiver.tryReceive()).toBeUndefined();
    expect(await got).toBe("a");
    sender.trySend("b");
    const sent = sender.send("c");
    receiver.tryReceive();
    expect(sender.trySend("newcomer")).toBe(false);
    expect(sender.tryReserve()).toBeUndefined();
    await sent;
    expect(receiver.tryReceive()).toEqual({ value: "c" });
  });

  test("keeps a sender no further ahead than its capacity", async () => {
    await withVirtualClock(async (clock) => {
      const [sender, receiver] = channel<number>(2);
      let sent = 0;
      await taskGroup(async (group) => {
        group.spawn(async ({ scope }) => {
          for (let i = 0; i < 5; i++) {
            await sender.send(i, at(scope));
            sent++;
          }
        });
        for (const expected of [2, 3, 4, 5, 5]) {
          await clock.runUntilIdle();
          expect(sent).toBe(expected);
          await receiver.receive();
        }
      });
    });
  });
});

describe("trySend() and tryReceive()", () => {
  test("do what need not wait, and say when it would", () => {
    const [sender, receiver] = channel<number | undefined>(2);
    expect(receiver.tryReceive()).toBeUndefined();
    expect([sender.trySend(1), sender.trySend(undefined), sender.trySend(3)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([receiver.tryReceive(), receiver.tryReceive(), receiver.tryReceive()]).toEqual([
      { value: 1 },
      { value: undefined },
      undefined,
    ]);
  });
});

describe("a channel without capacity", () => {
  test("lets send() wait until somebody receives", async () => {
    const [sender, receiver] = channel<string>(0);
    const { log, note } = notes();
    const all = [note("a", sender.send("a")), note("b", sender.send("b"))];
    await turn();
    expect([log, sender.stats()]).toMatchObject([[], { size: 0, sending: 2 }]);
    expect(await receiver.receive()).toBe("a");
    await turn();
    expect(log).toEqual(["a"]);
    expect(receiver.tryReceive()).toEqual({ value: "b" });
    await Promise.all(all);
  });

  test("lets send() go on at once where somebody waits to receive", async () => {
    const [sender, receiver] = channel<string>(0);
    const got = [receiver.receive(), receiver.receive()];
    expect(sender.trySend("a")).toBe(true);
    await sender.send("b");
    expect(sender.trySend("c")).toBe(false);
    expect(await Promise.all(got)).toEqual(["a", "b"]);
  });

  test("gives nothing to trySend() and tryReceive() of each other", () => {
    const [sender, receiver] = channel<string>(0);
    expect([sender.trySend("a"), receiver.tryReceive()]).toEqual([false, undefined]);
  });
});

test("a channel of Infinity never lets anybody wait to send", async () => {
  const [sender, receiver] = channel<number>(Infinity);
  const items = Array.from({ length: 2_000 }, (_, i) => i);
  await Promise.all(items.map((item) => sender.send(item)));
  expect([sender.stats().size, sender.stats().sending]).toEqual([2_000, 0]);
  expect(items.map(() => receiver.tryReceive()?.value)).toEqual(items);
});

test("a channel keeps the event loop alive, however much goes through it", async () => {
  const [sender, receiver] = channel<number>(0);
  let stop = false;
  setImmediate(() => {
    stop = true;
  });
  const ping = async (): Promise<void> => {
    while (!stop) await sender.send(1);
    sender.close();
  };
  const pinging = ping();
  let count = 0;
  for await (const item of receiver) count += item;
  await pinging;
  expect([stop, count > 0]).toEqual([true, true]);
});
