import { channel, ClosedError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "channel (Kotlin)";

behaviour(
  {
    area,
    id: "testSuspendSendOnClosedChannel",
    says: "a send that waits when the channel is closed is still received",
    verdict: "differs",
    because:
      "Closing a sending end ends what waits at it, as with Trio. Whoever wants it to be received closes after it.",
  },
  () =>
    withVirtualClock(async () => {
      const lost: number[] = [];
      const [sender, receiver] = channel<number>(0, { onUndelivered: (item) => lost.push(item) });
      const other = sender.clone();
      const sent = [sender.send(42), other.send(43)];
      sender.close();
      await expect(sent[0]).rejects.toBeInstanceOf(ClosedError);
      expect(lost).toEqual([42]);
      expect(await receiver.receive()).toBe(43);
      await sent[1];
    }),
);

behaviour(
  {
    area,
    id: "close with a cause",
    says: "whoever receives after the channel was closed with a cause gets what is left, and then the cause",
    verdict: "holds",
    because: "Iteration throws it, too.",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(2);
      const second = sender.clone();
      const cause = new Error("broken");
      for (const item of [1, 2]) sender.trySend(item);
      sender.close(cause);
      sender.close(new Error("again"));
      second.close(new Error("later"));
      expect(await receiver.receive()).toBe(1);
      const items = receiver.values();
      expect(await items.next()).toEqual({ done: false, value: 2 });
      await expect(items.next()).rejects.toBe(cause);
      await expect(receiver.receive()).rejects.toBe(cause);
      expect(() => receiver.tryReceive()).toThrow(cause);
    }),
);

behaviour(
  {
    area,
    id: "close with a cause: who waits",
    says: "whoever waits to receive when the channel is closed with a cause gets the cause",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(2);
      const cause = new Error("broken");
      const waits = [receiver.receive(), receiver.values().next(), receiver.clone().receive()];
      sender.close(cause);
      for (const wait of waits) await expect(wait).rejects.toBe(cause);
    }),
);

behaviour(
  {
    area,
    id: "testConflatedClose",
    says: "closing a conflated channel keeps its item for whoever receives next",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<number>(1, { overflow: "conflate" });
    await sender.send(1);
    sender.close();
    expect(await receiver.receive()).toBe(1);
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "testConsumeAll",
    says: "cancelling a channel drops what is in it, and cancels all who wait to send",
    verdict: "holds",
    because: "It is closing the last receiving end. Their sends reject with a ClosedError.",
  },
  () =>
    withVirtualClock(async () => {
      const lost: number[] = [];
      const [sender, receiver] = channel<number>(5, { onUndelivered: (item) => lost.push(item) });
      const sent = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((item) => sender.send(item));
      expect(sender.stats()).toMatchObject({ size: 5, sending: 5 });
      receiver.close();
      const outcomes = await Promise.allSettled(sent);
      expect(outcomes.map((outcome) => outcome.status === "rejected")).toEqual([
        ...Array<boolean>(5).fill(false),
        ...Array<boolean>(5).fill(true),
      ]);
      expect(lost.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect([sender.closed, receiver.closed]).toEqual([true, true]);
    }),
);

behaviour(
  {
    area,
    id: "testCancelWithCause",
    says: "whoever receives from a channel that was cancelled with a cause gets the cause",
    verdict: "differs",
    because:
      "Closing a receiving end takes no reason: who receives has closed it. A reason goes the way of the items, from the sending end.",
  },
  async () => {
    const [, receiver] = channel<number>(5);
    receiver.close();
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
    expect(receiver.close.length).toBe(0);
  },
);
