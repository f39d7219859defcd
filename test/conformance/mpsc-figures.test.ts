import { channel, type Receiver, type Sender } from "corral";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "mpsc (tokio)";

type Ends = [sender: Sender<number>, receiver: Receiver<number>];

async function fill([sender]: Ends, count: number): Promise<void> {
  for (let item = 0; item < count; item++) await sender.send(item);
}

async function drain([, receiver]: Ends, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await receiver.receive();
}

const kinds = [
  { prefix: "test_rx_", suffix: "", capacity: 100 },
  { prefix: "test_rx_unbounded_", suffix: " (unbounded)", capacity: Infinity },
] as const;

for (const { prefix, suffix, capacity } of kinds) {
  for (const [id, says, prepare, size] of [
    ["is_empty_when_no_messages_were_sent", "is empty when nothing was sent", async () => {}, 0],
    [
      "is_not_empty_when_there_are_messages_in_the_buffer",
      "is not empty when something was sent",
      (ends: Ends) => fill(ends, 1),
      1,
    ],
    [
      "is_not_empty_when_all_but_one_messages_are_consumed",
      "is not empty when all but one item were received",
      async (ends: Ends) => {
        await fill(ends, 10);
        await drain(ends, 9);
      },
      1,
    ],
    [
      "is_empty_when_all_messages_are_consumed",
      "is empty when all items were received",
      async (ends: Ends) => {
        await fill(ends, 10);
        await drain(ends, 10);
      },
      0,
    ],
    [
      "is_empty_all_senders_are_dropped_and_messages_consumed",
      "is empty when all items were received after the last sender has gone",
      async (ends: Ends) => {
        await fill(ends, 10);
        ends[0].close();
        await drain(ends, 10);
      },
      0,
    ],
    [
      "len_on_empty_channel_without_senders",
      "has a length of zero when all senders have gone and nothing was sent",
      async (ends: Ends) => ends[0].close(),
      0,
    ],
    [
      "len_on_filled_channel",
      "has a length of a hundred when so many items were sent",
      (ends: Ends) => fill(ends, 100),
      100,
    ],
    [
      "len_on_filled_channel_without_senders",
      "has the same length after the last sender has gone",
      async (ends: Ends) => {
        await fill(ends, 100);
        ends[0].close();
      },
      100,
    ],
  ] satisfies [string, string, (ends: Ends) => Promise<void>, number][]) {
    behaviour(
      { area, id: `${prefix}${id}`, says: `a channel ${says}${suffix}`, verdict: "holds" },
      async () => {
        const ends = channel<number>(capacity);
        await prepare(ends);
        expect(ends[1].stats().size).toBe(size);
        expect(ends[0].stats().size).toBe(size);
      },
    );
  }

  behaviour(
    {
      area,
      id: `${prefix}len_when_consuming_all_messages`,
      says: `its length follows each send and each receive${suffix}`,
      verdict: "holds",
    },
    async () => {
      const [sender, receiver] = channel<number>(capacity);
      for (let item = 0; item < 100; item++) {
        await sender.send(item);
        expect(receiver.stats().size).toBe(item + 1);
      }
      sender.close();
      for (let left = 99; left >= 0; left--) {
        await receiver.receive();
        expect(receiver.stats().size).toBe(left);
      }
    },
  );

  behaviour(
    {
      area,
      id: `${prefix}len_when_close_is_called`,
      says: `its length stays what it is when the receiver closes it${suffix}`,
      verdict: "differs",
      because:
        "Closing the last receiving end drops what is in. It stays when the sending ends are closed.",
    },
    async () => {
      for (const order of ["before", "after"]) {
        const [sender, receiver] = channel<number>(capacity);
        await sender.send(1);
        if (order === "before") sender.close();
        expect(receiver.stats().size).toBe(1);
        receiver.close();
        expect(receiver.stats().size).toBe(0);
        sender.close();
        expect(receiver.stats().size).toBe(0);
      }
    },
  );

  behaviour(
    {
      area,
      id: `${prefix}is_closed_when_calling_close_with_sender`,
      says: `a receiver that has closed the channel counts as closed, whatever is in it${suffix}`,
      verdict: "holds",
    },
    async () => {
      for (const count of [0, 10]) {
        const ends = channel<number>(capacity);
        await fill(ends, count);
        expect(ends[1].closed).toBe(false);
        ends[1].close();
        expect([ends[0].closed, ends[1].closed]).toEqual([true, true]);
      }
    },
  );

  behaviour(
    {
      area,
      id: `${prefix}is_closed_when_dropping_all_senders`,
      says: `a receiver counts as closed when all senders have gone, whatever is in the channel${suffix}`,
      verdict: "differs",
      because:
        "`closed` says of a receiving end whether it was closed itself. The figures tell how many senders there are.",
    },
    async () => {
      for (const count of [0, 10]) {
        const ends = channel<number>(capacity);
        await fill(ends, count);
        const second = ends[0].clone();
        expect(ends[1].stats().senders).toBe(2);
        ends[0].close();
        expect(ends[1].stats().senders).toBe(1);
        second.close();
        expect(ends[1].stats().senders).toBe(0);
        expect(ends[1].closed).toBe(false);
      }
    },
  );

  behaviour(
    {
      area,
      id: `${prefix}is_not_closed_when_there_are_senders`,
      says: `a receiver does not count as closed while there are senders, also if the channel is full${suffix}`,
      verdict: "holds",
    },
    async () => {
      const ends = channel<number>(capacity);
      expect(ends[1].closed).toBe(false);
      await fill(ends, 100);
      expect(ends[1].closed).toBe(false);
      expect(ends[1].stats().senders).toBe(1);
    },
  );
}

behaviour(
  {
    area,
    id: "test_rx_is_not_closed_when_there_are_permits_but_not_senders",
    says: "a receiver does not count as closed while a place is reserved, though all senders have gone",
    verdict: "holds",
    because: "The figures tell how many places are reserved.",
  },
  async () => {
    const [sender, receiver] = channel<number>(10);
    const slot = await sender.reserve();
    sender.close();
    expect(receiver.stats()).toMatchObject({ senders: 0, reserved: 1 });
    expect(receiver.closed).toBe(false);
    expect(receiver.tryReceive()).toBeUndefined();
    slot.release();
    expect(receiver.stats().reserved).toBe(0);
  },
);

behaviour(
  {
    area,
    id: "test_is_empty_32_msgs",
    says: "a channel is empty again after each of many items that are sent and received in turn",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<number>(33);
    for (let item = 1; item < 257; item++) {
      await sender.send(item);
      expect(await receiver.receive()).toBe(item);
      expect(receiver.stats().size).toBe(0);
    }
  },
);
