import { channel, ClosedError, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "mpsc (tokio)";
const thrown = "That nothing comes any more is told by a ClosedError.";

for (const [id, capacity, with_] of [
  ["async_send_recv_with_buffer", 16, "room for all"],
  ["async_send_recv_unbounded", Infinity, "no limit"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `with ${with_}, what was sent is received in order after the last sender has gone, and then the end`,
      verdict: "holds",
      because: thrown,
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = channel<number>(capacity);
        const first = receiver.receive();
        await sender.send(1);
        await sender.send(2);
        sender.close();
        expect([await first, await receiver.receive()]).toEqual([1, 2]);
        await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
      }),
  );
}

for (const [id, capacity] of [
  ["send_recv_stream_with_buffer", 16],
  ["send_recv_stream_unbounded", Infinity],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a stream of the receiver ends when all senders have gone and all is received (capacity ${capacity})`,
      verdict: "holds",
      because: "A receiving end is a stream of its own: `for await`.",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = channel<number>(capacity);
        sender.trySend(1);
        sender.trySend(2);
        sender.close();
        const got: number[] = [];
        for await (const item of receiver) got.push(item);
        expect(got).toEqual([1, 2]);
      }),
  );
}

behaviour(
  {
    area,
    id: "send_recv_unbounded",
    says: "sending to a channel without a limit never waits",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<number>(Infinity);
    for (let item = 0; item < 1_000; item++) expect(sender.trySend(item)).toBe(true);
    sender.close();
    for (let item = 0; item < 1_000; item++) expect(await receiver.receive()).toBe(item);
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "buffer_gteq_one",
    says: "a channel without room for one item is an error",
    verdict: "differs",
    because: "Without room, each send waits for somebody who receives.",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(0);
      const sent = sender.send(1);
      expect(sender.stats()).toMatchObject({ size: 0, sending: 1 });
      expect(await receiver.receive()).toBe(1);
      await sent;
      expect(() => channel<number>(-1)).toThrow(RangeError);
    }),
);

notTransferable({
  area,
  id: "no_t_bounds_buffer",
  says: "the ends can be printed and cloned whatever the type of the items is",
  because: "Types have no such bounds.",
});
notTransferable({
  area,
  id: "blocking_recv",
  says: "a thread can block to send or to receive, which is an error within the runtime",
  because: "Nothing blocks a thread here.",
});
notTransferable({
  area,
  id: "recv_many",
  says: "several items can be received at once, up to a limit",
  because: "Items are received one by one; `tryReceive()` in a loop takes what is there.",
});
notTransferable({
  area,
  id: "weak_sender",
  says: "a weak sender does not keep the channel open, and can be upgraded while there is a strong one",
  because:
    "An end is closed by its owner, not by being forgotten: to hold one keeps nothing open that its owner has closed.",
});

for (const [id, how] of [
  ["try_send_fail", "received"],
  ["try_send_fail_with_try_recv", "received without waiting"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `sending without waiting fails while there is no room; what was sent before is ${how}, also after the last sender has gone`,
      verdict: "holds",
      because: "`trySend()` returns whether it was sent.",
    },
    async () => {
      const [sender, receiver] = channel<string>(1);
      const receive = async (): Promise<string | undefined> =>
        id === "try_send_fail" ? receiver.receive() : receiver.tryReceive()?.value;
      expect(sender.trySend("hello")).toBe(true);
      expect(sender.trySend("fail")).toBe(false);
      expect(await receive()).toBe("hello");
      expect(sender.trySend("goodbye")).toBe(true);
      sender.close();
      expect(await receive()).toBe("goodbye");
      await expect(receive()).rejects.toBeInstanceOf(ClosedError);
    },
  );
}

behaviour(
  {
    area,
    id: "try_recv_bounded",
    says: "receiving without waiting gives what is there, then nothing, then the end once all senders have gone",
    verdict: "holds",
    because: "`tryReceive()` returns the item in an object, or `undefined` for nothing.",
  },
  () => {
    const [sender, receiver] = channel<number>(5);
    const fill = (...items: number[]): boolean[] => items.map((item) => sender.trySend(item));
    const drain = (count: number): (number | undefined)[] =>
      Array.from({ length: count }, () => receiver.tryReceive()?.value);
    expect(fill(1, 2, 3, 4, 5, 6)).toEqual([true, true, true, true, true, false]);
    expect(drain(6)).toEqual([1, 2, 3, 4, 5, undefined]);
    expect(fill(1, 2, 3, 4)).toEqual([true, true, true, true]);
    expect(drain(1)).toEqual([1]);
    expect(fill(5, 6, 7)).toEqual([true, true, false]);
    expect(drain(6)).toEqual([2, 3, 4, 5, 6, undefined]);
    fill(1, 2, 3);
    sender.close();
    expect(drain(3)).toEqual([1, 2, 3]);
    expect(() => receiver.tryReceive()).toThrow(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "try_recv_unbounded",
    says: "so it is without a limit, however many items there are",
    verdict: "holds",
  },
  () => {
    for (let count = 0; count < 100; count++) {
      const [sender, receiver] = channel<number>(Infinity);
      for (let item = 0; item < count; item++) sender.trySend(item);
      for (let item = 0; item < count; item++) {
        expect(receiver.tryReceive()).toEqual({ value: item });
      }
      expect(receiver.tryReceive()).toBeUndefined();
      sender.close();
      expect(() => receiver.tryReceive()).toThrow(ClosedError);
    }
  },
);

behaviour(
  {
    area,
    id: "recv_timeout",
    says: "a send with a limit of time gives the item back when there is no room in time, or nobody receives any more",
    verdict: "holds",
    because: "The limit is a timeout around it. The item goes to `onUndelivered`.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const back: number[] = [];
      const [sender, receiver] = channel<number>(5, { onUndelivered: (item) => back.push(item) });
      const send = (item: number): Promise<void> =>
        timeout(1_000, (scope) => sender.send(item, at(scope)));
      for (const item of [10, 20, 30, 40, 50]) await send(item);
      expect(clock.now()).toBe(0);
      await expect(send(60)).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(1_000);
      expect(back).toEqual([60]);
      receiver.close();
      expect(back).toEqual([60, 10, 20, 30, 40, 50]);
      await expect(send(70)).rejects.toBeInstanceOf(ClosedError);
      expect(back.at(-1)).toBe(70);
    }),
);

notTransferable({
  area,
  id: "recv_timeout_panic",
  says: "a send with a limit of time is an error outside of the runtime",
  because: "There is no outside.",
});

behaviour(
  {
    area,
    id: "drop_all_elements_during_panic",
    says: "what is left when the receiver goes is dropped to the last item, also if dropping one fails",
    verdict: "holds",
    because: "It goes to `onUndelivered`, and what that throws is reported.",
  },
  async () => {
    const dropped: number[] = [];
    const reports = await reportsDuring(async () => {
      const [sender, receiver] = channel<number>(Infinity, {
        onUndelivered: (item) => {
          dropped.push(item);
          if (item === 1) throw new Error("panic");
        },
      });
      for (const item of [1, 2, 3]) sender.trySend(item);
      receiver.close();
      await new Promise(setImmediate);
    });
    expect(dropped).toEqual([1, 2, 3]);
    expect(reports).toEqual(["onUndelivered threw: Error: panic"]);
  },
);
