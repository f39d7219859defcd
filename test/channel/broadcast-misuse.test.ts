import { describe, expect, test } from "vitest";
import { Broadcast } from "../../src/channel/broadcast.ts";

function create(capacity: unknown): () => Broadcast<number> {
  return () => new Broadcast({ capacity: capacity as number });
}

describe("misuse", () => {
  test("the constructor refuses a capacity that is no positive integer or Infinity", () => {
    for (const capacity of [0, -1, 1.5, Number.NaN]) {
      expect(create(capacity)).toThrow(RangeError);
    }
    for (const capacity of [undefined, null, "2", 2n]) expect(create(capacity)).toThrow(TypeError);
    expect(create(0)).toThrow(
      'Cannot create a broadcast: "capacity" must be a positive integer, received 0',
    );
    expect(() => new Broadcast(undefined as never)).toThrow(
      'Cannot create a broadcast: "capacity" must be a positive integer, received undefined',
    );
    expect(create(Infinity)().stats().capacity).toBe(Infinity);
  });

  test("the constructor refuses other options that are not what they should be", () => {
    expect(() => new Broadcast({ capacity: 1, onLag: "drop" as never })).toThrow(
      new TypeError(
        'Cannot create a broadcast: "onLag" must be "error" or "skip", received "drop"',
      ),
    );
    expect(() => new Broadcast({ capacity: 1, name: 1 as never })).toThrow(TypeError);
    expect(() => new Broadcast(1 as never)).toThrow(TypeError);
  });

  test("receive() rejects and values() throws when the options are none", async () => {
    const subscription = new Broadcast({ capacity: 1 }).subscribe();
    const { signal } = new AbortController();
    await expect(subscription.receive(signal as never)).rejects.toThrow(
      'Cannot receive from a broadcast: "options" must be an object, received an object',
    );
    await expect(subscription.receive({ signal: 1 as never })).rejects.toThrow(TypeError);
    expect(() => subscription.values(1 as never)).toThrow(TypeError);
    expect(subscription.waiting).toBe(0);
  });
});

test("stats() and toString() say how it stands", () => {
  const broadcast = new Broadcast<number>({ capacity: 2, name: "prices" });
  const [a] = [broadcast.subscribe(), broadcast.subscribe()];
  broadcast.publish(1);
  a.tryReceive();
  void a.receive();
  expect(broadcast.stats()).toEqual({
    capacity: 2,
    size: 1,
    subscriptions: 2,
    waiting: 1,
    closed: false,
  });
  expect(Object.isFrozen(broadcast.stats())).toBe(true);
  expect(String(broadcast)).toBe(
    'Broadcast "prices" { capacity: 2, size: 1, subscriptions: 2, waiting: 1, closed: false }',
  );
  expect([broadcast.capacity, broadcast.closed, a.waiting]).toEqual([2, false, 1]);
});
