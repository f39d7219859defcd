import { turn } from "../support/turn.ts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Mutex, Semaphore, setDeadlockDetection, sleep } from "corral";
import { runtime } from "../../src/internal/runtime.ts";
import { createDetector } from "../../src/sync/detector.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  setDeadlockDetection(true);
});

describe("setDeadlockDetection()", () => {
  test("switches the refusal off, and on again", async () => {
    const mutex = new Mutex();
    const controller = new AbortController();
    setDeadlockDetection(false);
    const nested = mutex.run(() => mutex.run(() => {}, controller));
    await turn();
    expect(mutex.stats()).toEqual({ locked: true, waiting: 1 });
    controller.abort("stuck");
    await expect(nested).rejects.toBe("stuck");
    setDeadlockDetection(true);
    await expect(mutex.run(() => mutex.run(() => {}))).rejects.toThrow("would wait for ever");
    expect(mutex.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("counts at once, also for the section that calls it", async () => {
    const mutex = new Mutex();
    const controller = new AbortController();
    const nested = mutex.run(() => {
      setDeadlockDetection(false);
      return mutex.run(() => {}, controller);
    });
    controller.abort("stuck");
    await expect(nested).rejects.toBe("stuck");
  });

  test.each([
    ["switched off", (): void => setDeadlockDetection(false)],
    ["taken away", (): void => void (runtime.detector = undefined)],
  ])("counts for a call whose promise is awaited when it is %s", async (_, end) => {
    const { detector } = runtime;
    const mutex = new Mutex();
    const controller = new AbortController();
    const nested = mutex.run(async () => {
      const inner = mutex.run(() => {}, controller);
      end();
      await inner;
    });
    await turn();
    expect(mutex.stats()).toEqual({ locked: true, waiting: 1 });
    runtime.detector = detector;
    controller.abort("stuck");
    await expect(nested).rejects.toBe("stuck");
  });

  test("may be called while sections run", async () => {
    const [semaphore, mutex] = [new Semaphore(2), new Mutex()];
    const first = semaphore.run(() => sleep(0).then(() => "first"));
    setDeadlockDetection(false);
    const second = semaphore.run(() => mutex.run(() => sleep(0).then(() => "second")));
    setDeadlockDetection(true);
    const third = semaphore.run(() => "third");
    expect(await Promise.all([first, second, third])).toEqual(["first", "second", "third"]);
    expect([semaphore.available, semaphore.waiting, mutex.locked]).toEqual([2, 0, false]);
  });

  test.each([
    ["production", false],
    ["development", true],
    ["", true],
  ])("is not needed where NODE_ENV is %o: the answer is %o", (environment, on) => {
    vi.stubEnv("NODE_ENV", environment);
    const detector = createDetector();
    expect(detector.on).toBe(on);
    // Asked once: what the environment says later changes nothing.
    vi.stubEnv("NODE_ENV", on ? "production" : "development");
    expect(detector.on).toBe(on);
  });

  test("asks for no permit to be watched, and for no wait, while it is off", async () => {
    const permit = { slot: -1, source: undefined, weight: 1 };
    const mutex = new Mutex();
    await mutex.run(() => {
      const detector = createDetector();
      const wait = { pending: true, promise: Promise.resolve() };
      detector.on = false;
      detector.hold(permit);
      detector.waits("wait", wait);
      expect([permit.slot, Object.getOwnPropertyNames(wait.promise)]).toEqual([-1, []]);
      expect(detector.begin({ frames: [] }, 1)).toBeUndefined();
      expect(detector.current()).toBeUndefined();
      detector.on = true;
      detector.hold(permit);
      detector.waits("wait", wait);
      expect(permit.slot).not.toBe(-1);
      expect(Object.getOwnPropertyNames(wait.promise)).toContain("then");
      detector.release(permit);
      expect(permit.slot).toBe(-1);
    });
  });
});
