// What every lock does with those in line who are cancelled.
import { getEventListeners } from "node:events";
import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { CancelScope, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { callers, exclusives } from "./subjects.ts";

describe.each(exclusives)("%s: acquire()", (_, make) => {
  test("takes nothing when its signal has aborted, or in a cancelled scope", async () => {
    const lock = make();
    const scope = new CancelScope();
    scope.cancel();
    await expect(lock.acquire({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    await scope.run(async () => {
      await expect(lock.acquire(at(scope))).rejects.toBe(scope.signal.reason);
      await expect(lock.acquire(at(scope))).rejects.toBe(scope.signal.reason);
    });
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("leaves the line at once when its signal aborts, and the others keep their order", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const controller = new AbortController();
    const { signal } = controller;
    const { log, call, free } = callers(lock);
    const calls = [call("a", { signal }), call("b"), call("c", { signal }), call("d")];
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort("gone");
    expect(lock.figures()).toEqual([1, 2]);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    await turn();
    expect(log).toEqual(["a: gone", "c: gone"]);
    held.release();
    await calls[1];
    free("b");
    await calls[3];
    expect(log.slice(2)).toEqual(["b", "d"]);
  });

  test("leaves the line when the time is over", async () => {
    await withVirtualClock(async (clock) => {
      const lock = make();
      const held = lock.tryAcquire()!;
      const call = timeout(10, (scope) => lock.acquire(at(scope)));
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect([clock.now(), lock.figures()]).toEqual([10, [1, 0]]);
      held.release();
      expect(lock.figures()).toEqual([0, 0]);
    });
  });

  test("gives the permit to the next when the first is cancelled in the step of the release", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const controller = new AbortController();
    const { log, call } = callers(lock);
    const calls = [call("a", { signal: controller.signal }), call("b"), call("c")];
    controller.abort("gone");
    held.release();
    await Promise.all(calls.slice(0, 2));
    await turn();
    // Which of the two hears first is left open.
    expect(log.toSorted()).toEqual(["a: gone", "b"]);
    expect(lock.figures()).toEqual([1, 1]);
  });

  test("keeps what it was given when it is cancelled after that, in the same step", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const controller = new AbortController();
    const waiting = lock.acquire({ signal: controller.signal });
    held.release();
    controller.abort("late");
    const permit = await waiting;
    expect(lock.figures()).toEqual([1, 0]);
    permit.release();
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("gives nothing to one whose signal has aborted, also before its listener has run", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const controller = new AbortController();
    controller.signal.addEventListener("abort", () => held.release());
    const { log, call } = callers(lock);
    const calls = [call("a", { signal: controller.signal }), call("b")];
    controller.abort("gone");
    await Promise.all(calls);
    expect(log.toSorted()).toEqual(["a: gone", "b"]);
    expect(lock.figures()).toEqual([1, 0]);
  });

  test("leaves no listener on its signal, and no unhandled rejection", async () => {
    const controller = new AbortController();
    const unhandled = await unhandledDuring(async () => {
      const lock = make();
      const held = lock.tryAcquire()!;
      const granted = lock.acquire({ signal: controller.signal });
      held.release();
      await granted;
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
      void lock.acquire({ signal: controller.signal });
      controller.abort();
    });
    expect(unhandled).toEqual([]);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });
});
