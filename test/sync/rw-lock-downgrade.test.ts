import { describe, expect, test } from "vitest";
import { RwLock } from "corral";

describe("downgrade()", () => {
  test("goes on reading, and lets the readers in that wait before the next writer", async () => {
    const lock = new RwLock();
    const order: string[] = [];
    const writing = lock.write.tryAcquire()!;
    const first = lock.read.acquire().then((permit) => {
      order.push("first reader");
      return permit;
    });
    const writer = lock.write.acquire().then((permit) => {
      order.push("writer");
      return permit;
    });
    const second = lock.read.acquire().then((permit) => {
      order.push("second reader");
      return permit;
    });
    const reading = writing.downgrade();
    expect(lock.stats()).toEqual({ readers: 2, writing: false, waiting: 2 });
    (await first).release();
    expect(order).toEqual(["first reader"]);
    reading.release();
    expect(lock.stats()).toEqual({ readers: 0, writing: true, waiting: 1 });
    (await writer).release();
    (await second).release();
    expect(order).toEqual(["first reader", "writer", "second reader"]);
    expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  });

  test("ends the permit, which then frees nothing", async () => {
    const lock = new RwLock();
    const writing = lock.write.tryAcquire()!;
    const reading = writing.downgrade();
    expect([writing.released, reading.released]).toEqual([true, false]);
    writing.release();
    expect(lock.stats().readers).toBe(1);
    reading.release();
    expect(lock.stats().readers).toBe(0);
  });

  test("lets nobody write before the reading has ended", async () => {
    const lock = new RwLock();
    const reading = (await lock.write.acquire()).downgrade();
    expect(lock.write.tryAcquire()).toBeUndefined();
    expect(lock.read.tryAcquire()).toBeDefined();
    reading.release();
    expect(lock.stats().readers).toBe(1);
  });

  test("lets no writer in that is the first in line", async () => {
    const lock = new RwLock();
    const writing = lock.write.tryAcquire()!;
    const next = lock.write.acquire();
    const reading = writing.downgrade();
    expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 1 });
    reading.release();
    (await next).release();
  });

  test("works for a permit that was waited for", async () => {
    const lock = new RwLock();
    const held = lock.read.tryAcquire()!;
    const waiting = lock.write.acquire();
    held.release();
    const reading = (await waiting).downgrade();
    expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 0 });
    reading.release();
    expect(lock.stats().readers).toBe(0);
  });

  test("throws a TypeError when the permit has ended, and changes nothing", () => {
    const lock = new RwLock();
    const released = lock.write.tryAcquire()!;
    released.release();
    const other = lock.write.tryAcquire()!;
    expect(() => released.downgrade()).toThrow(TypeError);
    expect(() => released.downgrade()).toThrow(
      "Cannot downgrade a permit: expected one that is held, received one that was released",
    );
    expect(lock.stats().writing).toBe(true);
    const reading = other.downgrade();
    expect(() => other.downgrade()).toThrow(TypeError);
    expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 0 });
    reading.release();
  });
});
