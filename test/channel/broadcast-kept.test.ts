import { describe, expect, test } from "vitest";
import { Broadcast, type Subscription } from "../../src/channel/broadcast.ts";

/** What is there to be read. */
function drained<T>(subscription: Subscription<T>): T[] {
  const values: T[] = [];
  for (let next = subscription.tryReceive(); next !== undefined; next = subscription.tryReceive()) {
    values.push(next.value);
  }
  return values;
}

describe("what is kept", () => {
  test("is what somebody has not read: the slowest counts", () => {
    const broadcast = new Broadcast<number>({ capacity: 10 });
    const [a, b] = [broadcast.subscribe(), broadcast.subscribe()];
    for (const n of [1, 2, 3]) broadcast.publish(n);
    const kept = (): number => broadcast.stats().size;
    expect(kept()).toBe(3);
    a.tryReceive();
    expect(kept()).toBe(3);
    b.tryReceive();
    expect(kept()).toBe(2);
    drained(a);
    expect(kept()).toBe(2);
    drained(b);
    expect(kept()).toBe(0);
  });

  test("is nothing when nobody subscribes, when all wait, and when the last one has left", async () => {
    const broadcast = new Broadcast<number>({ capacity: Infinity });
    broadcast.publish(1);
    expect(broadcast.stats().size).toBe(0);
    const a = broadcast.subscribe();
    const received = a.receive();
    broadcast.publish(2);
    expect(broadcast.stats().size).toBe(0);
    expect(await received).toBe(2);
    const b = broadcast.subscribe();
    broadcast.publish(3);
    broadcast.publish(4);
    drained(a);
    expect(broadcast.stats().size).toBe(2);
    b.close();
    expect(broadcast.stats().size).toBe(0);
    broadcast.publish(5);
    expect(broadcast.stats().size).toBe(1);
    a.close();
    expect(broadcast.stats()).toEqual({
      capacity: Infinity,
      size: 0,
      subscriptions: 0,
      waiting: 0,
      closed: false,
    });
  });

  test("never exceeds the capacity", () => {
    const broadcast = new Broadcast<number>({ capacity: 3 });
    const subscription = broadcast.subscribe();
    for (let i = 1; i <= 10; i++) {
      broadcast.publish(i);
      expect(broadcast.stats().size).toBe(Math.min(i, 3));
      expect(subscription.size).toBe(Math.min(i, 3));
    }
  });

  test("100 000 values to 10 subscriptions, some of which come and go, take no quadratic time", () => {
    const broadcast = new Broadcast<number>({ capacity: Infinity });
    const steady = Array.from({ length: 9 }, () => broadcast.subscribe());
    let sum = 0;
    for (let i = 0; i < 100_000; i++) {
      using passing = broadcast.subscribe();
      broadcast.publish(1);
      sum += passing.size;
    }
    expect(sum).toBe(100_000);
    for (const each of steady) each.close();
    expect(broadcast.stats().size).toBe(0);
  });
});
