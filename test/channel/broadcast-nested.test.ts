import { describe, expect, test } from "vitest";
import { CancelScope } from "corral";
import { Broadcast, type Subscription } from "../../src/channel/broadcast.ts";
import { ClosedError } from "../../src/cancel/errors.ts";
import { deferred } from "../support/deferred.ts";

/**
 * Publishes "outer", and finds a dead wait of `first` in doing so. That runs an abort listener, `act`, before
 * `second` is told, which waits as well.
 */
async function inside(
  capacity: number,
  act: (
    broadcast: Broadcast<string>,
    first: Subscription<string>,
    second: Subscription<string>,
  ) => void,
): Promise<{ first: Subscription<string>; second: Subscription<string>; got: Promise<string> }> {
  const broadcast = new Broadcast<string>({ capacity });
  const first = broadcast.subscribe();
  const second = broadcast.subscribe();
  const controller = new AbortController();
  const { signal } = controller;
  let acted = 0;
  signal.addEventListener("abort", () => broadcast.publish("outer"));
  const scope = new CancelScope({ signal });
  const over = deferred();
  const ended = scope
    .run(async () => {
      scope.signal.addEventListener("abort", () => {
        acted++;
        act(broadcast, first, second);
      });
      await over.promise;
    })
    .catch(() => {});
  const dead = first.receive({ signal });
  const got = second.receive();
  controller.abort("gone");
  expect(acted).toBe(1);
  await expect(dead).rejects.toBe("gone");
  over.resolve();
  await ended;
  return { first, second, got };
}

describe("from inside of publish()", () => {
  test("a publish() comes second for everybody, and makes nobody miss the first who waits", async () => {
    const { first, second, got } = await inside(1, (broadcast) => broadcast.publish("inner"));
    expect(await got).toBe("outer");
    expect([second.missed, second.size]).toEqual([0, 1]);
    expect(second.tryReceive()).toEqual({ value: "inner" });
    // Nobody waits at the first one any more, so it may fall behind.
    expect([first.missed, first.size]).toEqual([1, 1]);
  });

  test("a close() comes after the value for who waits", async () => {
    const { first, second, got } = await inside(1, (broadcast) => broadcast.close());
    expect(await got).toBe("outer");
    expect(first.tryReceive()).toEqual({ value: "outer" });
    await expect(second.receive()).rejects.toThrow(ClosedError);
  });

  test("a receive() of the same subscription gets the value that the dead wait did not", async () => {
    let received: Promise<string> | undefined;
    const { first, got } = await inside(1, (_broadcast, subscription) => {
      received = subscription.receive();
    });
    expect(await received).toBe("outer");
    expect(first.size).toBe(0);
    expect(await got).toBe("outer");
  });

  test("a receive() or tryReceive() overtakes nobody who waits", async () => {
    let later: Promise<string> | undefined;
    const { second, got } = await inside(2, (broadcast, _first, subscription) => {
      expect(subscription.tryReceive()).toBe(undefined);
      later = subscription.receive();
      broadcast.publish("inner");
    });
    expect(await got).toBe("outer");
    expect(await later).toBe("inner");
    expect(second.size).toBe(0);
  });

  test("a subscription that closes itself is left alone", async () => {
    const { second, got } = await inside(1, (_broadcast, _first, subscription) =>
      subscription.close(),
    );
    await expect(got).rejects.toThrow(ClosedError);
    expect(second.size).toBe(0);
  });

  test("a new subscription gets nothing of the value under way", async () => {
    let fresh: Subscription<string> | undefined;
    const { got } = await inside(1, (broadcast) => {
      fresh = broadcast.subscribe();
    });
    expect(await got).toBe("outer");
    expect(fresh!.size).toBe(0);
  });
});
