import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  channel,
  KeyedMutex,
  KeyedSemaphore,
  Queue,
  type RateKind,
  RateLimiter,
  recv,
  RwLock,
  select,
  Semaphore,
  sleep,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { nameOf } from "../contract/line.ts";
import { waitingMethods } from "../contract/waiting-methods.ts";
import { sections } from "./sections.ts";

describe("pitfall 22: who waits is served under a constant load:", () => {
  test("a heavy caller of a semaphore, after those that were let in before it", async () => {
    await withVirtualClock(async () => {
      const semaphore = new Semaphore(4);
      const log: string[] = [];
      let over = false;
      const light = async (name: string): Promise<void> => {
        while (!over) {
          await semaphore.run(async () => {
            log.push(name);
            await sleep(1);
          });
        }
      };
      const load = ["a", "b", "c", "d", "e", "f"].map(light);
      await sleep(10);
      const asked = log.length;
      let begun = 0;
      const heavy = (): void => {
        over = true;
        begun = log.length;
      };
      await semaphore.run(heavy, { weight: 4 });
      // Those who stood in line before it, and nobody else.
      expect(begun - asked).toBe(2);
      await Promise.all(load);
    });
  });

  test.each<RateKind>(["bucket", "sliding", "spaced"])(
    "a heavy caller of a rate limiter of kind %s, after those that were in line before it",
    async (kind) => {
      await withVirtualClock(async () => {
        const limiter = new RateLimiter({ limit: 4, perMs: 4, kind });
        let over = false;
        let served = 0;
        const light = async (): Promise<void> => {
          while (!over) {
            await limiter.acquire();
            served++;
          }
        };
        const load = Array.from({ length: 6 }, light);
        await sleep(20.5);
        const before = served + limiter.waiting;
        await limiter.acquire(4);
        const after = served;
        over = true;
        await Promise.all(load);
        expect([after <= before, limiter.waiting]).toEqual([true, 0]);
      });
    },
  );

  test("a writer among readers that always overlap", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new RwLock();
      let over = false;
      const reader = async (delay: number): Promise<void> => {
        await sleep(delay);
        while (!over) await lock.read.run(() => sleep(10));
      };
      const load = [reader(0), reader(5)];
      await sleep(7);
      await lock.write.run(() => void (over = true));
      expect(clock.now()).toBe(15);
      await Promise.all(load);
    });
  });

  test("a reader among writers that are always in line", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new RwLock();
      let over = false;
      const writer = async (): Promise<void> => {
        while (!over) await lock.write.run(() => sleep(10));
      };
      const load = [writer(), writer(), writer()];
      await sleep(1);
      await lock.read.run(() => void (over = true));
      expect(clock.now()).toBe(30);
      await Promise.all(load);
    });
  });

  test.each([
    ["KeyedMutex", new KeyedMutex<string>()],
    ["KeyedSemaphore", new KeyedSemaphore<string>(1)],
  ])("another key of a %s, at once, while one is flooded", async (_, lock) => {
    const held = lock.tryAcquire("flooded")!;
    const flood = Array.from({ length: 1_000 }, () => lock.run("flooded", () => {}));
    expect(lock.tryAcquire("other")).toBeDefined();
    held.release();
    await Promise.all(flood);
  });

  test("each of those who get from a queue, one after the other", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const log: string[] = [];
    const consumer = async (name: string): Promise<void> => {
      for await (const item of queue) log.push(`${name}${item}`);
    };
    const consumers = ["a", "b", "c"].map(consumer);
    for (let i = 0; i < 9; i++) {
      await queue.put(i);
      await turn();
    }
    queue.close();
    await Promise.all(consumers);
    expect(log.join(" ")).toBe("a0 b1 c2 a3 b4 c5 a6 b7 c8");
  });

  test("each of those who send into a full channel, one after the other", async () => {
    const [sender, receiver] = channel<string>(0);
    const producers = ["a", "b", "c"].map(async (name) => {
      for (let i = 0; i < 3; i++) await sender.send(name);
    });
    let log = "";
    for (let i = 0; i < 9; i++) {
      await turn();
      log += await receiver.receive();
    }
    await Promise.all(producers);
    expect(log).toBe("abcabcabc");
  });

  test("each of two channels that always have something, by a select() that is left to chance", async () => {
    const [ones, twos] = [channel<number>(Infinity), channel<number>(Infinity)];
    for (let i = 0; i < 200; i++) {
      ones[0].trySend(1);
      twos[0].trySend(2);
    }
    const seen = new Set<number>();
    // That one of them is never chosen has a chance of 1 in 2 ** 199.
    for (let i = 0; i < 200; i++) {
      seen.add((await select({ one: recv(ones[1]), two: recv(twos[1]) })).value);
    }
    expect(seen).toEqual(new Set([1, 2]));
  });
});

test.each(sections)(
  "pitfall 22: %s lets those in turn by turn who ask again and again",
  async (_, make) => {
    const section = make();
    const log: string[] = [];
    const caller = async (name: string): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await section.run(async () => {
          log.push(name);
          await turn();
        });
      }
    };
    await Promise.all(["a", "b", "c"].map(caller));
    // Readers are let in together, in the order in which they ask.
    expect(log.join("")).toBe("abcabcabc");
    expect(section.figures()).toEqual([0, 0]);
  },
);

const ready = waitingMethods.filter(
  ({ gives, calls, wakesLater, beginsLater }) =>
    (gives === "unit" || gives === "opening") && !calls && !wakesLater && !beginsLater,
);

test.each(ready.map((method) => [nameOf(method), method] as const))(
  "pitfall 22: a loop of %s that never has to wait lets the event loop go on",
  async (_, method) => {
    let line = method.open();
    let turned = false;
    void turn().then(() => (turned = true));
    let rounds = 0;
    for (; !turned && rounds < 20_000; rounds++) {
      line.wake();
      const entered = line.call(undefined, () => {});
      expect(line.waiting()).toBe(0);
      await entered;
      await Promise.resolve();
      if (method.gives === "opening") {
        line.close?.();
        line = method.open();
      }
    }
    expect(turned).toBe(true);
    line.close?.();
  },
);
