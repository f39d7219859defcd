import { Broadcast, ClosedError, type Subscription } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "broadcast (tokio)";

/** What a subscription has to read, as far as `count`. */
function read<T>(subscription: Subscription<T>, count: number): (T | undefined)[] {
  return Array.from({ length: count }, () => subscription.tryReceive()?.value);
}

for (const [id, count] of [
  ["send_try_recv_bounded", 1],
  ["send_two_recv", 2],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a value is received once by each of those who have subscribed (${count})`,
      verdict: "holds",
    },
    () => {
      const broadcast = new Broadcast<string>({ capacity: 16 });
      const subscriptions = Array.from({ length: count }, () => broadcast.subscribe());
      for (const subscription of subscriptions) expect(subscription.tryReceive()).toBeUndefined();
      broadcast.publish("hello");
      expect(broadcast.stats().subscriptions).toBe(count);
      for (const subscription of subscriptions) {
        expect(read(subscription, 2)).toEqual(["hello", undefined]);
      }
    },
  );
}

for (const [id, count] of [
  ["send_recv_bounded", 1],
  ["send_two_recv_bounded", 2],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a value is given to each of those who wait for one, and waits for the others (${count})`,
      verdict: "holds",
    },
    () =>
      withVirtualClock(async () => {
        const broadcast = new Broadcast<string>({ capacity: 16 });
        const subscriptions = Array.from({ length: count }, () => broadcast.subscribe());
        const all = subscriptions.map((subscription) => subscription.receive());
        expect(broadcast.stats().waiting).toBe(count);
        broadcast.publish("hello");
        expect(broadcast.stats().waiting).toBe(0);
        expect(await Promise.all(all)).toEqual(Array(count).fill("hello"));
        const first = subscriptions[0]!.receive();
        broadcast.publish("world");
        expect(await first).toBe("world");
        for (const subscription of subscriptions.slice(1)) {
          expect(await subscription.receive()).toBe("world");
        }
      }),
  );
}

behaviour(
  {
    area,
    id: "send_slow_rx",
    says: "each receiver goes at its own pace: a slow one gets later, in order, what a fast one has got at once",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const broadcast = new Broadcast<string>({ capacity: 16 });
      const [fast, slow] = [broadcast.subscribe(), broadcast.subscribe()];
      const [first, waiting] = [fast.receive(), slow.receive()];
      broadcast.publish("one");
      broadcast.publish("two");
      expect(await first).toBe("one");
      expect(await fast.receive()).toBe("two");
      const third = fast.receive();
      broadcast.publish("three");
      expect(await third).toBe("three");
      expect(await waiting).toBe("one");
      expect(read(slow, 3)).toEqual(["two", "three", undefined]);
    }),
);

notTransferable({
  area,
  id: "change_tasks",
  says: "a receive that moves to another task wakes the task that polled it last",
  because: "Promises are not polled by tasks.",
});

behaviour(
  {
    area,
    id: "send_no_rx",
    says: "sending while nobody has subscribed is an error; who subscribes later gets what is sent later",
    verdict: "differs",
    because:
      "Who publishes does not care who listens: it reaches nobody. The figures tell how many there are.",
  },
  () => {
    const broadcast = new Broadcast<string>({ capacity: 16 });
    expect(() => broadcast.publish("hello")).not.toThrow();
    expect(broadcast.stats()).toMatchObject({ size: 0, subscriptions: 0 });
    const subscription = broadcast.subscribe();
    broadcast.publish("world");
    expect(read(subscription, 2)).toEqual(["world", undefined]);
  },
);

behaviour(
  {
    area,
    id: "zero_capacity",
    says: "a capacity of zero is an error",
    verdict: "holds",
  },
  () => {
    expect(() => new Broadcast({ capacity: 0 })).toThrow(RangeError);
  },
);

behaviour(
  {
    area,
    id: "capacity_too_big",
    says: "a capacity of more than half of all numbers is an error",
    verdict: "differs",
    because: "Room is taken as it is needed, so that any capacity is fine, also `Infinity`.",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: Infinity });
    const subscription = broadcast.subscribe();
    for (let value = 0; value < 1_000; value++) broadcast.publish(value);
    expect([subscription.size, subscription.missed]).toEqual([1_000, 0]);
    expect(() => new Broadcast({ capacity: Number.MAX_SAFE_INTEGER })).not.toThrow();
  },
);

