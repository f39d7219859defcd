// Promise 6: however much is ready, timers and I/O are served.
import { describe, expect, test } from "vitest";
import {
  AsyncEvent,
  Barrier,
  CapacityLimiter,
  Condition,
  KeyedMutex,
  Latch,
  Mutex,
  RwLock,
  Semaphore,
} from "corral";

/** Far more operations than one turn of the event loop may take. */
const MANY = 100_000;

const event = new AsyncEvent();
event.set();
const latch = new Latch(0);
const barrier = new Barrier(1);
const pair = new Barrier(2);
const semaphore = new Semaphore(Infinity);
const mutex = new Mutex();
const lock = new RwLock();
const limiter = new CapacityLimiter(Infinity);
const keyed = new KeyedMutex<string>();
const condition = new Condition();

const loops: [string, () => unknown][] = [
  ["AsyncEvent.wait()", () => event.wait()],
  ["Latch.wait()", () => latch.wait()],
  ["Barrier.wait() of one", () => barrier.wait()],
  ["Barrier.wait() of two", () => pair.wait()],
  ["Semaphore.run()", () => semaphore.run(() => {})],
  ["Semaphore.acquire()", async () => (await semaphore.acquire({ weight: 2 })).release()],
  ["Mutex.run()", () => mutex.run(() => {})],
  ["Mutex.acquire()", async () => (await mutex.acquire()).release()],
  ["RwLock.read.run()", () => lock.read.run(() => {})],
  ["RwLock.write.acquire()", async () => (await lock.write.acquire()).release()],
  ["CapacityLimiter.run()", () => limiter.run(() => {}, { key: {} })],
  ["CapacityLimiter.acquire()", async () => (await limiter.acquire({ key: {} })).release()],
  ["KeyedMutex.run()", () => keyed.run("key", () => {})],
  ["Condition.waitFor()", () => condition.run((held) => held.waitFor(() => true))],
];

describe("the event loop lives while two tasks do nothing but", () => {
  test.each(loops)("%s", async (_, step) => {
    let served = false;
    let steps = 0;
    setImmediate(() => {
      served = true;
    });
    const task = async (): Promise<void> => {
      // A pair has to end in pairs.
      while (!served && steps < MANY) {
        steps++;
        await step();
      }
      pair.reset();
    };
    await Promise.allSettled([task(), task()]);
    expect(served).toBe(true);
    expect(steps).toBeLessThan(MANY);
  });
});
