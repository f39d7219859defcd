import { channel, ClosedError, recv, select, send, trySelect } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "select (Kotlin, tokio)";
const byTrying = "There is no default clause: `trySelect()` does what can be done at once.";

for (const [suite, capacity] of [
  ["SelectRendezvousChannelTest", 0],
  ["SelectBufferedChannelTest", 1],
] as const) {
  const ends = (): ReturnType<typeof channel<string>> => channel<string>(capacity);

  behaviour(
    {
      area,
      id: `${suite}.testSelectSendSuccess`,
      says: "a clause that can send does not wait: who waits to receive gets the item",
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        const received = receiver.receive();
        const chosen = select({ sent: send(sender, "OK") });
        expect(sender.stats()).toMatchObject({ size: 0, sending: 0, receiving: 0 });
        expect(await chosen).toEqual({ key: "sent", value: undefined });
        expect(await received).toBe("OK");
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectSendSuccessWithDefault`,
      says: "the default clause is not chosen when one can send",
      verdict: "holds",
      because: byTrying,
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        const received = receiver.receive();
        expect(trySelect({ sent: send(sender, "OK") })).toEqual({ key: "sent", value: undefined });
        expect(await received).toBe("OK");
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectSendWait`,
      says: "a clause that cannot send waits until there is room, in the order of the calls",
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        for (let i = 0; i < capacity; i++) sender.trySend("BUF");
        const before = sender.send("before");
        const chosen = select({ sent: send(sender, "OK") });
        expect(sender.stats().sending).toBe(2);
        for (let i = 0; i < capacity; i++) expect(await receiver.receive()).toBe("BUF");
        expect(await receiver.receive()).toBe("before");
        expect(await receiver.receive()).toBe("OK");
        await before;
        expect(await chosen).toEqual({ key: "sent", value: undefined });
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectReceiveSuccess`,
      says: "a clause that can receive does not wait, and gives the item",
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        const sent = sender.send("OK");
        const chosen = select({ got: recv(receiver) });
        expect(receiver.stats()).toMatchObject({ size: 0, sending: 0, receiving: 0 });
        expect(await chosen).toEqual({ key: "got", value: "OK" });
        await sent;
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectReceiveSuccessWithDefault`,
      says: "the default clause is not chosen when one can receive",
      verdict: "holds",
      because: byTrying,
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        const sent = sender.send("OK");
        expect(trySelect({ got: recv(receiver) })).toEqual({ key: "got", value: "OK" });
        await sent;
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectReceiveWaitWithDefault`,
      says: "the default clause is chosen when none can send or receive, and nothing waits then",
      verdict: "holds",
      because: byTrying,
    },
    () => {
      const [sender, receiver] = ends();
      expect(trySelect({ got: recv(receiver) })).toBeUndefined();
      for (let i = 0; i < capacity; i++) sender.trySend("BUF");
      expect(trySelect({ sent: send(sender, "OK") })).toBeUndefined();
      expect(sender.stats()).toMatchObject({ size: capacity, sending: 0, receiving: 0 });
    },
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectReceiveWait`,
      says: "a clause that cannot receive waits for an item",
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        const chosen = select({ got: recv(receiver) });
        expect(receiver.stats().receiving).toBe(1);
        expect(sender.trySend("OK")).toBe(true);
        expect(await chosen).toEqual({ key: "got", value: "OK" });
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectReceiveClosed`,
      says: "a clause that receives from a closed channel fails the select",
      verdict: "holds",
    },
    async () => {
      const [sender, receiver] = ends();
      const [, idle] = ends();
      sender.close();
      const clauses = { got: recv(receiver), idle: recv(idle) };
      await expect(select(clauses)).rejects.toBeInstanceOf(ClosedError);
      expect(() => trySelect(clauses)).toThrow(ClosedError);
      expect(idle.stats().receiving).toBe(0);
    },
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectReceiveWaitClosed`,
      says: "closing the channel fails a select that waits to receive from it",
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        const [, idle] = ends();
        const chosen = select({ got: recv(receiver), idle: recv(idle) });
        expect(idle.stats().receiving).toBe(1);
        sender.close();
        expect(idle.stats().receiving).toBe(0);
        await expect(chosen).rejects.toBeInstanceOf(ClosedError);
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectReceiveCatchingWaitClosedWithCause`,
      says: "a clause can be chosen by the closing of its channel, and gives the cause",
      verdict: "differs",
      because: "The select rejects with the cause, as `receive()` does.",
    },
    () =>
      withVirtualClock(async () => {
        const cause = new Error("broken");
        for (const when of ["before", "later"]) {
          const [sender, receiver] = ends();
          const clauses = { got: recv(receiver) };
          if (when === "before") sender.close(cause);
          const chosen = select(clauses);
          if (when === "later") sender.close(cause);
          await expect(chosen).rejects.toBe(cause);
        }
      }),
  );

  behaviour(
    {
      area,
      id: `${suite}.testSelectSendWhenClosed`,
      says: "a clause that sends to a closed channel fails the select, and what was sent before is received",
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = ends();
        const other = sender.clone();
        const sent = other.send("before");
        const clause = send(sender, "OK");
        sender.close();
        await expect(select({ sent: clause })).rejects.toBeInstanceOf(ClosedError);
        expect(await receiver.receive()).toBe("before");
        await sent;
        expect(other.stats()).toMatchObject({ size: 0, sending: 0 });
      }),
  );
}

behaviour(
  {
    area,
    id: "testSelectReceiveOrClosedForClosedChannelWithValue",
    says: "what is left in a closed channel is received first",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<number>(1);
    sender.trySend(42);
    sender.close();
    expect(await select({ got: recv(receiver) })).toEqual({ key: "got", value: 42 });
    await expect(select({ got: recv(receiver) })).rejects.toBeInstanceOf(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "testSelectReceiveCatching",
    says: "selects in a loop receive all items of one who sends, in order",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(0);
      const sending = (async () => {
        for (let item = 0; item < 10; item++) await select({ sent: send(sender, item) });
        sender.close();
      })();
      const got: number[] = [];
      for (let i = 0; i < 10; i++) got.push((await select({ got: recv(receiver) })).value);
      await sending;
      expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }),
);
