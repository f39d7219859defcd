// What every lock does with a function whose caller is cancelled, or out of time.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { setDeadlockDetection, shield, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { modes } from "./subjects.ts";

afterEach(() => {
  setDeadlockDetection(true);
});

describe.each(modes)("%s: run()", (_, detection, make) => {
  beforeEach(() => {
    setDeadlockDetection(detection);
  });

  test("holds it until the function has really ended, also after a timeout around it", async () => {
    await withVirtualClock(async (clock) => {
      const lock = make();
      const deaf = deferred();
      const starts: number[] = [];
      const late = timeout(10, (scope) => lock.run(() => deaf.promise, at(scope)));
      const next = lock.run(() => starts.push(clock.now()));
      await clock.advance(50);
      expect([starts, lock.figures()]).toEqual([[], [1, 1]]);
      deaf.resolve();
      await Promise.all([late, next]);
      expect([starts, lock.figures()]).toEqual([[50], [0, 0]]);
    });
  });

  test("holds it while a cancelled function cleans up", async () => {
    await withVirtualClock(async (clock) => {
      const lock = make();
      const starts: number[] = [];
      const cancelled = timeout(10, (scope) =>
        lock.run(async () => {
          try {
            await sleep(1_000, at(scope));
          } finally {
            await shield((inner) => sleep(30, at(inner)), { timeoutMs: 100 });
          }
        }),
      );
      const next = lock.run(() => starts.push(clock.now()));
      await expect(cancelled).rejects.toBeInstanceOf(TimeoutError);
      await next;
      expect(starts).toEqual([40]);
    });
  });

  test("never calls a function whose signal aborts in line, or has aborted before", async () => {
    const lock = make();
    const hold = deferred();
    const controller = new AbortController();
    const log: string[] = [];
    const first = lock.run(() => hold.promise);
    const second = lock.run(() => log.push("second"), { signal: controller.signal });
    const third = lock.run(() => log.push("third"));
    controller.abort("gone");
    await expect(second).rejects.toBe("gone");
    expect(lock.figures()).toEqual([1, 1]);
    hold.resolve();
    await Promise.all([first, third]);
    await expect(lock.run(() => log.push("fourth"), controller)).rejects.toBe("gone");
    expect([log, lock.figures()]).toEqual([["third"], [0, 0]]);
  });

  test("does not end a function that has begun when its signal aborts", async () => {
    const lock = make();
    const controller = new AbortController();
    const holds = [deferred<string>(), deferred<string>()];
    const begun = [deferred(), deferred()];
    const calls = holds.map((hold, i) => {
      const fn = (): Promise<string> => {
        begun[i]!.resolve();
        return hold.promise;
      };
      return lock.run(fn, controller);
    });
    holds[0]!.resolve("at once");
    await begun[1]!.promise;
    controller.abort();
    holds[1]!.resolve("queued");
    expect(await Promise.all(calls)).toEqual(["at once", "queued"]);
  });

  test("passes on a turn that was handed to a function whose signal aborts before it begins", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const controller = new AbortController();
    const log: string[] = [];
    const second = lock.run(() => log.push("second"), controller);
    const third = lock.run(() => log.push("third"));
    held.release();
    expect(lock.figures()).toEqual([1, 1]);
    controller.abort("in time");
    await expect(second).rejects.toBe("in time");
    await third;
    expect([log, lock.figures()]).toEqual([["third"], [0, 0]]);
  });

  test("leaves no unhandled rejection in line", async () => {
    const unhandled = await unhandledDuring(async () => {
      const lock = make();
      const held = lock.tryAcquire()!;
      const controller = new AbortController();
      void lock.run(() => {}, controller);
      controller.abort();
      held.release();
    });
    expect(unhandled).toEqual([]);
  });
});
