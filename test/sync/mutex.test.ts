import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { Mutex, setDeadlockDetection } from "corral";

describe("a mutex", () => {
  test("is locked while somebody holds it", async () => {
    const mutex = new Mutex();
    expect(mutex.locked).toBe(false);
    const permit = await mutex.acquire();
    expect(mutex.locked).toBe(true);
    permit.release();
    expect(mutex.locked).toBe(false);
    await mutex.run(() => expect(mutex.locked).toBe(true));
    expect(mutex.locked).toBe(false);
  });

  test("stays locked while it is handed from one to the next", async () => {
    const mutex = new Mutex();
    const held = mutex.tryAcquire()!;
    const next = mutex.acquire();
    expect(mutex.waiting).toBe(1);
    held.release();
    expect([mutex.locked, mutex.waiting]).toEqual([true, 0]);
    (await next).release();
    expect(mutex.locked).toBe(false);
  });

  test("keeps what it guards whole", async () => {
    const mutex = new Mutex();
    let balance = 0;
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        mutex.run(async () => {
          const before = balance;
          for (let step = 0; step < i % 4; step++) await Promise.resolve();
          balance = before + 1;
        }),
      ),
    );
    expect(balance).toBe(50);
  });

  test("is not re-entrant: who holds it and asks for it again waits", async () => {
    const mutex = new Mutex();
    using first = await mutex.acquire();
    expect(mutex.tryAcquire()).toBeUndefined();
    const second = mutex.acquire();
    await turn();
    expect(mutex.waiting).toBe(1);
    first.release();
    (await second).release();
  });

  test("is not re-entrant in run() either, when deadlocks are not looked for", async () => {
    setDeadlockDetection(false);
    try {
      const mutex = new Mutex();
      const controller = new AbortController();
      const nested = mutex.run(() => mutex.run(() => {}, controller));
      await turn();
      expect(mutex.waiting).toBe(1);
      controller.abort("stuck");
      await expect(nested).rejects.toBe("stuck");
    } finally {
      setDeadlockDetection(true);
    }
  });

  test("can be taken again in the step in which it is released", async () => {
    const mutex = new Mutex();
    (await mutex.acquire()).release();
    const permit = mutex.tryAcquire();
    expect(permit).toBeDefined();
    permit!.release();
    expect(mutex.locked).toBe(false);
  });
});
