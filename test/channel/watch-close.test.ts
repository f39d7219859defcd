import { describe, expect, test } from "vitest";
import { ClosedError } from "../../src/cancel/errors.ts";
import { Watch } from "../../src/channel/watch.ts";
import { settle } from "../support/settle.ts";

const CLOSED = new ClosedError("Cannot wait for a change: it is closed");

describe("close() of a watch", () => {
  test("tells a reader of an unseen value once, then rejects", async () => {
    const watch = new Watch(1);
    const [seen, unseen] = [watch.subscribe(), watch.subscribe()];
    watch.set(2);
    expect(seen.value).toBe(2);
    watch.close();
    await expect(seen.changed()).rejects.toEqual(CLOSED);
    expect(unseen.hasChanged).toBe(true);
    await unseen.changed();
    await expect(unseen.changed()).rejects.toEqual(CLOSED);
    expect([seen.value, unseen.value, watch.value]).toEqual([2, 2, 2]);
  });

  test("rejects those who wait", async () => {
    const watch = new Watch(1);
    const reader = watch.subscribe();
    const calls = [reader.changed(), reader.changed()];
    watch.set(2);
    watch.close();
    const [first, second] = await Promise.allSettled(calls);
    expect(first).toMatchObject({ status: "fulfilled" });
    expect(second).toMatchObject({ reason: CLOSED });
  });

  test("makes set() and update() throw and change nothing, and does nothing a second time", () => {
    const watch = new Watch(1, { equals: () => true });
    watch.close();
    watch.close();
    expect(watch.closed).toBe(true);
    const error = new ClosedError("Cannot set a watch: it is closed");
    expect(() => watch.set(2)).toThrow(error);
    let called = false;
    expect(() =>
      watch.update((n) => {
        called = true;
        return n;
      }),
    ).toThrow(error);
    expect([called, watch.value]).toEqual([false, 1]);
  });

  test("makes set() throw when it was closed by `equals` or by the function of an update()", () => {
    const watch = new Watch(1, {
      equals: () => {
        watch.close();
        return false;
      },
    });
    expect(() => watch.set(2)).toThrow(ClosedError);
    const other = new Watch(1);
    expect(() =>
      other.update(() => {
        other.close();
        return 2;
      }),
    ).toThrow(ClosedError);
    expect([watch.value, other.value]).toEqual([1, 1]);
  });

  test("makes a reader that comes later have seen all", async () => {
    const watch = new Watch(1);
    watch.set(2);
    watch.close();
    const reader = watch.subscribe();
    await expect(reader.changed()).rejects.toEqual(CLOSED);
    expect(reader.value).toBe(2);
  });
});

describe("close() of a reader", () => {
  test("rejects those who wait at it, and no other", async () => {
    const watch = new Watch(1);
    const [a, b] = [watch.subscribe(), watch.subscribe()];
    const left = a.changed();
    const stays = b.changed();
    a.close();
    a.close();
    const error = new ClosedError("Cannot wait for a change: the subscription is closed");
    await expect(left).rejects.toEqual(error);
    watch.set(2);
    await stays;
    await expect(a.changed()).rejects.toEqual(error);
    expect(await a.values().next()).toEqual({ value: undefined, done: true });
  });

  test("comes by dispose, too", async () => {
    const watch = new Watch(1);
    let waiting: Promise<void> | undefined;
    {
      using reader = watch.subscribe();
      waiting = reader.changed();
    }
    await expect(waiting).rejects.toThrow(ClosedError);
  });
});

describe("iteration", () => {
  test("gives what is unseen, the latest of several, and ends after the last one", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    const seen: number[] = [];
    const loop = (async () => {
      for await (const n of reader) seen.push(n);
    })();
    await settle();
    expect(seen).toEqual([]);
    watch.set(1);
    await settle();
    for (const n of [2, 3, 4]) watch.set(n);
    await settle();
    expect(seen).toEqual([1, 4]);
    watch.set(5);
    watch.close();
    await loop;
    expect(seen).toEqual([1, 4, 5]);
  });

  test("begins with what is unseen, not with what is seen", async () => {
    const watch = new Watch("a");
    const reader = watch.subscribe();
    watch.set("b");
    const first = await reader.values().next();
    expect([first, reader.hasChanged]).toEqual([{ value: "b", done: false }, false]);
    watch.close();
    expect(await reader.values().next()).toEqual({ value: undefined, done: true });
  });

  test("gives the last unseen value after close(), then ends", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    watch.set(1);
    watch.close();
    const seen: number[] = [];
    for await (const n of reader) seen.push(n);
    expect(seen).toEqual([1]);
  });

  test("goes on after `break`", async () => {
    const watch = new Watch(0);
    const reader = watch.subscribe();
    watch.set(1);
    const seen: number[] = [];
    for await (const n of reader) {
      seen.push(n);
      break;
    }
    watch.set(2);
    for await (const n of reader) {
      seen.push(n);
      break;
    }
    expect(seen).toEqual([1, 2]);
  });

  test("throws the reason of its signal, be it a ClosedError or not", async () => {
    const reason = new ClosedError("something else is closed");
    const controller = new AbortController();
    const next = new Watch(0).subscribe().values({ signal: controller.signal }).next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
  });
});
