import { turn } from "../support/turn.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CancelScope, CapacityLimiter, Condition, Mutex, type Permit, Semaphore } from "corral";
import { runtime } from "../../src/internal/runtime.ts";

const { detector } = runtime;

// As where an application is bundled and shaken, and calls nothing of it.
beforeEach(() => {
  runtime.detector = undefined;
});
afterEach(() => {
  runtime.detector = detector;
});

describe("without a detector", () => {
  test.each([
    ["mutex", new Mutex()],
    ["semaphore", new Semaphore(1)],
  ])("a %s serves those in line, one after the other", async (_name, lock) => {
    const first = await lock.acquire();
    const second = lock.acquire();
    const third = lock.run(() => "third");
    expect(lock.waiting).toBe(2);
    first.release();
    (await second).release();
    expect(await third).toBe("third");
    expect(lock.waiting).toBe(0);
  });

  test("a capacity limiter serves those in line", async () => {
    const limiter = new CapacityLimiter(1);
    const first = await limiter.acquire({ key: "a" });
    const second = limiter.acquire({ key: "b" });
    first.release();
    (await second).release();
    expect(limiter.stats()).toEqual({ total: 1, borrowed: 0, waiting: 0 });
  });

  test("a scope runs as it does with one", async () => {
    expect(await new CancelScope().run(() => "value")).toBe("value");
  });

  test("a section waits for a condition, and holds the lock again", async () => {
    const condition = new Condition();
    const waits = condition.run(async (held) => {
      await held.wait();
      return condition.mutex.locked;
    });
    await turn();
    await condition.run((held) => held.notify());
    expect(await waits).toBe(true);
  });

  test("a section that needs itself waits until its wait is cancelled", async () => {
    const mutex = new Mutex();
    const controller = new AbortController();
    const nested = mutex.run(() => mutex.run(() => {}, controller));
    await turn();
    expect(mutex.stats()).toEqual({ locked: true, waiting: 1 });
    controller.abort("enough");
    await expect(nested).rejects.toBe("enough");
    expect(mutex.locked).toBe(false);
  });

  test("a permit may be released that a detector watched when it was taken", async () => {
    const mutex = new Mutex();
    runtime.detector = detector;
    const permit: Permit = await mutex.acquire();
    runtime.detector = undefined;
    permit.release();
    expect(mutex.locked).toBe(false);
    runtime.detector = detector;
    detector?.release(permit);
  });
});
