import { channel, ClosedError, moveOnAfter, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "memory channel (Trio)";

behaviour(
  {
    area,
    id: "test_channel",
    says: "items come out in order; without room or items nothing is sent or received at once; what was sent is received after the sending end has closed, then the end, and a closed end is of no use",
    verdict: "holds",
    because: "`trySend()` and `tryReceive()` do not throw for “not now”.",
  },
  () =>
    withVirtualClock(async () => {
      expect(() => channel(1.5)).toThrow(RangeError);
      expect(() => channel("1" as unknown as number)).toThrow(TypeError);
      expect(() => channel(-1)).toThrow(RangeError);
      const [sender, receiver] = channel<number | string>(2);
      expect(String(sender)).toContain("Sender { capacity: 2, size: 0");
      expect(String(receiver)).toContain("Receiver { capacity: 2, size: 0");
      expect(sender.trySend(1)).toBe(true);
      await sender.send(2);
      expect(sender.trySend(3)).toBe(false);
      expect(await receiver.receive()).toBe(1);
      expect(receiver.tryReceive()).toEqual({ value: 2 });
      expect(receiver.tryReceive()).toBeUndefined();
      sender.trySend("last");
      sender.close();
      await expect(sender.send("too late")).rejects.toBeInstanceOf(ClosedError);
      expect(() => sender.trySend("too late")).toThrow(ClosedError);
      expect(() => sender.clone()).toThrow(ClosedError);
      sender.close();
      expect(receiver.tryReceive()).toEqual({ value: "last" });
      await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
      receiver.close();
      await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
      expect(() => receiver.tryReceive()).toThrow(ClosedError);
      receiver.close();
    }),
);

behaviour(
  {
    area,
    id: "test_553",
    says: "after a receive that timed out, what is sent goes into the channel",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const [sender, receiver] = channel<string>(1);
      const received = await moveOnAfter(10_000, (scope) => receiver.receive(at(scope)), {
        fallback: () => "timed out",
      });
      expect([received, clock.now()]).toEqual(["timed out", 10_000]);
      await sender.send("item");
      expect(receiver.tryReceive()).toEqual({ value: "item" });
    }),
);

behaviour(
  {
    area,
    id: "test_channel_multiple_producers",
    says: "each of ten producers closes the clone it was given, and the loop of the consumer ends after the last",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(0);
      const got: number[] = [];
      await taskGroup(async (group) => {
        for (let i = 0; i < 10; i++) {
          const clone = sender.clone();
          group.spawn(async (self) => {
            using end = clone;
            for (let j = 3 * i; j < 3 * (i + 1); j++) await end.send(j, at(self.scope));
          });
        }
        sender.close();
        for await (const item of receiver.values(at(group.scope))) got.push(item);
        expect(receiver.stats().senders).toBe(0);
      });
      expect(got.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    }),
);

behaviour(
  {
    area,
    id: "test_channel_multiple_consumers",
    says: "five consumers that wait share ten items, each item goes to one, and all of them end",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const receivers = new Set<number>();
      const got: number[] = [];
      await taskGroup(async (group) => {
        const [sender, receiver] = channel<number>(1);
        for (let i = 0; i < 5; i++) {
          group.spawn(async (self) => {
            for await (const item of receiver.values(at(self.scope))) {
              receivers.add(i);
              got.push(item);
            }
          });
        }
        await clock.runUntilIdle();
        expect(receiver.stats().receiving).toBe(5);
        for (let item = 0; item < 10; item++) await sender.send(item, at(group.scope));
        sender.close();
      });
      expect(receivers.size).toBe(5);
      expect(got.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }),
);

behaviour(
  {
    area,
    id: "test_inf_capacity",
    says: "without a limit one can send all day without waiting",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<number>(Infinity);
    for (let item = 0; item < 10; item++) expect(sender.trySend(item)).toBe(true);
    sender.close();
    const got: number[] = [];
    for await (const item of receiver) got.push(item);
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  },
);

behaviour(
  {
    area,
    id: "test_statistics",
    says: "the figures tell how much is in, how many ends are open, and how many wait at them",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(2);
      expect(sender.stats()).toEqual(receiver.stats());
      expect(sender.stats()).toEqual({
        capacity: 2,
        size: 0,
        reserved: 0,
        senders: 1,
        receivers: 1,
        sending: 0,
        receiving: 0,
      });
      sender.trySend(1);
      expect(sender.stats().size).toBe(1);
      const second = sender.clone();
      expect(sender.stats().senders).toBe(2);
      sender.close();
      expect(second.stats().senders).toBe(1);
      const other = receiver.clone();
      expect(second.stats().receivers).toBe(2);
      other.close();
      expect(second.stats().receivers).toBe(1);
      second.trySend(2);
      await taskGroup((group) => {
        for (const item of [3, 4]) group.spawn((self) => second.send(item, at(self.scope)));
        expect(second.stats()).toMatchObject({ size: 2, sending: 2 });
        group.cancel();
      });
      expect(second.stats()).toMatchObject({ size: 2, sending: 0 });
      while (receiver.tryReceive() !== undefined);
      await taskGroup((group) => {
        group.spawn((self) => receiver.receive(at(self.scope)));
        expect(second.stats()).toMatchObject({ size: 0, receiving: 1 });
        group.cancel();
      });
      expect(second.stats().receiving).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "test_unbuffered",
    says: "without room an item is sent only when somebody receives it, and the other way round",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(0);
      expect(receiver.tryReceive()).toBeUndefined();
      expect(sender.trySend(1)).toBe(false);
      const sent = sender.send(1);
      expect(sender.stats()).toMatchObject({ size: 0, sending: 1 });
      expect(await receiver.receive()).toBe(1);
      await sent;
      expect(receiver.tryReceive()).toBeUndefined();
      const received = receiver.receive();
      expect(receiver.stats().receiving).toBe(1);
      expect(sender.trySend(2)).toBe(true);
      expect(sender.trySend(3)).toBe(false);
      expect(await received).toBe(2);
      const third = sender.send(3);
      expect(receiver.tryReceive()).toEqual({ value: 3 });
      await third;
    }),
);
