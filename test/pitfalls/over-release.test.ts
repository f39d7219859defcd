import { describe, expect, test } from "vitest";
import {
  CapacityLimiter,
  channel,
  KeyedMutex,
  KeyedSemaphore,
  Latch,
  Mutex,
  type Permit,
  Queue,
  RwLock,
  safeChannel,
  Semaphore,
  type WritePermit,
} from "corral";

/** Takes the one that there is; `undefined` when it is taken. */
type Take = () => Permit | undefined;

const locks: Record<string, () => Take> = {
  Semaphore: () => {
    const it = new Semaphore(1);
    return () => it.tryAcquire();
  },
  "Semaphore by weight": () => {
    const it = new Semaphore(3);
    return () => it.tryAcquire({ weight: 2 });
  },
  Mutex: () => {
    const it = new Mutex();
    return () => it.tryAcquire();
  },
  "RwLock.write": () => {
    const it = new RwLock();
    return () => it.write.tryAcquire();
  },
  CapacityLimiter: () => {
    const it = new CapacityLimiter(1);
    return () => it.tryAcquire({ key: {} });
  },
  "CapacityLimiter by one key": () => {
    const it = new CapacityLimiter(2);
    return () => (it.owners.length > 0 ? undefined : it.tryAcquire({ key: "key" }));
  },
  KeyedMutex: () => {
    const it = new KeyedMutex<string>();
    return () => it.tryAcquire("key");
  },
  KeyedSemaphore: () => {
    const it = new KeyedSemaphore<string>(1);
    return () => it.tryAcquire("key");
  },
};

describe.each(Object.entries(locks))("pitfall 21: %s", (_, make) => {
  test("a permit that is released twice lets in one", () => {
    const take = make();
    const permit = take()!;
    permit.release();
    permit.release();
    permit[Symbol.dispose]();
    expect([take() === undefined, take()]).toEqual([false, undefined]);
  });

  test("an old permit does not free the present holder's", () => {
    const take = make();
    const stale = take()!;
    stale.release();
    const present = take()!;
    stale.release();
    stale[Symbol.dispose]();
    expect([present.released, take()]).toEqual([false, undefined]);
    present.release();
    expect(take()).toBeDefined();
  });
});

describe("pitfall 21: a lock for reading and writing", () => {
  test("a permit that was downgraded is over: releasing it does not end the reading", () => {
    const lock = new RwLock();
    const writing: WritePermit = lock.write.tryAcquire()!;
    const reading = writing.downgrade();
    writing.release();
    expect([writing.released, lock.stats().readers]).toEqual([true, 1]);
    expect(lock.write.tryAcquire()).toBeUndefined();
    expect(() => writing.downgrade()).toThrow(TypeError);
    reading.release();
    reading.release();
    expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  });

  test("a reader that releases twice does not end another's reading", () => {
    const lock = new RwLock();
    const readings = [lock.read.tryAcquire()!, lock.read.tryAcquire()!];
    readings[0]!.release();
    readings[0]!.release();
    expect([lock.stats().readers, lock.write.tryAcquire()]).toEqual([1, undefined]);
  });
});

describe("pitfall 21: a reserved place of a channel", () => {
  test("is used once: sending into it twice is refused, and nothing is sent", () => {
    const [sender, receiver] = channel<number>(2);
    const slot = sender.tryReserve()!;
    slot.send(1);
    expect(() => slot.send(2)).toThrow(TypeError);
    slot.release();
    slot[Symbol.dispose]();
    expect(sender.stats()).toMatchObject({ size: 1, reserved: 0 });
    expect(receiver.tryReceive()).toEqual({ value: 1 });
    expect(receiver.tryReceive()).toBeUndefined();
  });

  test("that was given back is over, and gives nobody else's back", () => {
    const [sender] = channel<number>(1);
    const stale = sender.tryReserve()!;
    stale.release();
    const present = sender.tryReserve()!;
    stale.release();
    stale[Symbol.dispose]();
    expect(() => stale.send(1)).toThrow(TypeError);
    expect([sender.stats().reserved, sender.tryReserve()]).toEqual([1, undefined]);
    present.send(2);
    expect(sender.stats()).toMatchObject({ size: 1, reserved: 0 });
  });
});

describe("pitfall 21: what is counted down", () => {
  test("Queue.taskDone() more often than items were put is refused, and counts nothing", async () => {
    const queue = new Queue<number>({ capacity: 2 });
    expect(() => queue.taskDone()).toThrow(RangeError);
    queue.tryPut(1);
    queue.taskDone();
    expect(() => queue.taskDone()).toThrow(RangeError);
    await queue.join();
    queue.tryPut(2);
    expect(queue.stats().unfinished).toBe(1);
  });

  test("Latch.countDown() below zero is refused, and changes nothing", () => {
    const latch = new Latch(2);
    expect(() => latch.countDown(3)).toThrow(RangeError);
    expect(latch.count).toBe(2);
    latch.countDown(2);
    expect(() => latch.countDown()).toThrow(RangeError);
    expect(latch.count).toBe(0);
  });

  test("an end of a channel that is closed twice counts once", async () => {
    const [sender, receiver] = channel<number>(1);
    const other = sender.clone();
    sender.close();
    sender.close(new Error("too late"));
    sender[Symbol.dispose]();
    expect(receiver.stats().senders).toBe(1);
    await other.send(1);
    const twin = receiver.clone();
    receiver.close();
    receiver.close();
    receiver[Symbol.dispose]();
    expect(other.stats().receivers).toBe(1);
    expect(await twin.receive()).toBe(1);
  });

  test("a safe channel that is left twice is left", async () => {
    let ends = 0;
    const it = safeChannel(async function* generate() {
      try {
        yield 1;
        yield 2;
      } finally {
        ends++;
      }
    });
    await it.next();
    await Promise.all([it.return(), it.return(), it[Symbol.asyncDispose]()]);
    await it[Symbol.asyncDispose]();
    expect(ends).toBe(1);
  });
});
