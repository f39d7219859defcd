import { describe, expect, test } from "vitest";
import { ClosedError, LaggedError } from "../../src/cancel/errors.ts";
import { Broadcast, type Subscription } from "../../src/channel/broadcast.ts";
import { recv, select } from "../../src/channel/select.ts";

/** What is there to be read. */
function drained<T>(subscription: Subscription<T>): T[] {
  const values: T[] = [];
  for (let next = subscription.tryReceive(); next !== undefined; next = subscription.tryReceive()) {
    values.push(next.value);
  }
  return values;
}

describe("publish()", () => {
  test("gives every value to every subscription, in order", async () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    const subscriptions = [1, 2, 3].map(() => broadcast.subscribe());
    for (const n of [1, 2, 3]) broadcast.publish(n);
    for (const subscription of subscriptions) {
      expect(await subscription.receive()).toBe(1);
      expect(await subscription.receive()).toBe(2);
      expect(await subscription.receive()).toBe(3);
      expect(subscription.size).toBe(0);
    }
  });

  test("gives nothing to who subscribes later, and nothing to nobody", async () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    broadcast.publish(1);
    const first = broadcast.subscribe();
    broadcast.publish(2);
    const second = broadcast.subscribe();
    broadcast.publish(3);
    expect(drained(first)).toEqual([2, 3]);
    expect(drained(second)).toEqual([3]);
  });

  test("wakes all who wait, each subscription by itself", async () => {
    const broadcast = new Broadcast<string>({ capacity: 1 });
    const received = [broadcast.subscribe(), broadcast.subscribe()].map((each) => each.receive());
    expect(broadcast.stats().waiting).toBe(2);
    broadcast.publish("a");
    expect(broadcast.stats().waiting).toBe(0);
    expect(await Promise.all(received)).toEqual(["a", "a"]);
  });

  test("passes undefined and falsy values on", async () => {
    const broadcast = new Broadcast<unknown>({ capacity: 3 });
    const subscription = broadcast.subscribe();
    const waiting = subscription.receive();
    for (const value of [undefined, 0, null]) broadcast.publish(value);
    expect(await waiting).toBe(undefined);
    expect(subscription.tryReceive()).toEqual({ value: 0 });
    expect(await subscription.receive()).toBe(null);
  });
});

describe("receive()", () => {
  test("calls that wait at one subscription get successive values in the order of the calls", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    const order: string[] = [];
    const calls = ["a", "b", "c"].map(async (name) => {
      order.push(`${name}${await subscription.receive()}`);
    });
    for (const n of [1, 2, 3]) broadcast.publish(n);
    await Promise.all(calls);
    expect(order).toEqual(["a1", "b2", "c3"]);
    expect(subscription.missed).toBe(0);
  });

  test("keeps the order, and is told all, however much of the budget is spent", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    const received: number[] = [];
    const calls = Array.from({ length: 5_000 }, () =>
      subscription.receive().then((n) => received.push(n)),
    );
    for (let i = 0; i < 5_000; i++) broadcast.publish(i);
    await Promise.all(calls);
    expect(received).toEqual(Array.from({ length: 5_000 }, (_, i) => i));
  });

  test("lets the event loop go on while there is always something to read", async () => {
    const broadcast = new Broadcast<number>({ capacity: Infinity });
    const subscription = broadcast.subscribe();
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    broadcast.publish(0);
    let read = 0;
    for (; !turned && read < 1_000_000; read++) {
      broadcast.publish(read);
      await subscription.receive();
    }
    expect(turned).toBe(true);
    expect(read).toBeLessThan(1_000_000);
  });
});

describe("tryReceive()", () => {
  test("gives the next value in an object, and undefined while there is none", () => {
    const broadcast = new Broadcast<string>({ capacity: 2 });
    const subscription = broadcast.subscribe();
    expect(subscription.tryReceive()).toBe(undefined);
    broadcast.publish("a");
    broadcast.publish("b");
    expect(subscription.tryReceive()).toEqual({ value: "a" });
    expect(subscription.tryReceive()).toEqual({ value: "b" });
    expect(subscription.tryReceive()).toBe(undefined);
  });
});

describe("resubscribe()", () => {
  test("starts at the end, whatever the other has unread", () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const old = broadcast.subscribe();
    broadcast.publish(1);
    const fresh = old.resubscribe();
    expect([old.size, fresh.size]).toEqual([1, 0]);
    broadcast.publish(2);
    expect(drained(old)).toEqual([1, 2]);
    expect(drained(fresh)).toEqual([2]);
  });

  test("leaves the lag behind, and works when the other is closed", () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const old = broadcast.subscribe();
    broadcast.publish(1);
    broadcast.publish(2);
    old.close();
    const fresh = old.resubscribe();
    expect([old.missed, fresh.missed]).toEqual([1, 0]);
    broadcast.publish(3);
    expect(drained(fresh)).toEqual([3]);
  });
});

describe("a select of it", () => {
  test("takes what receive() would, at once or in line with others", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const [a, b] = [broadcast.subscribe(), broadcast.subscribe()];
    const chosen = select({ a: recv(a), b: recv(b) }, { biased: true });
    const next = a.receive();
    expect(broadcast.stats().waiting).toBe(3);
    broadcast.publish(1);
    expect(await chosen).toEqual({ key: "a", value: 1 });
    // The one that was not chosen has taken nothing, and waits no more.
    expect([broadcast.stats().waiting, b.size, a.size]).toEqual([1, 1, 0]);
    broadcast.publish(2);
    broadcast.publish(3);
    expect(await next).toBe(2);
    expect(await select({ a: recv(a) })).toEqual({ key: "a", value: 3 });
  });

  test("rejects as receive() would", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    const waiting = select({ a: recv(subscription) });
    broadcast.publish(1);
    await waiting;
    broadcast.publish(2);
    broadcast.publish(3);
    await expect(select({ a: recv(subscription) })).rejects.toThrow(LaggedError);
    expect(await select({ a: recv(subscription) })).toEqual({ key: "a", value: 3 });
    const last = select({ a: recv(subscription) });
    broadcast.close();
    await expect(last).rejects.toThrow(ClosedError);
    await expect(select({ a: recv(subscription) })).rejects.toThrow(ClosedError);
  });
});
