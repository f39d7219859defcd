import { channel, type Overflow } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour } from "./behaviour.ts";

const area = "channel (Kotlin)";

interface Cell {
  readonly capacity: number;
  readonly overflow: Overflow;
  readonly says: string;
  /** What is left of 1, 2, 3, 4 after they were sent; the others were dropped or wait. */
  readonly kept: readonly number[];
  readonly dropped: readonly number[];
  /** How many sends wait. */
  readonly waiting: number;
  readonly because?: string;
}

const cells: readonly Cell[] = [
  {
    capacity: 0,
    overflow: "wait",
    says: "each send waits for a receiver",
    kept: [],
    dropped: [],
    waiting: 4,
  },
  {
    capacity: 1,
    overflow: "wait",
    says: "one item is kept, each further send waits",
    kept: [1],
    dropped: [],
    waiting: 3,
  },
  {
    capacity: 2,
    overflow: "wait",
    says: "two items are kept, each further send waits",
    kept: [1, 2],
    dropped: [],
    waiting: 2,
  },
  {
    capacity: Infinity,
    overflow: "wait",
    says: "all items are kept",
    kept: [1, 2, 3, 4],
    dropped: [],
    waiting: 0,
  },
  {
    capacity: 1,
    overflow: "dropOldest",
    says: "the newest item is kept",
    kept: [4],
    dropped: [1, 2, 3],
    waiting: 0,
  },
  {
    capacity: 2,
    overflow: "dropOldest",
    says: "the two newest items are kept",
    kept: [3, 4],
    dropped: [1, 2],
    waiting: 0,
  },
  {
    capacity: Infinity,
    overflow: "dropOldest",
    says: "nothing is ever dropped",
    kept: [1, 2, 3, 4],
    dropped: [],
    waiting: 0,
  },
  {
    capacity: 1,
    overflow: "dropNewest",
    says: "the oldest item is kept",
    kept: [1],
    dropped: [2, 3, 4],
    waiting: 0,
  },
  {
    capacity: 2,
    overflow: "dropNewest",
    says: "the two oldest items are kept",
    kept: [1, 2],
    dropped: [3, 4],
    waiting: 0,
  },
  {
    capacity: Infinity,
    overflow: "dropNewest",
    says: "nothing is ever dropped",
    kept: [1, 2, 3, 4],
    dropped: [],
    waiting: 0,
  },
  {
    capacity: 1,
    overflow: "conflate",
    says: "the newest item is kept",
    kept: [4],
    dropped: [1, 2, 3],
    waiting: 0,
  },
];

for (const { capacity, overflow, says, kept, dropped, waiting } of cells) {
  behaviour(
    { area, id: `overflow: capacity ${capacity}, ${overflow}`, says, verdict: "holds" },
    () =>
      withVirtualClock(async () => {
        const lost: number[] = [];
        const [sender, receiver] = channel<number>(capacity, {
          overflow,
          onUndelivered: (item) => lost.push(item),
        });
        const sent = [1, 2, 3, 4].map((item) => sender.send(item));
        expect(lost).toEqual(dropped);
        expect(sender.stats()).toMatchObject({ size: kept.length, sending: waiting });
        const got: number[] = [];
        for (let i = 0; i < kept.length + waiting; i++) got.push(await receiver.receive());
        expect(got).toEqual([...kept, ...[1, 2, 3, 4].slice(4 - waiting)]);
        await Promise.all(sent);
        expect(receiver.tryReceive()).toBeUndefined();
        expect(lost).toEqual(dropped);
      }),
  );
}

for (const overflow of ["dropOldest", "dropNewest"] as const) {
  behaviour(
    {
      area,
      id: `overflow: capacity 0, ${overflow}`,
      says: "a channel without room that drops has room for one item",
      verdict: "differs",
      because: "It has no room and nothing to drop: one asks for a capacity of 1.",
    },
    () => {
      expect(() => channel(0, { overflow })).toThrow(RangeError);
      expect(() => channel(1, { overflow })).not.toThrow();
    },
  );
}

behaviour(
  {
    area,
    id: "testUnsupportedBufferOverflow",
    says: "a conflated channel has no other policy and no other capacity",
    verdict: "holds",
    because: "It is a policy itself, which wants a capacity of 1.",
  },
  () => {
    for (const capacity of [0, 2, Infinity]) {
      expect(() => channel(capacity, { overflow: "conflate" })).toThrow(RangeError);
    }
    expect(() => channel(1, { overflow: "drop" as Overflow })).toThrow(TypeError);
  },
);

behaviour(
  {
    area,
    id: "testInvalidCapacityNotSupported",
    says: "a negative capacity is an error",
    verdict: "holds",
  },
  () => {
    expect(() => channel(-3)).toThrow(RangeError);
  },
);

behaviour(
  {
    area,
    id: "testDropLatest",
    says: "sending without waiting to a full channel that drops the newest says that it was sent",
    verdict: "differs",
    because:
      "`trySend()` says that it was not, and the item is still the caller's. `send()` drops it.",
  },
  async () => {
    const lost: number[] = [];
    const [sender, receiver] = channel<number>(2, {
      overflow: "dropNewest",
      onUndelivered: (item) => lost.push(item),
    });
    expect([1, 2, 3].map((item) => sender.trySend(item))).toEqual([true, true, false]);
    await sender.send(4);
    expect(lost).toEqual([4]);
    expect(await receiver.receive()).toBe(1);
    expect([5, 6].map((item) => sender.trySend(item))).toEqual([true, false]);
    expect([await receiver.receive(), await receiver.receive()]).toEqual([2, 5]);
    expect(receiver.tryReceive()).toBeUndefined();
  },
);

behaviour(
  {
    area,
    id: "testDropOldest",
    says: "sending to a full channel that drops the oldest never waits, and takes the place of the oldest",
    verdict: "holds",
  },
  async () => {
    const [sender, receiver] = channel<number>(2, { overflow: "dropOldest" });
    expect([1, 2, 3].map((item) => sender.trySend(item))).toEqual([true, true, true]);
    await sender.send(4);
    expect(await receiver.receive()).toBe(3);
    expect([5, 6].map((item) => sender.trySend(item))).toEqual([true, true]);
    expect([await receiver.receive(), await receiver.receive()]).toEqual([5, 6]);
    expect(receiver.tryReceive()).toBeUndefined();
  },
);

behaviour(
  {
    area,
    id: "testConflationSendReceive",
    says: "an item that is sent to a conflated channel goes to one who waits, else it takes the place of the one before",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(1, { overflow: "conflate" });
      await sender.send(1);
      await sender.send(2);
      expect(await receiver.receive()).toBe(2);
      const waiting = receiver.receive();
      for (const item of [3, 4, 5, 6]) await sender.send(item);
      expect(await waiting).toBe(3);
      expect(await receiver.receive()).toBe(6);
      expect(receiver.tryReceive()).toBeUndefined();
    }),
);
