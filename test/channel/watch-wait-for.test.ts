import { describe, expect, test } from "vitest";
import { ClosedError } from "../../src/cancel/errors.ts";
import { Watch } from "../../src/channel/watch.ts";
import { unhandledDuring } from "../support/unhandled.ts";

function isOver(limit: number): (n: number) => boolean {
  return (n) => n > limit;
}

describe("waitFor()", () => {
  test("asks at once, and waits for nothing if it holds", async () => {
    const watch = new Watch(3);
    expect(await watch.waitFor(isOver(2))).toBe(3);
    expect(watch.stats().waiting).toBe(0);
  });

  test("gives the value of which it was true, also if another was set in the same tick", async () => {
    const watch = new Watch(0);
    const waiting = watch.waitFor((n) => n === 2);
    for (const n of [1, 2, 3]) watch.set(n);
    expect(watch.stats().waiting).toBe(0);
    expect(await waiting).toBe(2);
    expect(watch.value).toBe(3);
  });

  test("is asked in each set(), by it, in the order of the calls", async () => {
    const watch = new Watch(0);
    const asked: string[] = [];
    const ask = (name: string, limit: number) => (n: number) => {
      asked.push(`${name}${n}`);
      return n > limit;
    };
    const calls = [watch.waitFor(ask("a", 1)), watch.waitFor(ask("b", 2))];
    expect(asked.splice(0)).toEqual(["a0", "b0"]);
    watch.set(1);
    expect(asked.splice(0)).toEqual(["a1", "b1"]);
    watch.set(2);
    watch.set(3);
    expect(asked.splice(0)).toEqual(["a2", "b2", "b3"]);
    watch.set(4);
    expect(asked).toEqual([]);
    expect(await Promise.all(calls)).toEqual([2, 3]);
  });

  test("is told in the order of the calls when one set ends many", async () => {
    const watch = new Watch(0);
    const order: number[] = [];
    const calls = Array.from({ length: 2_000 }, (_, i) =>
      watch.waitFor(isOver(0)).then(() => order.push(i)),
    );
    watch.set(1);
    await Promise.all(calls);
    expect(order).toEqual(Array.from({ length: 2_000 }, (_, i) => i));
  });

  test("a predicate that throws rejects its own wait, and no other, and set() goes on", async () => {
    const watch = new Watch(0);
    const error = new Error("cannot tell");
    const calls = [
      watch.waitFor(isOver(0)),
      watch.waitFor((n) => {
        if (n > 0) throw error;
        return false;
      }),
      watch.waitFor(isOver(0)),
    ];
    watch.set(1);
    expect(watch.value).toBe(1);
    const [a, b, c] = await Promise.allSettled(calls);
    expect([a, c]).toEqual([
      { status: "fulfilled", value: 1 },
      { status: "fulfilled", value: 1 },
    ]);
    expect(b).toMatchObject({ reason: error });
    await expect(
      watch.waitFor(() => {
        throw error;
      }),
    ).rejects.toBe(error);
  });

  test("what a predicate throws is told when nobody handles it", async () => {
    const watch = new Watch(0);
    const error = new Error("cannot tell");
    const rejections = await unhandledDuring(() => {
      void watch.waitFor((n) => {
        if (n > 0) throw error;
        return false;
      });
      watch.set(1);
    });
    expect(rejections).toEqual([error]);
  });

  test("refuses a predicate that returns a promise, at once and later", async () => {
    const watch = new Watch(0);
    const message = 'Cannot wait for a value: "predicate" must return a value, received a promise';
    await expect(watch.waitFor((async () => true) as never)).rejects.toThrow(message);
    const later = watch.waitFor(((n: number) => n > 0 && Promise.resolve(false)) as never);
    watch.set(1);
    await expect(later).rejects.toThrow(message);
  });

  test("takes falsy values that it is true of", async () => {
    const watch = new Watch<number | undefined>(1);
    const waiting = watch.waitFor((n) => n === undefined);
    watch.set(undefined);
    expect(await waiting).toBe(undefined);
  });

  test("lets the event loop go on when it always holds", async () => {
    const watch = new Watch(0);
    let turned = false;
    setImmediate(() => {
      turned = true;
    });
    let calls = 0;
    for (; !turned && calls < 1_000_000; calls++) await watch.waitFor(() => true);
    expect(turned).toBe(true);
    expect(calls).toBeLessThan(1_000_000);
  });
});

describe("waitFor() and close()", () => {
  test("succeeds after close() when it holds of the last value, and else rejects", async () => {
    const watch = new Watch(0);
    watch.set(1);
    watch.close();
    expect(await watch.waitFor(isOver(0))).toBe(1);
    await expect(watch.waitFor(isOver(1))).rejects.toEqual(
      new ClosedError("Cannot wait for a value: it is closed"),
    );
  });

  test("rejects who waits still when it is closed", async () => {
    const watch = new Watch(0);
    const calls = [watch.waitFor(isOver(0)), watch.waitFor(isOver(1))];
    watch.set(1);
    watch.close();
    const [a, b] = await Promise.allSettled(calls);
    expect(a).toEqual({ status: "fulfilled", value: 1 });
    expect(b).toMatchObject({ reason: expect.any(ClosedError) as unknown });
    expect(watch.stats().waiting).toBe(0);
  });

  test("is nobody's unhandled rejection then", async () => {
    const watch = new Watch(0);
    const rejections = await unhandledDuring(() => {
      void watch.waitFor(isOver(0));
      watch.close();
    });
    expect(rejections).toEqual([]);
  });
});
