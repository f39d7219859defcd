import { channel, ClosedError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "mpsc (tokio)";
const forGood =
  "Closing the last receiving end says that nobody receives any more: what is in goes to `onUndelivered`, and so does what is sent into a reserved place. To let nothing in and receive the rest, close the sending ends.";

behaviour(
  {
    area,
    id: "tx_close_gets_none",
    says: "when all senders have gone and nothing is left, whoever receives is told so",
    verdict: "holds",
    because: "`receive()` rejects with a ClosedError, iteration ends.",
  },
  async () => {
    const [sender, receiver] = channel<number>(10);
    const second = sender.clone();
    const early = receiver.receive();
    sender.close();
    expect(receiver.stats().receiving).toBe(1);
    second.close();
    await expect(early).rejects.toBeInstanceOf(ClosedError);
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
    expect(await receiver.values().next()).toEqual({ done: true, value: undefined });
  },
);

behaviour(
  {
    area,
    id: "recv_close_gets_none_idle",
    says: "an idle channel that the receiver closes gives the receiver the end, and senders an error",
    verdict: "holds",
    because: "Both are a ClosedError.",
  },
  async () => {
    const [sender, receiver] = channel<number>(10);
    receiver.close();
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
    await expect(sender.send(1)).rejects.toBeInstanceOf(ClosedError);
    expect(() => sender.trySend(1)).toThrow(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "recv_close_gets_none_reserved",
    says: "a receiver that closes the channel fails whoever waits to reserve, and still receives what is sent into the places that were reserved before",
    verdict: "differs",
    because: forGood,
  },
  () =>
    withVirtualClock(async () => {
      const back: number[] = [];
      const [sender, receiver] = channel<number>(1, { onUndelivered: (item) => back.push(item) });
      const slot = await sender.reserve();
      const second = sender.clone().reserve();
      receiver.close();
      await expect(second).rejects.toBeInstanceOf(ClosedError);
      expect(() => slot.send(123)).toThrow(ClosedError);
      expect(back).toEqual([123]);
      await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
    }),
);

for (const [id, capacity, last] of [
  ["ready_close_cancel_bounded", 100, "given back"],
  ["permit_available_not_acquired_close", 1, "given back, also if somebody waited for one"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a receiver that has closed the channel gets the end when the last reserved place is ${last}`,
      verdict: "differs",
      because: `${forGood} The end comes after the last reserved place then.`,
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = channel<number>(capacity);
        const slot = await sender.reserve();
        const second = capacity === 1 ? sender.reserve() : undefined;
        sender.close();
        await (second && expect(second).rejects.toBeInstanceOf(ClosedError));
        const received = receiver.receive();
        expect(receiver.stats()).toMatchObject({ senders: 0, reserved: 1, receiving: 1 });
        slot.release();
        expect(receiver.stats()).toMatchObject({ reserved: 0, receiving: 0 });
        await expect(received).rejects.toBeInstanceOf(ClosedError);
      }),
  );
}

behaviour(
  {
    area,
    id: "close with outstanding permits",
    says: "what is sent into a place that was reserved before the channel was closed is received, and then the end",
    verdict: "holds",
    because: "The sending ends are what is closed.",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(2);
      const slots = [await sender.reserve(), await sender.reserve()];
      sender.close();
      const [first, second, third] = [receiver.receive(), receiver.receive(), receiver.receive()];
      expect(receiver.stats().receiving).toBe(3);
      slots[1]!.send(1);
      expect(await first).toBe(1);
      expect(receiver.stats().receiving).toBe(2);
      slots[0]!.send(2);
      expect(await second).toBe(2);
      await expect(third).rejects.toBeInstanceOf(ClosedError);
    }),
);

behaviour(
  {
    area,
    id: "dropping_rx_closes_channel",
    says: "when the receiver has gone, reserving is an error, and what was in is dropped",
    verdict: "holds",
  },
  async () => {
    const back: string[] = [];
    const [sender, receiver] = channel<string>(100, { onUndelivered: (item) => back.push(item) });
    sender.trySend("left");
    receiver.close();
    expect(back).toEqual(["left"]);
    expect(sender.stats().size).toBe(0);
    await expect(sender.reserve()).rejects.toBeInstanceOf(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "dropping_rx_closes_channel_for_try",
    says: "so it is without waiting; the item that was to be sent is still the caller's",
    verdict: "holds",
  },
  () => {
    const back: string[] = [];
    const [sender, receiver] = channel<string>(100, { onUndelivered: (item) => back.push(item) });
    sender.trySend("left");
    receiver.close();
    expect(() => sender.trySend("mine")).toThrow(ClosedError);
    expect(() => sender.tryReserve()).toThrow(ClosedError);
    expect(back).toEqual(["left"]);
  },
);

behaviour(
  {
    area,
    id: "unconsumed_messages_are_dropped",
    says: "what is in when all have gone is dropped",
    verdict: "holds",
    because: "It goes to `onUndelivered`, once, when the last receiving end is closed.",
  },
  () => {
    const back: string[] = [];
    const [sender, receiver] = channel<string>(100, { onUndelivered: (item) => back.push(item) });
    const second = receiver.clone();
    sender.trySend("left");
    sender.close();
    receiver.close();
    receiver.close();
    expect(back).toEqual([]);
    second.close();
    expect(back).toEqual(["left"]);
  },
);

for (const [id, capacity] of [
  ["try_recv_close_while_empty_bounded", 5],
  ["try_recv_close_while_empty_unbounded", Infinity],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `receiving without waiting from an empty channel gives nothing, and the end when all senders have gone (capacity ${capacity})`,
      verdict: "holds",
    },
    () => {
      const [sender, receiver] = channel<number>(capacity);
      expect(receiver.tryReceive()).toBeUndefined();
      sender.close();
      expect(() => receiver.tryReceive()).toThrow(ClosedError);
    },
  );
}

behaviour(
  {
    area,
    id: "try_recv_after_receiver_close",
    says: "receiving without waiting gives the end when the receiver has closed an empty channel",
    verdict: "holds",
  },
  () => {
    const [, receiver] = channel<number>(5);
    expect(receiver.tryReceive()).toBeUndefined();
    receiver.close();
    expect(() => receiver.tryReceive()).toThrow(ClosedError);
  },
);
