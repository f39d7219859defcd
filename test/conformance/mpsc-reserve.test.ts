import {
  channel,
  type ChannelSlot,
  ClosedError,
  type Receiver,
  recv,
  select,
  taskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "mpsc (tokio)";

behaviour(
  {
    area,
    id: "send_recv_with_buffer",
    says: "a place is reserved and then filled; what was sent is received in order, then the end",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<number>(16);
    const slot = await sender.reserve();
    slot.send(1);
    sender.trySend(2);
    sender.close();
    expect([await receiver.receive(), await receiver.receive()]).toEqual([1, 2]);
    await expect(receiver.receive()).rejects.toBeInstanceOf(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "reserve_disarm",
    says: "a place that was filled is free again when its item was received, and one that was given back at once; each goes to the first who waits",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(2);
      const [first, second] = [await sender.reserve(), await sender.clone().reserve()];
      const third = sender.clone().reserve();
      const fourth = sender.clone().reserve();
      const waiting = (): number => sender.stats().sending;
      expect(waiting()).toBe(2);
      first.send(1);
      expect(waiting()).toBe(2);
      expect(await receiver.receive()).toBe(1);
      expect(waiting()).toBe(1);
      (await third).send(3);
      second.release();
      expect(waiting()).toBe(0);
      (await fourth).send(4);
      void sender.reserve();
      expect(waiting()).toBe(1);
      expect([await receiver.receive(), await receiver.receive()]).toEqual([3, 4]);
    }),
);

behaviour(
  {
    area,
    id: "start_send_past_cap",
    says: "when the first who waits to reserve is cancelled, the place that becomes free is the second one's",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const [sender, receiver] = channel<number>(1);
        sender.trySend(1);
        const [first, second] = [1, 2].map(() =>
          group.spawn(async (self) => {
            using end = sender.clone();
            return await end.reserve(at(self.scope));
          }),
        );
        await clock.runUntilIdle();
        first!.cancel();
        expect(await receiver.receive(at(group.scope))).toBe(1);
        (await second!.wait(at(group.scope))).release();
        await clock.runUntilIdle();
        expect(first!.status).toBe("cancelled");
        sender.close();
        await expect(receiver.receive(at(group.scope))).rejects.toBeInstanceOf(ClosedError);
      }),
    ),
);

behaviour(
  {
    area,
    id: "send_recv_buffer_limited",
    says: "who waits to reserve gets the place of the item that is received, and no other can send into it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(1);
      (await sender.reserve()).send(1);
      const second = sender.reserve();
      expect(sender.stats().sending).toBe(1);
      expect(await receiver.receive()).toBe(1);
      expect(sender.stats().sending).toBe(0);
      expect(sender.trySend(1_337)).toBe(false);
      (await second).send(2);
      expect(await receiver.receive()).toBe(2);
    }),
);

behaviour(
  {
    area,
    id: "try_reserve_fails",
    says: "a place is reserved without waiting only if one is free; one that was given back is",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<string>(1);
    const slot = sender.tryReserve();
    expect(sender.tryReserve()).toBeUndefined();
    slot!.send("foo");
    expect(sender.tryReserve()).toBeUndefined();
    expect(await receiver.receive()).toBe("foo");
    sender.tryReserve()!.release();
    expect(sender.tryReserve()).toBeDefined();
  },
);

for (const [id, giveBack, how] of [
  ["drop_permit_releases_permit", (slot: ChannelSlot<number>) => slot.release(), "given back"],
  [
    "drop_permit_releases_permit: using",
    (slot: ChannelSlot<number>) => slot[Symbol.dispose](),
    "disposed",
  ],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a place that is ${how} goes to the one who waits for it, once`,
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const [sender] = channel<number>(1);
        const slot = await sender.reserve();
        const second = sender.clone().reserve();
        const third = sender.reserve();
        expect(sender.stats()).toMatchObject({ reserved: 1, sending: 2 });
        giveBack(slot);
        giveBack(slot);
        await second;
        expect(sender.stats()).toMatchObject({ reserved: 1, sending: 1 });
        expect(() => slot.send(1)).toThrow(TypeError);
        (await second).release();
        await third;
      }),
  );
}

for (const [how, receive] of [
  ["receive", (receiver: Receiver<number>) => receiver.receive()],
  ["iteration", (receiver: Receiver<number>) => receiver.values().next()],
  ["select", (receiver: Receiver<number>) => select({ got: recv(receiver) })],
] as const) {
  behaviour(
    {
      area,
      id: `buffer_gteq_one: reserve (${how})`,
      says: "a channel without room has no place to reserve",
      verdict: "differs",
      because: "Whoever waits to receive is a place for one item, in the order of the calls.",
    },
    () =>
      withVirtualClock(async () => {
        const [sender, receiver] = channel<number>(0);
        expect(sender.tryReserve()).toBeUndefined();
        const [first, second] = [sender.reserve(), sender.reserve()];
        const received = receive(receiver);
        expect(sender.stats()).toMatchObject({ reserved: 1, sending: 1, receiving: 1 });
        (await first).send(7);
        expect(JSON.stringify(await received)).toContain("7");
        expect(sender.stats()).toMatchObject({ reserved: 0, sending: 1, receiving: 0 });
        const again = receive(receiver);
        (await second).send(8);
        expect(JSON.stringify(await again)).toContain("8");
      }),
  );
}

notTransferable({
  area,
  id: "reserve_many",
  says: "several places can be reserved at once, up to the capacity, and given back together",
  because: "Places are reserved one by one.",
});

behaviour(
  {
    area,
    id: "test_tx_capacity",
    says: "how many places are free is told: a reserved one is not, nor one that is filled",
    verdict: "holds",
    because: "By the figures: the capacity less the items and the reserved places.",
  },
  async () => {
    const [sender] = channel<number>(10);
    const free = (): number => {
      const { capacity, size, reserved } = sender.stats();
      return capacity - size - reserved;
    };
    expect(free()).toBe(10);
    const slot = await sender.reserve();
    expect(free()).toBe(9);
    await sender.send(1);
    expect(free()).toBe(8);
    slot.send(2);
    expect(free()).toBe(8);
    expect(sender.stats()).toMatchObject({ capacity: 10, size: 2, reserved: 0 });
  },
);
