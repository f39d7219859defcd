// Calls that are cancelled, cleared, or have timed out.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelScope, ClosedError, keyed, shield, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { callsOf } from "./keyed-calls.ts";

describe("pitfall 6: a call whose signal aborts", () => {
  test("leaves the line of its key at once, with the raw reason, and never begins", async () => {
    const limit = keyed<string>(1, { total: 2 });
    const calls = callsOf(limit);
    const controller = new AbortController();
    const { signal } = controller;
    calls.add("a");
    calls.add("b");
    const waiting = [calls.call("a", { signal }), calls.call("c", { signal })];
    calls.add("c");
    expect([limit.pendingOf("a"), limit.pendingOf("c")]).toEqual([1, 2]);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort("gone");
    expect([limit.pendingOf("a"), limit.pendingOf("c"), limit.pending]).toEqual([0, 1, 1]);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    for (const call of waiting) await expect(call).rejects.toBe("gone");
    await calls.endAll();
    expect(calls.begun).toEqual(["a", "b", "c"]);
    expect(limit.size).toBe(0);
  });

  test("before it was made takes nothing, and leaves no key behind", async () => {
    const limit = keyed<string>(1);
    let called = false;
    const call = limit.run(
      "a",
      () => {
        called = true;
      },
      { signal: AbortSignal.abort("before") },
    );
    expect([limit.size, limit.active]).toEqual([0, 0]);
    await expect(call).rejects.toBe("before");
    expect(called).toBe(false);
  });

  test("after it has begun goes on, and gives its value", async () => {
    const limit = keyed<string>(1);
    const controller = new AbortController();
    const gate = deferred<string>();
    const call = limit.run("a", () => gate.promise, controller);
    controller.abort();
    gate.resolve("value");
    expect(await call).toBe("value");
  });

  test("is the last of its key takes the key along, and lets others be", async () => {
    const limit = keyed<string>(1, { total: 1 });
    const calls = callsOf(limit);
    calls.add("holder");
    const controllers = Array.from({ length: 3 }, () => new AbortController());
    const waiting = controllers.map((controller, i) => calls.call(`key ${i}`, controller));
    controllers[1]!.abort("second");
    controllers[0]!.abort("first");
    expect([limit.size, limit.pending]).toEqual([2, 1]);
    await expect(waiting[0]).rejects.toBe("first");
    await expect(waiting[1]).rejects.toBe("second");
    await calls.endAll();
    expect(calls.begun).toEqual(["holder", "key 2"]);
    expect(limit.size).toBe(0);
  });

  test("costs its key no turn", async () => {
    const limit = keyed<string>(1, { total: 1 });
    const calls = callsOf(limit);
    calls.add("holder");
    const controller = new AbortController();
    // Makes a place while the signal has aborted, and nobody else has heard of it.
    controller.signal.addEventListener("abort", () => {
      limit.total = 2;
    });
    const gone = calls.call("a", controller);
    calls.add("a");
    calls.add("b");
    controller.abort("gone");
    await expect(gone).rejects.toBe("gone");
    await turn();
    expect(calls.begun).toEqual(["holder", "a"]);
    await calls.endAll();
    expect(calls.begun).toEqual(["holder", "a", "b"]);
    expect(limit.size).toBe(0);
  });
});

test("a key that an abort listener uses again, while it is cleared, is not forgotten", async () => {
  const limit = keyed<string>(1, { total: 1 });
  const calls = callsOf(limit);
  const controller = new AbortController();
  const { signal } = controller;
  // Clears what is cancelled by then, which nobody else has heard of.
  signal.addEventListener("abort", () => limit.clear("b"));
  const scope = new CancelScope({ signal });
  const inner = scope.run(() => {
    scope.signal.addEventListener("abort", () => calls.add("b"));
    return calls.call("c", at(scope));
  });
  calls.add("a");
  const gone = calls.call("b", { signal });
  controller.abort("gone");
  await expect(gone).rejects.toBe("gone");
  expect([limit.activeOf("a"), limit.pendingOf("b"), limit.size]).toEqual([0, 1, 3]);
  await calls.endAll();
  await inner.catch(() => {});
  expect([calls.begun, limit.size]).toEqual([["c", "a", "b"], 0]);
});

