import { describe, expect, test } from "vitest";
import { Broadcast } from "../../src/channel/broadcast.ts";
import { ClosedError } from "../../src/cancel/errors.ts";
import { unhandledDuring } from "../support/unhandled.ts";

const CLOSED = new ClosedError("Cannot receive from a broadcast: it is closed");
const LEFT = new ClosedError("Cannot receive from a broadcast: the subscription is closed");

describe("close() of a broadcast", () => {
  test("lets each subscription drain what is there, then rejects", async () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    const [a, b] = [broadcast.subscribe(), broadcast.subscribe()];
    broadcast.publish(1);
    broadcast.publish(2);
    await a.receive();
    broadcast.close();
    expect(await a.receive()).toBe(2);
    expect(await b.receive()).toBe(1);
    expect(b.tryReceive()).toEqual({ value: 2 });
    for (const each of [a, b]) {
      await expect(each.receive()).rejects.toEqual(CLOSED);
      expect(() => each.tryReceive()).toThrow(CLOSED);
    }
    expect(broadcast.stats()).toMatchObject({ size: 0, closed: true });
  });

  test("rejects all who wait", async () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    const [a, b] = [broadcast.subscribe(), broadcast.subscribe()];
    const calls = [a.receive(), a.receive(), b.receive()];
    broadcast.publish(1);
    broadcast.close();
    const [first, second, third] = await Promise.allSettled(calls);
    expect(first).toEqual({ status: "fulfilled", value: 1 });
    expect(second).toMatchObject({ status: "rejected", reason: CLOSED });
    expect(third).toEqual({ status: "fulfilled", value: 1 });
    expect(broadcast.stats().waiting).toBe(0);
  });

  test("makes publish() throw, and does nothing a second time", () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    broadcast.close();
    broadcast.close();
    expect(broadcast.closed).toBe(true);
    const error = new ClosedError("Cannot publish to a broadcast: it is closed");
    expect(() => broadcast.publish(1)).toThrow(error);
    subscription.close();
    expect(() => broadcast.publish(1)).toThrow(error);
  });

  test("makes a subscription that comes later have nothing to read", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const early = broadcast.subscribe();
    broadcast.publish(1);
    broadcast.close();
    for (const late of [broadcast.subscribe(), early.resubscribe()]) {
      await expect(late.receive()).rejects.toEqual(CLOSED);
      expect(await late.values().next()).toEqual({ value: undefined, done: true });
    }
    expect(early.tryReceive()).toEqual({ value: 1 });
  });

  test("ends the process by no unhandled rejection of a wait that nobody looks at yet", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    const rejections = await unhandledDuring(() => {
      void subscription.receive();
      void broadcast.subscribe().receive();
      subscription.close();
      broadcast.close();
    });
    expect(rejections).toEqual([]);
  });
});

describe("close() of a subscription", () => {
  test("rejects those who wait at it, and no other", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const [a, b] = [broadcast.subscribe(), broadcast.subscribe()];
    const left = [a.receive(), a.receive()];
    const stays = b.receive();
    a.close();
    for (const each of left) await expect(each).rejects.toEqual(LEFT);
    expect(broadcast.stats()).toMatchObject({ subscriptions: 1, waiting: 1 });
    broadcast.publish(1);
    expect(await stays).toBe(1);
  });

  test("drops what it has not read, also when that is the last of a closed broadcast", async () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    const subscription = broadcast.subscribe();
    broadcast.publish(1);
    broadcast.close();
    subscription.close();
    expect([subscription.size, broadcast.stats().size]).toEqual([0, 0]);
    await expect(subscription.receive()).rejects.toEqual(LEFT);
    expect(() => subscription.tryReceive()).toThrow(LEFT);
  });

  test("counts once, also by dispose", () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    using stays = broadcast.subscribe();
    {
      using subscription = broadcast.subscribe();
      broadcast.publish(1);
      subscription.close();
      subscription.close();
    }
    expect(broadcast.stats().subscriptions).toBe(1);
    expect(broadcast.stats().size).toBe(1);
    expect(stays.tryReceive()).toEqual({ value: 1 });
  });

  test("keeps what somebody else has not read", () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    const slow = broadcast.subscribe();
    broadcast.publish(1);
    const later = broadcast.subscribe();
    broadcast.publish(2);
    slow.close();
    expect(broadcast.stats().size).toBe(1);
    expect(later.tryReceive()).toEqual({ value: 2 });
  });
});

describe("iteration", () => {
  test("gives the values as they come, and ends when the broadcast is closed", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const seen: number[] = [];
    const loop = (async () => {
      for await (const n of broadcast.subscribe()) seen.push(n);
    })();
    for (const n of [1, 2]) broadcast.publish(n);
    broadcast.close();
    await loop;
    expect(seen).toEqual([1, 2]);
  });

  test("ends when the subscription is closed, while it waits and before", async () => {
    const subscription = new Broadcast<number>({ capacity: 2 }).subscribe();
    const iterator = subscription.values();
    const calls = [iterator.next(), iterator.next(), subscription.receive()];
    subscription.close();
    const [first, second, third] = await Promise.allSettled(calls);
    expect(first).toMatchObject({ value: { value: undefined, done: true } });
    expect(second).toMatchObject({ value: { value: undefined, done: true } });
    expect(third).toMatchObject({ reason: LEFT });
    expect(await iterator.next()).toEqual({ value: undefined, done: true });
  });

  test("goes on after `break`, which does not unsubscribe", async () => {
    const broadcast = new Broadcast<number>({ capacity: 4 });
    const subscription = broadcast.subscribe();
    for (const n of [1, 2, 3]) broadcast.publish(n);
    const seen: number[] = [];
    for await (const n of subscription) {
      seen.push(n);
      break;
    }
    broadcast.close();
    expect(subscription.size).toBe(2);
    for await (const n of subscription.values()) seen.push(n);
    expect(seen).toEqual([1, 2, 3]);
  });

  test("gives successive values to calls of next() that wait at the same time", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const iterator = broadcast.subscribe().values();
    const calls = [iterator.next(), iterator.next(), iterator.next()];
    broadcast.publish(1);
    broadcast.publish(2);
    broadcast.close();
    expect(await Promise.all(calls)).toEqual([
      { value: 1, done: false },
      { value: 2, done: false },
      { value: undefined, done: true },
    ]);
  });

  test("throws the reason of its signal, be it a ClosedError or not", async () => {
    const reason = new ClosedError("something else is closed");
    const controller = new AbortController();
    const subscription = new Broadcast<number>({ capacity: 1 }).subscribe();
    const next = subscription.values({ signal: controller.signal }).next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
    await expect(subscription.values({ signal: controller.signal }).next()).rejects.toBe(reason);
  });
});
