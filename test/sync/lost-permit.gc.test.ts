import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  CapacityLimiter,
  KeyedMutex,
  Mutex,
  type Permit,
  RwLock,
  Semaphore,
  setDeadlockDetection,
} from "corral";
import { reportsDuring } from "../support/reports.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

beforeEach(() => {
  setDeadlockDetection(true);
});

afterEach(() => {
  setDeadlockDetection(true);
});

/** Collects what can be collected, several times: what is new is looked at from the second time on. */
async function collect(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await turn();
    gc();
  }
  await turn();
}

/** The reports of what `lose` leaves behind, and how many were left by others before. */
async function reportsOf(lose: () => unknown): Promise<string[]> {
  await reportsDuring(collect);
  const loses = async (): Promise<void> => {
    await lose();
    await collect();
  };
  return reportsDuring(loses, { lost: true });
}

const lossy: [string, () => [owner: { toString(): string }, lose: () => unknown]][] = [
  [
    "Semaphore",
    () => {
      const owner = new Semaphore(2, { name: "connections" });
      return [owner, () => owner.acquire({ weight: 2 })];
    },
  ],
  [
    "Mutex",
    () => {
      const owner = new Mutex({ name: "file" });
      return [owner, () => owner.acquire()];
    },
  ],
  [
    "RwLock",
    () => {
      const owner = new RwLock({ name: "settings" });
      return [owner, () => owner.write.acquire()];
    },
  ],
  [
    "CapacityLimiter",
    () => {
      const owner = new CapacityLimiter(1, { name: "seats" });
      return [owner, () => owner.acquire({ key: "table 4" })];
    },
  ],
  [
    "KeyedMutex",
    () => {
      const owner = new KeyedMutex<string>({ name: "accounts" });
      return [owner, () => owner.acquire("ada")];
    },
  ],
];

describe("a permit that is collected and was never released", () => {
  test.each(lossy)("is reported, by its owner: %s", async (_, make) => {
    const [owner, lose] = make();
    const reports = await reportsOf(async () => void (await lose()));
    expect(reports).toEqual([
      `A permit of ${String(owner)} was lost: it was collected and never released`,
    ]);
  });

  test("is told on the channel with its kind, and the owner in detail", async () => {
    const owner = new Mutex();
    const messages: unknown[] = [];
    // A scope that another file has left uncancellable is told a second later, maybe now.
    const hear = (message: unknown): void => {
      if ((message as { kind: string }).kind !== "stuck") messages.push(message);
    };
    subscribe("corral", hear);
    void owner.tryAcquire();
    await collect();
    unsubscribe("corral", hear);
    expect(messages).toEqual([
      { kind: "lost-permit", message: expect.stringContaining("Mutex"), detail: owner },
    ]);
    expect((messages[0] as { detail: unknown }).detail).toBe(owner);
  });

  test("is reported each for itself, however many there are, also among those that are kept", async () => {
    const owner = new Semaphore(100);
    const kept: Permit[] = [];
    const reports = await reportsOf(() => {
      const permits = Array.from({ length: 100 }, () => owner.tryAcquire()!);
      for (const [i, permit] of permits.entries()) {
        if (i % 4 === 0) kept.push(permit);
        else if (i % 4 === 1) permit.release();
      }
    });
    expect(reports).toHaveLength(50);
    expect(owner.available).toBe(25);
    for (const permit of kept) permit.release();
    expect(owner.available).toBe(50);
  });

  test("is reported once more for the next one that is lost", async () => {
    const owner = new Semaphore(5);
    const reports = await reportsOf(async () => {
      for (let i = 0; i < 3; i++) {
        void owner.tryAcquire();
        await collect();
      }
    });
    expect(reports).toHaveLength(3);
  });

  test("is reported when it was downgraded, and the reading is lost", async () => {
    const owner = new RwLock();
    const reports = await reportsOf(() => void owner.write.tryAcquire()!.downgrade());
    expect(reports).toEqual([expect.stringContaining("RwLock { readers: 1")]);
  });

  test("is reported when it was granted to one who never looked at it", async () => {
    const owner = new Mutex();
    const reports = await reportsOf(() => {
      const held = owner.tryAcquire()!;
      void owner.acquire();
      held.release();
    });
    expect(reports).toHaveLength(1);
  });
});

describe("nothing is reported", () => {
  test("of permits that were released, early or late, by whatever means", async () => {
    const owner = new Semaphore(10);
    const reports = await reportsOf(async () => {
      owner.tryAcquire()!.release();
      (await owner.acquire())[Symbol.dispose]();
      {
        using permit = await owner.acquire({ weight: 2 });
        expect(permit.released).toBe(false);
      }
      await owner.run(() => {});
      const late = [owner.tryAcquire()!, owner.tryAcquire()!, owner.tryAcquire()!];
      await collect();
      late[1]!.release();
      late[0]!.release();
      late[2]!.release();
      late.length = 0;
      await collect();
    });
    expect(reports).toEqual([]);
    expect(owner.available).toBe(10);
  });

  test("of permits that were taken back, since their callers were cancelled", async () => {
    const owner = new Mutex();
    const reports = await reportsOf(async () => {
      const held = owner.tryAcquire()!;
      const controller = new AbortController();
      controller.signal.addEventListener("abort", () => held.release());
      const waiting = owner.acquire(controller);
      controller.abort("gone");
      await expect(waiting).rejects.toBe("gone");
    });
    expect([reports, owner.locked]).toEqual([[], false]);
  });

  test("of permits that somebody still has", async () => {
    const owner = new Mutex();
    const permit = owner.tryAcquire()!;
    expect(await reportsOf(() => {})).toEqual([]);
    permit.release();
  });

  test("when the owner is gone, too", async () => {
    const reports = await reportsOf(() => {
      void new Semaphore(1).tryAcquire();
      void new RwLock().write.tryAcquire();
      void new KeyedMutex<string>().tryAcquire("key");
    });
    expect(reports).toEqual([]);
  });

  test("of permits that are given out while the detection is off", async () => {
    const owner = new Semaphore(1);
    setDeadlockDetection(false);
    expect(await reportsOf(() => void owner.tryAcquire())).toEqual([]);
  });

  test("once the detection is off, also of permits that were given out before", async () => {
    const owner = new Semaphore(2);
    const reports = await reportsOf(async () => {
      void owner.tryAcquire();
      setDeadlockDetection(false);
      await collect();
    });
    expect(reports).toEqual([]);
  });

  test("of one that is released after the detection was switched off", async () => {
    const owner = new Semaphore(3);
    const permits = [owner.tryAcquire()!, owner.tryAcquire()!];
    const reports = await reportsOf(async () => {
      setDeadlockDetection(false);
      permits[0]!.release();
      permits.shift();
      setDeadlockDetection(true);
      await collect();
    });
    expect([reports, owner.available]).toEqual([[], 2]);
    permits[0]!.release();
  });
});

test("permits keep neither their owner nor each other in memory", async () => {
  const refs: WeakRef<object>[] = [];
  const take = (): void => {
    for (let i = 0; i < 10; i++) {
      const owner = new Semaphore(1);
      const permit = owner.tryAcquire()!;
      if (i % 2 === 0) permit.release();
      refs.push(new WeakRef(owner), new WeakRef(permit));
    }
  };
  take();
  await collect();
  expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
});