describe("a call that is handed a place and cancelled in the same step", () => {
  test("never begins; the place goes to the next of its key", async () => {
    const limit = keyed<string>(2, { total: 1 });
    const calls = callsOf(limit);
    const controller = new AbortController();
    calls.add("a");
    const gone = calls.call("a", controller);
    calls.add("a");
    limit.total = 2;
    expect([limit.active, limit.pending]).toEqual([2, 1]);
    controller.abort("late");
    await expect(gone).rejects.toBe("late");
    await turn();
    expect([calls.begun, limit.active, limit.pending]).toEqual([["a", "a"], 2, 0]);
    await calls.endAll();
    expect(limit.size).toBe(0);
  });

  test("never begins; the place goes to another key, and its own is forgotten", async () => {
    const limit = keyed<string>(1, { total: 1 });
    const calls = callsOf(limit);
    const scope = new CancelScope();
    calls.add("a");
    const cancelled = scope.run(() => calls.call("b", at(scope)));
    calls.add("c");
    limit.total = 2;
    expect([limit.activeOf("b"), limit.pendingOf("c")]).toEqual([1, 1]);
    scope.cancel("late");
    await expect(cancelled).rejects.toMatchObject({ reason: "late" });
    await turn();
    expect([calls.begun, limit.size, limit.active]).toEqual([["a", "c"], 2, 2]);
    await calls.endAll();
    expect(limit.size).toBe(0);
  });

  test("is no unhandled rejection when nobody handles it, and the limit becomes idle", async () => {
    const unhandled = await unhandledDuring(async () => {
      const limit = keyed<string>(1, { total: 1 });
      const calls = callsOf(limit);
      const controller = new AbortController();
      calls.add("a");
      void calls.call("b", controller);
      limit.total = 2;
      controller.abort("late");
      await calls.endAll();
      await limit.onIdle();
      expect([calls.begun, limit.size, limit.active]).toEqual([["a"], 0, 0]);
    });
    expect(unhandled).toEqual([]);
  });
});

test("pitfall 14: 20 000 calls of as many keys leave their lines with one signal", async () => {
  const limit = keyed<number>(1, { total: 1 });
  const calls = callsOf(limit);
  const controller = new AbortController();
  calls.add(-1);
  const waiting = Array.from({ length: 20_000 }, (_, key) => calls.call(key, controller));
  expect([limit.size, limit.pending]).toEqual([20_001, 20_000]);
  controller.abort("all");
  expect([limit.size, limit.pending]).toEqual([1, 0]);
  await Promise.allSettled(waiting);
  await calls.endAll();
  expect(calls.begun).toEqual([-1]);
}, 20_000);

test("a newcomer that an abort listener calls does not overtake a key that is due", async () => {
  const limit = keyed<string>(1, { total: 1 });
  const calls = callsOf(limit);
  const controller = new AbortController();
  const scope = new CancelScope({ signal: controller.signal });
  controller.signal.addEventListener("abort", () => {
    limit.total = 3;
  });
  // Called while two free places are being handed over.
  scope.signal.addEventListener("abort", () => calls.add("newcomer"));
  calls.add("holder");
  const cancelled = scope.run(() => calls.call("a", at(scope)));
  calls.add("b");
  calls.add("c");
  controller.abort("gone");
  await expect(cancelled).rejects.toBe("gone");
  await turn();
  expect(calls.begun).toEqual(["holder", "b", "c"]);
  await calls.endAll();
  expect(calls.begun.at(-1)).toBe("newcomer");
});

