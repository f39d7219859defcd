import { describe, expect, test } from "vitest";
import { Broadcast, type Subscription } from "../../src/channel/broadcast.ts";
import { ClosedError, LaggedError } from "../../src/cancel/errors.ts";

function published(
  count: number,
  capacity: number,
  onLag?: "error" | "skip",
): Subscription<number> {
  const broadcast = new Broadcast<number>({ capacity, onLag });
  const subscription = broadcast.subscribe();
  for (let i = 1; i <= count; i++) broadcast.publish(i);
  return subscription;
}

async function missedIn(promise: Promise<unknown>): Promise<number> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LaggedError);
  return (error as LaggedError).missed;
}

describe("a subscription that falls behind", () => {
  test("has missed nothing as long as no more than the capacity is unread", async () => {
    const subscription = published(3, 3);
    expect([subscription.missed, subscription.size]).toEqual([0, 3]);
    expect(await subscription.receive()).toBe(1);
  });

  test("is told once exactly how many it has missed, and goes on at the oldest that is kept", async () => {
    for (const over of [1, 2, 7]) {
      const subscription = published(3 + over, 3);
      expect([subscription.missed, subscription.size]).toEqual([over, 3]);
      expect(await missedIn(subscription.receive())).toBe(over);
      expect(await subscription.receive()).toBe(over + 1);
      expect(await subscription.receive()).toBe(over + 2);
      expect(await subscription.receive()).toBe(over + 3);
      expect([subscription.missed, subscription.size]).toEqual([over, 0]);
    }
  });

  test("counts to the power of two and to nothing else: the capacity is exact", async () => {
    for (const capacity of [1, 2, 3, 5, 6, 9]) {
      const subscription = published(capacity + 1, capacity);
      expect(await missedIn(subscription.receive())).toBe(1);
      expect(await subscription.receive()).toBe(2);
    }
  });

  test("is told of what it has missed since it was last told, and adds it up in `missed`", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const subscription = broadcast.subscribe();
    for (let i = 1; i <= 5; i++) broadcast.publish(i);
    expect(await missedIn(subscription.receive())).toBe(3);
    // It has not read on yet, and misses more.
    broadcast.publish(6);
    expect(subscription.missed).toBe(4);
    expect(await missedIn(subscription.receive())).toBe(1);
    expect(await subscription.receive()).toBe(5);
    for (let i = 7; i <= 9; i++) broadcast.publish(i);
    expect(await missedIn(subscription.receive())).toBe(2);
    expect(await subscription.receive()).toBe(8);
    expect(subscription.missed).toBe(6);
  });

  test("hears of one sum when it misses again before it reads", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    broadcast.publish(1);
    broadcast.publish(2);
    // Looking at it tells nothing.
    expect([subscription.missed, subscription.size]).toEqual([1, 1]);
    broadcast.publish(3);
    expect(await missedIn(subscription.receive())).toBe(2);
    expect(subscription.tryReceive()).toEqual({ value: 3 });
  });

  test("hurts no other", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const [slow, fast, waiting] = [1, 2, 3].map(() => broadcast.subscribe()) as [
      Subscription<number>,
      Subscription<number>,
      Subscription<number>,
    ];
    const received: number[] = [];
    for (let i = 1; i <= 5; i++) {
      const next = waiting.receive();
      broadcast.publish(i);
      received.push(await fast.receive(), await next);
    }
    expect(received).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect([slow.missed, fast.missed, waiting.missed]).toEqual([3, 0, 0]);
    expect(await missedIn(slow.receive())).toBe(3);
  });

  test("is counted by itself: each has missed its own", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const early = broadcast.subscribe();
    broadcast.publish(1);
    const late = broadcast.subscribe();
    for (const n of [2, 3, 4]) broadcast.publish(n);
    expect([early.missed, late.missed]).toEqual([2, 1]);
    expect(await missedIn(early.receive())).toBe(2);
    expect(await missedIn(late.receive())).toBe(1);
    expect(await Promise.all([early.receive(), late.receive()])).toEqual([3, 3]);
  });

  test("gets the last value only from a capacity of one", async () => {
    const subscription = published(100, 1);
    expect(await missedIn(subscription.receive())).toBe(99);
    expect(subscription.tryReceive()).toEqual({ value: 100 });
    expect(subscription.tryReceive()).toBe(undefined);
  });

  test("never falls behind an infinite capacity", () => {
    const subscription = published(10_000, Infinity);
    expect([subscription.missed, subscription.size]).toEqual([0, 10_000]);
    expect(subscription.tryReceive()).toEqual({ value: 1 });
  });
});

describe("tryReceive() and iteration", () => {
  test("tryReceive() throws the LaggedError once", () => {
    const subscription = published(3, 1);
    expect(() => subscription.tryReceive()).toThrow(LaggedError);
    expect(subscription.tryReceive()).toEqual({ value: 3 });
  });

  test("an iteration throws it, and the next one goes on", async () => {
    const subscription = published(5, 2);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const n of subscription) {
        seen.push(n);
        if (n === 5) break;
      }
    };
    expect(await missedIn(loop())).toBe(3);
    expect(seen).toEqual([]);
    await loop();
    expect(seen).toEqual([4, 5]);
  });
});

describe('onLag: "skip"', () => {
  test("goes on at the oldest that is kept, and counts what was missed", async () => {
    const subscription = published(5, 2, "skip");
    expect([subscription.missed, subscription.size]).toEqual([3, 2]);
    expect(await subscription.receive()).toBe(4);
    expect(subscription.tryReceive()).toEqual({ value: 5 });
    expect(subscription.tryReceive()).toBe(undefined);
    expect(subscription.missed).toBe(3);
  });

  test("throws nothing through an iteration", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2, onLag: "skip" });
    const subscription = broadcast.subscribe();
    for (let i = 1; i <= 5; i++) broadcast.publish(i);
    broadcast.close();
    const seen: number[] = [];
    for await (const n of subscription) seen.push(n);
    expect(seen).toEqual([4, 5]);
  });
});

describe("closing after a lag", () => {
  test("tells of the lag, then drains, then rejects", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const subscription = broadcast.subscribe();
    for (let i = 1; i <= 3; i++) broadcast.publish(i);
    broadcast.close();
    expect(await missedIn(subscription.receive())).toBe(1);
    expect(await subscription.receive()).toBe(2);
    expect(await subscription.receive()).toBe(3);
    await expect(subscription.receive()).rejects.toThrow(ClosedError);
    expect(subscription.missed).toBe(1);
  });

  test("leaves `missed` as it was when the subscription is closed", () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    const other = broadcast.subscribe();
    for (let i = 1; i <= 3; i++) broadcast.publish(i);
    subscription.close();
    broadcast.publish(4);
    expect([subscription.missed, subscription.size]).toEqual([2, 0]);
    expect([other.missed, other.size, broadcast.stats().size]).toEqual([3, 1, 1]);
    other.close();
    expect(broadcast.stats().size).toBe(0);
  });
});

test("LaggedError is told by its brand, and says how many", () => {
  const error = new LaggedError(2);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(ClosedError);
  expect([error.name, error.message, error.missed]).toEqual([
    "LaggedError",
    "The subscription has missed 2 values",
    2,
  ]);
  expect(new LaggedError(1).message).toBe("The subscription has missed 1 value");
});
