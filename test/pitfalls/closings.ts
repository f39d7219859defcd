import {
  Barrier,
  Broadcast,
  Condition,
  limit,
  lock,
  Pool,
  recv,
  safeChannel,
  select,
  Semaphore,
  sleep,
  Watch,
  when,
} from "corral";
import type { Closings } from "./closing.ts";
import { channelClosings } from "./closings-of-channels.ts";

export const closings: Closings = {
  ...channelClosings,
  "limit().clear()": [
    () => {
      const one = limit(1);
      void one(() => new Promise(() => {}));
      return { waits: [one(() => {}), one(() => {})], close: () => one.clear() };
    },
    ["closed", "closed"],
  ],
  "Barrier.reset()": [
    () => {
      const barrier = new Barrier(3);
      return { waits: [barrier.wait(), barrier.wait()], close: () => barrier.reset() };
    },
    ["closed", "closed"],
  ],
  "Barrier.abort()": [
    () => {
      const barrier = new Barrier(2);
      return {
        waits: [barrier.wait()],
        close: () => barrier.abort(),
        late: () => [barrier.wait(), barrier.wait()],
      };
    },
    ["closed"],
    ["closed", "closed"],
  ],
  "the end of a section of a Condition": [
    () => {
      const waits: Promise<unknown>[] = [];
      let end: (() => void) | undefined;
      void new Condition().run((held) => {
        waits.push(held.wait());
        return new Promise<void>((resolve) => (end = resolve));
      });
      return { waits, close: () => end!() };
    },
    ["closed"],
  ],
  "Semaphore.resize() below a weight": [
    () => {
      const semaphore = new Semaphore(3);
      semaphore.tryAcquire();
      const acquiring = semaphore.acquire({ weight: 3 });
      const selecting = select({ heavy: lock(semaphore, { weight: 2 }) });
      return {
        waits: [acquiring, semaphore.run(() => {}, { weight: 3 }), selecting],
        close: () => semaphore.resize(1),
      };
    },
    ["RangeError", "RangeError", "RangeError"],
  ],
  "Broadcast.close()": [
    () => {
      const broadcast = new Broadcast<number>({ capacity: 1 });
      const it = broadcast.subscribe();
      return {
        waits: [it.receive(), it.values().next(), select({ item: recv(it) })],
        close: () => broadcast.close(),
        late: () => [it.receive(), it.values().next(), broadcast.subscribe().receive()],
      };
    },
    ["closed", "done", "closed"],
    ["closed", "done", "closed"],
  ],
  "Subscription.close()": [
    () => {
      const it = new Broadcast<number>({ capacity: 1 }).subscribe();
      return {
        waits: [it.receive(), it.values().next()],
        close: () => it.close(),
        late: () => [it.receive(), it.values().next()],
      };
    },
    ["closed", "done"],
    ["closed", "done"],
  ],
  "Watch.close()": [
    () => {
      const watch = new Watch(0);
      const it = watch.subscribe();
      return {
        waits: [
          it.changed(),
          it.values().next(),
          watch.waitFor((n) => n > 0),
          select({ set: when(it) }),
        ],
        close: () => watch.close(),
        late: () => [it.changed(), it.values().next(), watch.waitFor((n) => n > 0)],
      };
    },
    ["closed", "done", "closed", "closed"],
    ["closed", "done", "closed"],
  ],
  "WatchReader.close()": [
    () => {
      const it = new Watch(0).subscribe();
      return {
        waits: [it.changed(), it.values().next()],
        close: () => it.close(),
        late: () => [it.changed(), it.values().next()],
      };
    },
    ["closed", "done"],
    ["closed", "done"],
  ],
  "Pool.terminate()": [
    () => {
      const pool = new Pool({ max: 1, create: ({ signal }) => sleep(Infinity, { signal }) });
      return {
        waits: [pool.acquire(), pool.run(() => {}), pool.warm(1)],
        close: () => void pool.terminate(),
        late: () => [pool.acquire(), pool.run(() => {}), pool.warm(1)],
      };
    },
    ["closed", "closed", "closed"],
    ["closed", "closed", "closed"],
  ],
  "SafeChannel.return()": [
    () => {
      const it = safeChannel(async function* never({ signal }) {
        yield await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        });
      });
      return { waits: [it.next(), it.next()], close: () => it.return() };
    },
    ["done", "done"],
  ],
};
