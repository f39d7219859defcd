import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { RwLock, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { WritePermit } from "../../src/sync/rw-lock.ts";
import { at } from "../support/mode.ts";

describe("a reader-writer lock", () => {
  test("lets all readers in at once, and a writer alone", async () => {
    const lock = new RwLock();
    const readers = await Promise.all([lock.read.acquire(), lock.read.acquire()]);
    expect(lock.stats()).toEqual({ readers: 2, writing: false, waiting: 0 });
    expect(lock.write.tryAcquire()).toBeUndefined();
    for (const permit of readers) permit.release();
    const writer = await lock.write.acquire();
    expect(lock.stats()).toEqual({ readers: 0, writing: true, waiting: 0 });
    expect(lock.read.tryAcquire()).toBeUndefined();
    expect(lock.write.tryAcquire()).toBeUndefined();
    writer.release();
    expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  });

  test("gives readers a permit that cannot be downgraded, also after a write", async () => {
    const lock = new RwLock();
    using writer = await lock.write.acquire();
    using reader = writer.downgrade();
    using other = await lock.read.acquire();
    for (const permit of [reader, other]) expect(permit).not.toBeInstanceOf(WritePermit);
    expect(writer).toBeInstanceOf(WritePermit);
  });

  test("lets a writer in when the last reader has gone", async () => {
    const lock = new RwLock();
    const [first, second] = [lock.read.tryAcquire()!, lock.read.tryAcquire()!];
    const writer = lock.write.acquire();
    first.release();
    expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 1 });
    second.release();
    expect(lock.stats()).toEqual({ readers: 0, writing: true, waiting: 0 });
    (await writer).release();
  });

  test("runs functions on both sides, which give their values", async () => {
    const lock = new RwLock();
    const reading = lock.read.run(async () => "read");
    const alsoReading = lock.read.run(() => "read, too");
    const writing = lock.write.run(() => "written");
    expect(lock.stats()).toEqual({ readers: 2, writing: false, waiting: 1 });
    expect(await Promise.all([reading, alsoReading, writing])).toEqual([
      "read",
      "read, too",
      "written",
    ]);
    expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  });

  test("tells the same figures on both sides", () => {
    const lock = new RwLock({ name: "settings" });
    void lock.read.tryAcquire();
    expect(lock.read.stats()).toEqual(lock.stats());
    expect(lock.write.stats()).toEqual(lock.stats());
    expect([lock.read.name, lock.write.name]).toEqual(["settings", "settings"]);
  });
});

describe("the line of a reader-writer lock", () => {
  test("is first come, first served, for readers and writers alike", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new RwLock();
      const starts: string[] = [];
      const call = (side: "read" | "write", name: string): Promise<void> =>
        lock[side].run(async () => {
          starts.push(`${name} ${clock.now()}`);
          await sleep(10);
        });
      await Promise.all([
        call("read", "r1"),
        call("write", "w1"),
        call("read", "r2"),
        call("read", "r3"),
        call("write", "w2"),
        call("read", "r4"),
      ]);
      expect(starts).toEqual(["r1 0", "w1 10", "r2 20", "r3 20", "w2 30", "r4 40"]);
    });
  });

  test("lets no reader overtake a writer that waits, so that none starves", async () => {
    const lock = new RwLock();
    const order: string[] = [];
    const held = lock.read.tryAcquire()!;
    const writer = lock.write.run(() => order.push("writer"));
    expect(lock.read.tryAcquire()).toBeUndefined();
    const reader = lock.read.run(() => order.push("reader"));
    await turn();
    expect(order).toEqual([]);
    held.release();
    await Promise.all([writer, reader]);
    expect(order).toEqual(["writer", "reader"]);
  });

  test("lets a writer in though readers come all the time", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new RwLock();
      let written = -1;
      const readers = async (): Promise<void> => {
        for (let i = 0; i < 20; i++) await lock.read.run(() => sleep(10));
      };
      const many = [readers(), sleep(5).then(readers)];
      await sleep(12);
      await lock.write.run(() => {
        written = clock.now();
      });
      // Both readers that were in have ended, and no other was let in before.
      expect(written).toBe(20);
      await Promise.all(many);
    });
  });

  test("lets the readers behind a writer in when it is cancelled", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new RwLock();
      const held = lock.read.tryAcquire()!;
      const writer = timeout(10, (scope) => lock.write.acquire(at(scope)));
      const reader = lock.read.acquire();
      expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 2 });
      await expect(writer).rejects.toBeInstanceOf(TimeoutError);
      (await reader).release();
      expect(clock.now()).toBe(10);
      held.release();
      expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
    });
  });

  test("is left by a reader that is cancelled, or was before", async () => {
    const lock = new RwLock();
    const held = lock.write.tryAcquire()!;
    const controller = new AbortController();
    const readers = [lock.read.acquire(controller), lock.read.run(() => {}, controller)];
    expect(lock.stats().waiting).toBe(2);
    controller.abort("gone");
    expect(lock.stats().waiting).toBe(0);
    for (const reader of readers) await expect(reader).rejects.toBe("gone");
    held.release();
    await expect(lock.read.acquire(controller)).rejects.toBe("gone");
    expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  });
});
