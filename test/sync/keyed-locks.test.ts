import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import {
  CancelScope,
  KeyedMutex,
  KeyedSemaphore,
  type Permit,
  sleep,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";

describe("a lock by key", () => {
  test("keeps the callers of one key apart, and lets those of others be", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new KeyedMutex<string>();
      const starts: string[] = [];
      await Promise.all(
        ["a", "b", "a", "c", "b", "a"].map((key) =>
          lock.run(key, async () => {
            starts.push(`${key} ${clock.now()}`);
            await sleep(10);
          }),
        ),
      );
      expect(starts).toEqual(["a 0", "b 0", "c 0", "a 10", "b 10", "a 20"]);
    });
  });

  test("has so many permits for each key", async () => {
    const lock = new KeyedSemaphore<number>(2);
    const held = [lock.tryAcquire(1), lock.tryAcquire(1), lock.tryAcquire(2)];
    expect(lock.tryAcquire(1)).toBeUndefined();
    expect(lock.stats()).toEqual({ keys: 2, held: 3, waiting: 0 });
    const heavy = lock.acquire(2, { weight: 2 });
    expect(lock.stats()).toEqual({ keys: 2, held: 3, waiting: 1 });
    for (const permit of held) permit!.release();
    expect(lock.stats()).toEqual({ keys: 1, held: 2, waiting: 0 });
    (await heavy).release();
    expect(lock.stats()).toEqual({ keys: 0, held: 0, waiting: 0 });
  });

  test("runs a function by its weight", async () => {
    const lock = new KeyedSemaphore<string>(3);
    await lock.run("a", () => expect(lock.stats().held).toBe(2), { weight: 2 });
    expect(lock.size).toBe(0);
  });

  test("compares keys as a Map does", async () => {
    const lock = new KeyedMutex<unknown>();
    const key = {};
    expect(lock.tryAcquire(key)).toBeDefined();
    expect(lock.tryAcquire(key)).toBeUndefined();
    expect(lock.tryAcquire({})).toBeDefined();
    expect(lock.tryAcquire(Number.NaN)).toBeDefined();
    expect(lock.tryAcquire(Number.NaN)).toBeUndefined();
    expect(lock.tryAcquire(0)).toBeDefined();
    expect(lock.tryAcquire(-0)).toBeUndefined();
    expect(lock.tryAcquire(undefined)).toBeDefined();
    expect(lock.has(undefined)).toBe(true);
    expect([lock.size, lock.has(null)]).toEqual([5, false]);
  });
});

describe("a key", () => {
  test("is known while somebody holds or wants it, and not longer", async () => {
    const lock = new KeyedMutex<string>();
    expect([lock.has("a"), lock.size]).toEqual([false, 0]);
    const held = await lock.acquire("a");
    const waiting = lock.acquire("a");
    held.release();
    expect([lock.has("a"), lock.size]).toEqual([true, 1]);
    (await waiting).release();
    expect([lock.has("a"), lock.size]).toEqual([false, 0]);
  });

  test("is forgotten when its function has ended or failed", async () => {
    const lock = new KeyedMutex<string>();
    const calls = [
      lock.run("a", () => Promise.reject(new Error("no"))),
      lock.run("a", async () => {}),
    ];
    expect(lock.size).toBe(1);
    await Promise.allSettled(calls);
    expect(lock.size).toBe(0);
  });

  test("is forgotten when the one who was refused it was the only one", async () => {
    const lock = new KeyedSemaphore<string>(2);
    await expect(lock.acquire("a", { weight: 3 })).rejects.toThrow(RangeError);
    await expect(lock.run("b", () => {}, { weight: 3 })).rejects.toThrow(RangeError);
    expect(() => lock.tryAcquire("c", { weight: 3 })).toThrow(RangeError);
    await expect(lock.acquire("d", { signal: AbortSignal.abort("before") })).rejects.toBe("before");
    await expect(lock.run("e", undefined as never)).rejects.toThrow(TypeError);
    expect(lock.size).toBe(0);
  });

  test("is forgotten when the last who waits for it is cancelled, also where there are no permits", async () => {
    const none = new KeyedSemaphore<string>(0);
    expect(none.tryAcquire("a")).toBeUndefined();
    expect(none.size).toBe(0);
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map((controller) => none.acquire("a", controller));
    controllers[0]!.abort("first");
    expect(none.stats()).toEqual({ keys: 1, held: 0, waiting: 1 });
    controllers[1]!.abort("second");
    expect(none.size).toBe(0);
    await expect(calls[0]).rejects.toBe("first");
    await expect(calls[1]).rejects.toBe("second");
  });

  test("is kept while the function of a timed-out call goes on", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new KeyedMutex<string>();
      const deaf = deferred();
      const late = timeout(10, (scope) => lock.run("a", () => deaf.promise, at(scope)));
      const queued = timeout(20, (scope) => lock.run("a", () => {}, at(scope)));
      await expect(queued).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(20);
      expect(lock.stats()).toEqual({ keys: 1, held: 1, waiting: 0 });
      deaf.resolve();
      await late;
      expect(lock.size).toBe(0);
    });
  });

  test("that is asked for again in the step of its release is the same one", async () => {
    const lock = new KeyedMutex<string>();
    const first = await lock.acquire("a");
    first.release();
    const second = lock.tryAcquire("a")!;
    first.release();
    expect([lock.has("a"), lock.tryAcquire("a")]).toEqual([true, undefined]);
    second.release();
    expect(lock.size).toBe(0);
  });

  test("stays known while it is held, also when a call before that is refused after it", async () => {
    const mutex = new KeyedMutex<string>();
    const controller = new AbortController();
    let refused: Promise<unknown> | undefined;
    let permit: Permit | undefined;
    // Heard before the library hears, which finds out within the call, and tells the scope's listeners.
    controller.signal.addEventListener("abort", () => {
      refused = mutex.acquire("k", controller).catch((error: unknown) => error);
    });
    const scope = new CancelScope({ signal: controller.signal });
    scope.signal.addEventListener("abort", () => {
      mutex.tryAcquire("k")!.release();
      permit = mutex.tryAcquire("k");
    });
    const open = scope.run(() => turn()).catch(() => {});
    controller.abort("gone");
    expect([permit?.released, mutex.tryAcquire("k")]).toEqual([false, undefined]);
    permit!.release();
    expect([await refused, mutex.size]).toEqual(["gone", 0]);
    await open;
  });
});
