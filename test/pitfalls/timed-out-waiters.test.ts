import { describe, expect, test } from "vitest";
import {
  CapacityLimiter,
  channel,
  KeyedMutex,
  Latch,
  Mutex,
  Queue,
  RwLock,
  Semaphore,
  timeout,
  TimeoutError,
  type WaitOptions,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { nameOf } from "../contract/line.ts";
import { settle } from "../contract/settle.ts";
import { waitingMethods } from "../contract/waiting-methods.ts";
import { at } from "../support/mode.ts";

/** Waits for 10 ms at most. */
function briefly(wait: (options: WaitOptions) => Promise<unknown>): Promise<void> {
  const waiting = timeout(10, (scope) => wait(at(scope)));
  return expect(waiting).rejects.toBeInstanceOf(TimeoutError);
}

describe("pitfall 13: one who gives up lets those behind it in at once:", () => {
  test("a heavy caller of a semaphore", async () => {
    await withVirtualClock(async (clock) => {
      const semaphore = new Semaphore(2);
      const held = semaphore.tryAcquire();
      const heavy = briefly((options) => semaphore.acquire({ ...options, weight: 2 }));
      const light = semaphore.acquire();
      expect([semaphore.waiting, semaphore.available]).toEqual([2, 1]);
      await heavy;
      await light;
      expect([clock.now(), semaphore.waiting, semaphore.available]).toEqual([10, 0, 0]);
      expect(held!.released).toBe(false);
    });
  });

  test("a heavy caller of a semaphore that was to run a function", async () => {
    await withVirtualClock(async (clock) => {
      const semaphore = new Semaphore(2);
      semaphore.tryAcquire();
      const heavy = briefly((options) => semaphore.run(() => {}, { ...options, weight: 2 }));
      const light = semaphore.run(() => clock.now());
      await heavy;
      expect([await light, semaphore.waiting]).toEqual([10, 0]);
    });
  });

  test("a writer, for the readers behind it", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new RwLock();
      lock.read.tryAcquire();
      const writing = briefly((options) => lock.write.acquire(options));
      const reading = Promise.all([lock.read.acquire(), lock.read.acquire()]);
      expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 3 });
      await writing;
      await reading;
      expect([clock.now(), lock.stats()]).toEqual([10, { readers: 3, writing: false, waiting: 0 }]);
    });
  });

  test("one who reserves a place, for one who sends", async () => {
    await withVirtualClock(async () => {
      const [sender, receiver] = channel<number>(0);
      const reserving = briefly((options) => sender.reserve(options));
      const sending = sender.send(1);
      await reserving;
      expect(await receiver.receive()).toBe(1);
      await sending;
      expect(sender.stats()).toMatchObject({ reserved: 0, sending: 0, receiving: 0 });
    });
  });

  test("a borrower of a capacity limiter, who may ask again", async () => {
    await withVirtualClock(async () => {
      const limiter = new CapacityLimiter(1);
      const held = limiter.tryAcquire({ key: "holder" })!;
      await briefly((options) => limiter.acquire({ ...options, key: "late" }));
      await briefly((options) => limiter.run(() => {}, { ...options, key: "late" }));
      const again = limiter.acquire({ key: "late" });
      held.release();
      await again;
      expect(limiter.owners).toEqual(["late"]);
    });
  });

  test("one who wants a key, which is forgotten when nobody has it", async () => {
    await withVirtualClock(async () => {
      const mutex = new KeyedMutex<string>();
      const held = mutex.tryAcquire("key")!;
      await briefly((options) => mutex.acquire("key", options));
      held.release();
      expect([mutex.size, mutex.has("key")]).toEqual([0, false]);
    });
  });
});

describe("pitfall 13: nothing is left of 1 000 who gave up", () => {
  const primitives: Record<
    string,
    () => [(options: WaitOptions) => Promise<unknown>, () => object]
  > = {
    "a mutex": () => {
      const it = new Mutex();
      it.tryAcquire();
      return [(options) => it.acquire(options), () => it.stats()];
    },
    "a latch": () => {
      const it = new Latch(1);
      return [(options) => it.wait(options), () => it.stats()];
    },
    "a queue that is empty": () => {
      const it = new Queue({ capacity: 1 });
      return [(options) => it.get(options), () => it.stats()];
    },
    "a channel that is full": () => {
      const [it] = channel<number>(0);
      return [(options) => it.send(1, options), () => it.stats()];
    },
  };

  test.each(Object.entries(primitives))("in line at %s", async (_, make) => {
    await withVirtualClock(async () => {
      const [wait, stats] = make();
      const before = stats();
      const signals = Array.from({ length: 1_000 }, () => briefly(wait));
      await Promise.all(signals);
      expect(stats()).toEqual(before);
    });
  });
});

describe("pitfall 13: those who gave up are in nobody's way", () => {
  const methods = waitingMethods.filter(({ gives }) => gives !== "own");

  test.each(methods.map((method) => [nameOf(method), method] as const))(
    "in %s",
    async (_, method) => {
      const line = method.open();
      const controller = new AbortController();
      for (let i = 0; i < 100; i++) {
        line.call({ signal: controller.signal }, () => {}).catch(() => {});
        if (method.member.startsWith("HeldCondition")) await settle();
      }
      await settle();
      expect(line.waiting()).toBe(100);
      let served = false;
      void line.call(undefined, () => (served = true)).catch(() => {});
      await settle();
      controller.abort();
      await settle();
      expect([line.waiting(), served]).toEqual([1, false]);
      line.wake();
      await settle();
      expect([line.waiting(), served]).toEqual([0, true]);
      line.close?.();
    },
  );
});