notTransferable({
  area,
  id: "panic_in_clone",
  says: "a value whose copy cannot be made is skipped",
  because: "All receive the same value: it is not copied.",
});

for (const [id, says] of [
  ["dropping_tx_notifies_rx", "when the last sender has gone, those who wait are told so"],
  ["broadcast_weak_sender", "a weak sender keeps nothing open"],
] as const) {
  behaviour(
    {
      area,
      id,
      says,
      verdict: "differs",
      because: "A broadcast has one end to send: it is open until it is closed by hand.",
    },
    () =>
      withVirtualClock(async () => {
        const broadcast = new Broadcast<number>({ capacity: 16 });
        const [first, second] = [broadcast.subscribe(), broadcast.subscribe()];
        const waits = [first.receive(), second.receive()];
        const iterated = second.values().next();
        expect(broadcast.stats().waiting).toBe(3);
        broadcast.close();
        expect(broadcast.stats().waiting).toBe(0);
        for (const wait of waits) await expect(wait).rejects.toBeInstanceOf(ClosedError);
        expect(await iterated).toEqual({ done: true, value: undefined });
        expect(() => broadcast.publish(1)).toThrow(ClosedError);
      }),
  );
}

behaviour(
  {
    area,
    id: "drop_rx_while_values_remain",
    says: "a receiver can leave while it has values unread",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<string>({ capacity: 16 });
    const [first, second] = [broadcast.subscribe(), broadcast.subscribe()];
    broadcast.publish("one");
    broadcast.publish("two");
    expect([read(first, 1), read(second, 1)]).toEqual([["one"], ["one"]]);
    second.close();
    expect(() => second.tryReceive()).toThrow(ClosedError);
    expect(first.tryReceive()).toEqual({ value: "two" });
    first.close();
    expect(broadcast.stats()).toMatchObject({ size: 0, subscriptions: 0 });
  },
);

behaviour(
  {
    area,
    id: "unconsumed_messages_are_dropped",
    says: "what nobody will read any more is not kept",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<object>({ capacity: 16 });
    const [first, second] = [broadcast.subscribe(), broadcast.subscribe()];
    broadcast.publish({});
    first.tryReceive();
    expect(broadcast.stats().size).toBe(1);
    second.close();
    expect(broadcast.stats().size).toBe(0);
  },
);

behaviour(
  {
    area,
    id: "resubscribe_points_to_tail",
    says: "a receiver that is made of another starts with what is sent next, and the other is not touched",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 3 });
    const first = broadcast.subscribe();
    broadcast.publish(1);
    const second = first.resubscribe();
    expect(second.tryReceive()).toBeUndefined();
    expect(read(first, 1)).toEqual([1]);
    broadcast.publish(2);
    expect(read(second, 1)).toEqual([2]);
    broadcast.publish(3);
    expect(read(first, 3)).toEqual([2, 3, undefined]);
    expect(read(second, 2)).toEqual([3, undefined]);
  },
);

behaviour(
  {
    area,
    id: "resubscribe_to_closed_channel",
    says: "a receiver that is made of one of a closed channel is told that it is closed",
    verdict: "holds",
  },
  () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const first = broadcast.subscribe();
    broadcast.publish(1);
    broadcast.close();
    expect(() => first.resubscribe().tryReceive()).toThrow(ClosedError);
    expect(read(first, 1)).toEqual([1]);
    expect(() => first.tryReceive()).toThrow(ClosedError);
  },
);

notTransferable({
  area,
  id: "broadcast_sender_closed",
  says: "one can wait until all receivers have gone",
  because: "Who publishes does not care who listens; the figures tell how many there are.",
});
notTransferable({
  area,
  id: "send_in_waker_drop",
  says: "sending from within a waker that is dropped does not deadlock",
  because: "There are no wakers, and no locks that they could wait for.",
});
