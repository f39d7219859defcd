import { describe, expect, test } from "vitest";
import { CapacityLimiter, channel, Mutex, Queue, RwLock, Semaphore } from "corral";
import { callersOf } from "../contract/contract.ts";
import { nameOf } from "../contract/line.ts";
import { settle } from "../contract/settle.ts";
import { waitingMethods } from "../contract/waiting-methods.ts";
import { deferred } from "../support/deferred.ts";

const units = waitingMethods.filter(({ gives, beginsLater }) => gives === "unit" && !beginsLater);

describe.each(units.map((method) => [nameOf(method), method] as const))(
  "pitfall 12: %s",
  (_, method) => {
    test("serves who waits before one who comes with the same promise that wakes", async () => {
      const line = method.open();
      const { log, call } = callersOf(line);
      await call("waiter");
      const released = deferred();
      void released.promise.then(() => line.wake());
      void released.promise.then(() => call("newcomer"));
      released.resolve();
      await settle();
      expect([log, line.waiting()]).toEqual([["waiter"], 1]);
      line.close?.();
    });

    test("serves who waits first, in whatever microtask after the wake another comes", async () => {
      for (let microtasks = 0; microtasks < 12; microtasks++) {
        const line = method.open();
        const { log, call } = callersOf(line);
        await call("waiter");
        line.wake();
        for (let i = 0; i < microtasks; i++) await Promise.resolve();
        await call("newcomer");
        expect([log, line.waiting()]).toEqual([["waiter"], 1]);
        line.close?.();
      }
    });
  },
);

/** What is taken without waiting, while somebody waits who needs more than there is. */
describe("pitfall 12: nobody is let in beside those who wait:", () => {
  test("Semaphore.tryAcquire() by a light caller, while a heavy one waits", async () => {
    const semaphore = new Semaphore(3);
    const held = semaphore.tryAcquire()!;
    const heavy = semaphore.acquire({ weight: 3 });
    expect([semaphore.available, semaphore.tryAcquire()]).toEqual([2, undefined]);
    held.release();
    (await heavy).release();
    expect(semaphore.tryAcquire()).toBeDefined();
  });

  test("RwLock.read.tryAcquire(), while a writer waits", async () => {
    const lock = new RwLock();
    const reading = lock.read.tryAcquire()!;
    const writing = lock.write.acquire();
    expect(lock.read.tryAcquire()).toBeUndefined();
    reading.release();
    (await writing).release();
    expect(lock.read.tryAcquire()).toBeDefined();
  });

  test("tryAcquire() of a lock that was released and handed over", () => {
    const mutex = new Mutex();
    const held = mutex.tryAcquire()!;
    void mutex.acquire();
    held.release();
    expect(mutex.tryAcquire()).toBeUndefined();
    const limiter = new CapacityLimiter(1);
    const loan = limiter.tryAcquire({ key: "a" })!;
    void limiter.acquire({ key: "b" });
    loan.release();
    expect(limiter.tryAcquire({ key: "c" })).toBeUndefined();
  });

  test("Queue.tryPut() and tryGet(), which find what was handed over gone", () => {
    const full = new Queue<number>({ capacity: 1 });
    full.tryPut(1);
    void full.put(2);
    expect(full.tryGet()).toEqual({ value: 1 });
    expect(full.tryPut(3)).toBe(false);
    const empty = new Queue<number>({ capacity: 1 });
    void empty.get();
    expect(empty.tryPut(1)).toBe(true);
    expect(empty.tryGet()).toBeUndefined();
  });

  test("Sender.trySend() and tryReserve(), while another waits for the place", () => {
    const [sender, receiver] = channel<number>(1);
    sender.trySend(1);
    void sender.reserve();
    expect(receiver.tryReceive()).toEqual({ value: 1 });
    expect([sender.trySend(2), sender.tryReserve()]).toEqual([false, undefined]);
    expect(sender.stats()).toMatchObject({ size: 0, reserved: 1, sending: 0 });
  });

  test("Sender.trySend() past one who waits to send, when one receives", () => {
    const [sender, receiver] = channel<number>(0);
    void sender.send(1);
    expect(sender.trySend(2)).toBe(false);
    expect(receiver.tryReceive()).toEqual({ value: 1 });
    expect(receiver.tryReceive()).toBeUndefined();
  });
});