describe("clear()", () => {
  test("pitfall 3: rejects all that wait, of all keys, at once; running calls go on", async () => {
    const unhandled = await unhandledDuring(async () => {
      const limit = keyed<string>(1, { total: 2 });
      const calls = callsOf(limit);
      const running = ["a", "b"].map((key) => calls.call(key));
      const waiting = ["a", "a", "c", "c", "d"].map((key) => calls.call(key));
      limit.clear();
      expect(limit.stats()).toEqual({ keys: 2, active: 2, pending: 0, zombies: 0, total: 2 });
      const error = await waiting[0]!.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ClosedError);
      expect((error as Error).message).toBe("Cannot run under a keyed limit: the line was cleared");
      for (const call of waiting) await expect(call).rejects.toBeInstanceOf(ClosedError);
      await calls.endAll();
      await Promise.all(running);
      expect([calls.begun, limit.size]).toEqual([["a", "b"], 0]);
      expect(await limit.run("c", () => "usable")).toBe("usable");
    });
    expect(unhandled).toEqual([]);
  });

  test("of a key rejects those of that key alone, also of undefined", async () => {
    const limit = keyed<string | undefined>(1, { total: 1 });
    const calls = callsOf(limit);
    calls.add("a");
    const waiting = ["a", undefined, "b"].map((key) => calls.call(key));
    limit.clear(undefined);
    await expect(waiting[1]).rejects.toBeInstanceOf(ClosedError);
    expect([limit.size, limit.pendingOf("a"), limit.pendingOf("b")]).toEqual([2, 1, 1]);
    limit.clear("b");
    await expect(waiting[2]).rejects.toBeInstanceOf(ClosedError);
    limit.clear("unknown");
    expect([limit.size, limit.pendingOf("a")]).toEqual([1, 1]);
    await calls.endAll();
    expect([calls.begun, limit.size]).toEqual([["a", "a"], 0]);
  });

  test("does not take the place from a call that was handed it", async () => {
    const limit = keyed<string>(1, { total: 1 });
    const calls = callsOf(limit);
    calls.add("a");
    calls.add("b", 2);
    limit.total = 2;
    limit.clear();
    await turn();
    expect(calls.begun).toEqual(["a", "b"]);
    await calls.endAll();
    expect(limit.size).toBe(0);
  });

  test("may be called again from what it wakes", async () => {
    const limit = keyed<string>(1);
    const calls = callsOf(limit);
    calls.add("a");
    const again = ["a", "a", "a"].map((key) => calls.call(key).catch(() => limit.clear()));
    limit.clear("a");
    await Promise.all(again);
    await calls.endAll();
    expect(limit.size).toBe(0);
  });
});

/** Work that takes 60 ms, whatever becomes of the scope it is called in. */
const stubborn = (): Promise<number> =>
  shield((scope) => sleep(60, at(scope)).then(() => 1), { timeoutMs: 1_000 });

describe("pitfall 1: a call that has timed out", () => {
  test("holds its place until it has really ended, and is a zombie until then", () =>
    withVirtualClock(async (clock) => {
      const limit = keyed<string>(1, { total: 1 });
      const late = timeout(10, (scope) => limit.run("a", stubborn, at(scope)));
      const starts = [limit.run("a", () => clock.now()), limit.run("b", () => clock.now())];
      await sleep(20);
      expect(limit.stats()).toEqual({ keys: 2, active: 1, pending: 2, zombies: 1, total: 1 });
      expect(await late).toBe(1);
      expect(await Promise.all(starts)).toEqual([60, 60]);
      expect(limit.stats()).toEqual({ keys: 0, active: 0, pending: 0, zombies: 0, total: 1 });
    }));

  test('gives its places back at once with onTimeout "release", and its key is forgotten', () =>
    withVirtualClock(async (clock) => {
      const limit = keyed<string>(1, { total: 1, onTimeout: "release" });
      const late = timeout(10, (scope) => limit.run("a", stubborn, at(scope)));
      const next = limit.run("b", () => clock.now());
      await expect(late).rejects.toBeInstanceOf(TimeoutError);
      expect(await next).toBe(10);
      expect(limit.stats()).toEqual({ keys: 0, active: 0, pending: 0, zombies: 1, total: 1 });
      // The same key, while a zombie of it goes on.
      expect(await limit.run("a", () => "again")).toBe("again");
      await sleep(100);
      expect(limit.zombies).toBe(0);
    }));
});
