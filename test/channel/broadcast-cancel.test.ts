import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelScope, isCancellation, taskGroup, timeout, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import { Broadcast } from "../../src/channel/broadcast.ts";
import { LaggedError } from "../../src/cancel/errors.ts";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("receive() that is cancelled", () => {
  test("leaves the line and loses nothing", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const subscription = broadcast.subscribe();
    const controller = new AbortController();
    const cancelled = subscription.receive({ signal: controller.signal });
    const next = subscription.receive();
    controller.abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    expect(subscription.waiting).toBe(1);
    broadcast.publish(1);
    expect(await next).toBe(1);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });

  test("keeps what it was given in the same tick", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const subscription = broadcast.subscribe();
    const controller = new AbortController();
    const received = subscription.receive({ signal: controller.signal });
    broadcast.publish(1);
    controller.abort("late");
    expect(await received).toBe(1);
    expect(subscription.size).toBe(0);
  });

  test("takes nothing when its signal has aborted, though no listener has run yet", async () => {
    const broadcast = new Broadcast<number>({ capacity: 2 });
    const subscription = broadcast.subscribe();
    const other = broadcast.subscribe();
    const controller = new AbortController();
    const { signal } = controller;
    // Runs before the library hears of it.
    signal.addEventListener("abort", () => broadcast.publish(1));
    const received = subscription.receive({ signal });
    const waiting = other.receive();
    controller.abort("gone");
    await expect(received).rejects.toBe("gone");
    expect([subscription.size, subscription.missed, subscription.waiting]).toEqual([1, 0, 0]);
    expect(await waiting).toBe(1);
    expect(await subscription.receive()).toBe(1);
  });

  test("hands the value to the next in line instead", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    const controller = new AbortController();
    const { signal } = controller;
    signal.addEventListener("abort", () => broadcast.publish(1));
    const cancelled = subscription.receive({ signal });
    const next = subscription.receive();
    controller.abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    expect(await next).toBe(1);
  });

  test("rejects again and again in a cancelled scope, also for what is there, and takes nothing", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const subscription = broadcast.subscribe();
    broadcast.publish(1);
    broadcast.publish(2);
    const scope = new CancelScope();
    const errors: unknown[] = [];
    await expect(
      scope.run(async () => {
        scope.cancel("why");
        for (let i = 0; i < 3; i++) {
          await subscription.receive(at(scope)).catch((error: unknown) => errors.push(error));
          await subscription
            .values(at(scope))
            .next()
            .catch((error: unknown) => errors.push(error));
        }
        await subscription.receive(at(scope));
      }),
    ).rejects.toThrow("why");
    expect(errors).toHaveLength(6);
    expect(errors.every((error) => isCancellation(error))).toBe(true);
    // Nor is the lag told to one who is cancelled.
    await expect(subscription.receive()).rejects.toThrow(LaggedError);
    expect(await subscription.receive()).toBe(2);
  });

  test("ends with a timeout around it, and what is published then is the next one's", async () => {
    await withVirtualClock(async () => {
      const broadcast = new Broadcast<number>({ capacity: 4 });
      const subscription = broadcast.subscribe();
      broadcast.publish(1);
      const seen: number[] = [];
      await expect(
        timeout(50, async (scope) => {
          for await (const n of subscription.values(at(scope))) seen.push(n);
        }),
      ).rejects.toMatchObject({ name: "TimeoutError" });
      expect([seen, subscription.waiting]).toEqual([[1], 0]);
      broadcast.publish(2);
      expect(await subscription.receive()).toBe(2);
    });
  });

  test("is nobody's unhandled rejection", async () => {
    const subscription = new Broadcast<number>({ capacity: 4 }).subscribe();
    const controller = new AbortController();
    const { signal } = controller;
    const rejections = await unhandledDuring(() => {
      void subscription.receive({ signal });
      void subscription.values({ signal }).next();
      controller.abort();
    });
    expect(rejections).toEqual([]);
  });

  test("10 000 leave the lines by one signal, and nobody else is woken", async () => {
    const broadcast = new Broadcast<number>({ capacity: 1 });
    const controller = new AbortController();
    const { signal } = controller;
    const subscription = broadcast.subscribe();
    const calls = Array.from({ length: 10_000 }, (_, i) =>
      (i % 2 === 0 ? subscription : broadcast.subscribe()).receive({ signal }),
    );
    const last = subscription.receive();
    controller.abort("all");
    const results = await Promise.allSettled(calls);
    expect(results.every((each) => each.status === "rejected" && each.reason === "all")).toBe(true);
    expect(broadcast.stats().waiting).toBe(1);
    broadcast.publish(1);
    expect(await last).toBe(1);
  });
});

test("a group of consumers ends when one fails, and all subscriptions are left", async () => {
  const broadcast = new Broadcast<number>({ capacity: 2 });
  const seen: string[] = [];
  await expect(
    taskGroup(async (group) => {
      for (const name of ["a", "b", "c"]) {
        group.spawn(async (task) => {
          using own = broadcast.subscribe();
          for await (const n of own.values(at(task.scope))) {
            seen.push(`${name}${n}`);
            if (name === "b" && n === 2) throw new Error("b failed");
          }
        });
      }
      broadcast.publish(1);
      broadcast.publish(2);
      await broadcast.subscribe().receive(at(group.scope));
    }),
  ).rejects.toThrow("b failed");
  expect(seen.toSorted()).toEqual(["a1", "a2", "b1", "b2", "c1", "c2"]);
  expect(broadcast.stats()).toMatchObject({ subscriptions: 1, waiting: 0, size: 0 });
});

test("waitTree() names what is waited for", () => {
  const broadcast = new Broadcast<number>({ capacity: 2, name: "prices" });
  const scope = new CancelScope({ name: "consumer" });
  const subscription = broadcast.subscribe();
  const wait = scope.run(() => subscription.receive(at(scope)));
  expect(waitTree(scope)).toContain('waits for broadcast "prices"');
  broadcast.publish(1);
  return wait;
});
