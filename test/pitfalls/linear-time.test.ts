// Counted, not timed: what one step looks at must not depend on how many wait.
import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { Broadcast, channel, Queue, Semaphore } from "corral";
import { type Line, nameOf, type WaitingMethod } from "../contract/line.ts";
import { settle } from "../contract/settle.ts";
import { waitingMethods } from "../contract/waiting-methods.ts";

type Fields = Record<string, unknown>;

const record = (
  globalThis as unknown as Record<
    symbol,
    { watcher: { started(wait: Fields): void; ended(wait: Fields): void } | undefined }
  >
)[Symbol.for("corral.runtime.1")]!;

/** Counts how often the waits that begin from now on are looked at, by which of their fields. */
function countLooks(): { readonly looks: () => number; readonly stop: () => void } {
  let looks = 0;
  const watch = (wait: Fields): void => {
    for (const name of ["previous", "next", "before", "after", "pending", "payload", "owner"]) {
      let value = wait[name];
      Object.defineProperty(wait, name, {
        get: () => {
          looks++;
          return value;
        },
        set: (to) => {
          looks++;
          value = to;
        },
      });
    }
  };
  const previous = record.watcher;
  record.watcher = {
    started: (wait) => {
      previous?.started(wait);
      watch(wait);
    },
    ended: (wait) => previous?.ended(wait),
  };
  return { looks: () => looks, stop: () => void (record.watcher = previous) };
}

/** How many looks one step costs while `count` wait, each with a signal of its own. */
async function costOf(
  method: WaitingMethod,
  count: number,
  step: (line: Line, controllers: readonly AbortController[]) => void,
): Promise<number> {
  const line = method.open();
  const counter = countLooks();
  try {
    const controllers = Array.from({ length: count }, () => new AbortController());
    for (const { signal } of controllers) {
      line.call({ signal }, () => {}).catch(() => {});
      // Its sections are entered one after the other.
      if (method.member.startsWith("HeldCondition")) await settle();
    }
    await settle();
    expect(line.waiting()).toBe(count);
    const before = counter.looks();
    step(line, controllers);
    expect(line.waiting()).toBe(count - 1);
    return counter.looks() - before;
  } finally {
    counter.stop();
    line.close?.();
  }
}

const methods = waitingMethods
  .filter(({ gives }) => gives !== "own")
  .map((method) => [nameOf(method), method] as const);

function leave(_line: Line, controllers: readonly AbortController[]): void {
  controllers[Math.floor(controllers.length / 2)]!.abort();
}

/** Whether `wake()` serves one in its step. Raising a limit looks at all who wait. */
function servesOne({ gives, wakesLater, variant }: WaitingMethod): boolean {
  if (wakesLater === true || variant?.includes("raised") === true) return false;
  return gives === "unit" || gives === "notice";
}

describe.each(methods)("pitfall 14: %s", (_, method) => {
  test("lets one leave from the middle of the line without a look at the others", async () => {
    const few = await costOf(method, 8, leave);
    expect(few).toBeGreaterThan(0);
    expect(await costOf(method, 64, leave)).toBe(few);
  });

  if (servesOne(method)) {
    test("serves the first without a look at the others", async () => {
      const few = await costOf(method, 8, (line) => line.wake());
      expect(few).toBeGreaterThan(0);
      expect(await costOf(method, 64, (line) => line.wake())).toBe(few);
    });
  }

  test("adds one listener to a signal that many wait on, and removes it once", async () => {
    const line = method.open();
    const controller = new AbortController();
    const { signal } = controller;
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    for (let i = 0; i < 20; i++) {
      line.call({ signal }, () => {}).catch(() => {});
      if (method.member.startsWith("HeldCondition")) await settle();
    }
    await settle();
    expect([line.waiting(), add.mock.calls.length]).toEqual([20, 1]);
    controller.abort();
    await settle();
    expect([line.waiting(), add.mock.calls.length]).toEqual([0, 1]);
    expect(remove.mock.calls.length).toBeGreaterThan(0);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    line.close?.();
  });
});

// What takes quadratic time does not end within the test's time.
describe("pitfall 14: many items and many waiters", { timeout: 20_000 }, () => {
  const count = 50_000;

  test.each(["fifo", "lifo"] as const)("go through a queue in the order %s", (order) => {
    const queue = new Queue<number>({ capacity: Infinity, order });
    for (let i = 0; i < count; i++) queue.tryPut(i);
    for (let i = 0; i < count; i++) {
      const expected = order === "fifo" ? i : count - 1 - i;
      if (queue.tryGet()!.value !== expected) throw new Error(`out of order at ${i}`);
    }
    expect(queue.size).toBe(0);
  });

  test("go through a sorted queue with as many comparisons as sorting needs", () => {
    let comparisons = 0;
    const order = (a: number, b: number): number => {
      comparisons++;
      return a - b;
    };
    const queue = new Queue<number>({ capacity: Infinity, order });
    const items = 2 ** 14;
    for (let i = 0; i < items; i++) queue.tryPut((i * 7_919) % items);
    const sorted = Array.from({ length: items }, () => queue.tryGet()!.value);
    expect(sorted).toEqual(Array.from({ length: items }, (_, i) => i));
    expect(comparisons).toBeLessThan(3 * items * Math.log2(items));
  });

  test("go through a channel and a broadcast", () => {
    const [sender, receiver] = channel<number>(Infinity);
    const broadcast = new Broadcast<number>({ capacity: Infinity });
    const subscription = broadcast.subscribe();
    for (let i = 0; i < count; i++) {
      sender.trySend(i);
      broadcast.publish(i);
    }
    for (let i = 0; i < count; i++) {
      if (receiver.tryReceive()!.value !== i) throw new Error(`out of order at ${i}`);
      if (subscription.tryReceive()!.value !== i) throw new Error(`out of order at ${i}`);
    }
    expect([receiver.stats().size, subscription.size]).toEqual([0, 0]);
  });

  test("wait for a semaphore of 10, and leave it by one signal", async () => {
    const semaphore = new Semaphore(10);
    let calls = 0;
    const runs = Array.from({ length: 50_000 }, () => semaphore.run(async () => void calls++));
    await Promise.all(runs);
    expect([calls, semaphore.available, semaphore.waiting]).toEqual([50_000, 10, 0]);
    const all = semaphore.tryAcquire({ weight: 10 })!;
    const controller = new AbortController();
    const waits = Array.from({ length: 20_000 }, () =>
      semaphore.acquire({ signal: controller.signal }),
    );
    controller.abort("all");
    expect(semaphore.waiting).toBe(0);
    const ends = await Promise.allSettled(waits);
    expect(ends.every((end) => end.status === "rejected" && end.reason === "all")).toBe(true);
    all.release();
  });
});
