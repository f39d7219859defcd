import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Broadcast, type Subscription } from "../../src/channel/broadcast.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are still held, given some turns and collections. */
async function held(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 10 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

function publish(broadcast: Broadcast<object>, count: number): WeakRef<object>[] {
  return Array.from({ length: count }, (_, i) => {
    const value = { i };
    broadcast.publish(value);
    return new WeakRef(value);
  });
}

describe("a broadcast holds nothing", () => {
  test("of values that all have read, though one subscription has more to read", async () => {
    const broadcast = new Broadcast<object>({ capacity: Infinity });
    const [a, b] = [broadcast.subscribe(), broadcast.subscribe()];
    const refs = publish(broadcast, 10);
    for (const each of [a, b]) for (let i = 0; i < 7; i++) each.tryReceive();
    expect(await held(refs)).toBe(3);
    expect(await held(refs.slice(0, 7))).toBe(0);
    expect([a.size, b.size]).toEqual([3, 3]);
  });

  test("of values that were waited for", async () => {
    const broadcast = new Broadcast<object>({ capacity: Infinity });
    const subscription = broadcast.subscribe();
    const refs: WeakRef<object>[] = [];
    const run = async (): Promise<void> => {
      for (let i = 0; i < 10; i++) {
        const waiting = subscription.receive();
        refs.push(...publish(broadcast, 1));
        await waiting;
      }
    };
    await run();
    expect(await held(refs)).toBe(0);
    expect(subscription.size).toBe(0);
  });

  test("of values that were dropped for a subscription that lags and never looks", async () => {
    const broadcast = new Broadcast<object>({ capacity: 2 });
    const slow = broadcast.subscribe();
    const refs = publish(broadcast, 10);
    expect(await held(refs)).toBe(2);
    expect(slow.missed).toBe(8);
  });

  test("of what a subscription had not read that was closed, though that is held", async () => {
    const broadcast = new Broadcast<object>({ capacity: Infinity });
    const closed = broadcast.subscribe();
    const stays = broadcast.subscribe();
    const refs = publish(broadcast, 5);
    for (let i = 0; i < 5; i++) stays.tryReceive();
    closed.close();
    refs.push(...publish(broadcast, 5));
    for (let i = 0; i < 5; i++) stays.tryReceive();
    expect(await held(refs)).toBe(0);
    expect([closed.size, stays.size]).toEqual([0, 0]);
  });

  test("of subscriptions that nobody holds, closed or not, nor of waits that were cancelled", async () => {
    const broadcast = new Broadcast<object>({ capacity: 1 });
    const refs: WeakRef<object>[] = [];
    const subscribe = (): Subscription<object> => {
      const subscription = broadcast.subscribe();
      refs.push(new WeakRef(subscription));
      return subscription;
    };
    const run = async (): Promise<void> => {
      subscribe().close();
      subscribe();
      const controller = new AbortController();
      const waiting = subscribe().receive({ signal: controller.signal });
      refs.push(new WeakRef(controller.signal));
      controller.abort();
      await waiting.catch(() => {});
      // The next value finds that nobody waits there any more.
      refs.push(...publish(broadcast, 2).slice(0, 1));
    };
    await run();
    expect(await held(refs)).toBe(0);
    expect(broadcast.stats().subscriptions).toBe(2);
  });
});
