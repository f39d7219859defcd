import { getEventListeners } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { CancelScope, checkpoint, debounce, sleep, throttle, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { unhandledDuring } from "../support/unhandled.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

async function work(name: string): Promise<string> {
  await sleep(100);
  return name;
}

const ways = [
  ["debounce()", debounce],
  ["throttle()", throttle],
] as const;

test.each(ways)("pitfall 6: %s with a signal drops what is to come when it aborts", (_name, way) =>
  withVirtualClock(async (clock) => {
    const controller = new AbortController();
    const { signal } = controller;
    let calls = 0;
    const count = way(() => ++calls, 100, { signal, leading: false });
    const outcomes = Promise.allSettled([count(), count()]);
    await sleep(50);
    const reason = new Error("unmounted");
    controller.abort(reason);
    expect(await outcomes).toMatchObject([{ reason }, { reason }]);
    expect([clock.now(), count.pending, calls]).toEqual([50, 0, 0]);
    await expect(count()).rejects.toBe(reason);
    await clock.advance(1_000);
    expect(calls).toBe(0);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  }),
);

test.each(ways)("pitfall 4: %s leaves no listener on its signal while nobody waits", (_name, way) =>
  withVirtualClock(async () => {
    const { signal } = new AbortController();
    const call = way(() => {}, 10, { signal });
    for (let i = 0; i < 20; i++) {
      await Promise.all([call(), call()]);
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    }
  }),
);

test.each(ways)("%s makes no call for a signal that has aborted before", async (_name, way) => {
  let called = false;
  const call = way(() => void (called = true), 0, { signal: AbortSignal.abort("before") });
  await expect(call()).rejects.toBe("before");
  expect(called).toBe(false);
});

test("debounce() makes no call when its signal aborts in the step in which it is due", () =>
  withVirtualClock(async () => {
    const controller = new AbortController();
    let called = false;
    const call = debounce(() => void (called = true), 100, { signal: controller.signal });
    const result = call();
    void call.flush();
    controller.abort("in time");
    await expect(result).rejects.toBe("in time");
    await sleep(200);
    expect(called).toBe(false);
  }));

ambientTest.each(ways)(
  "pitfall 7: %s rejects a caller whose scope is cancelled, alone (needs ambient scopes)",
  (_name, way) =>
    withVirtualClock(async (clock) => {
      const call = way(work, 100, { leading: false });
      const other = call("a");
      const scope = new CancelScope();
      // The latest caller: the call is made in its async context, and survives its scope.
      const inside = scope.run(() => call("b"));
      await sleep(150);
      scope.cancel("gone");
      await expect(inside).rejects.toMatchObject({ reason: "gone" });
      expect(clock.now()).toBe(150);
      expect([await other, clock.now()]).toEqual(["b", 200]);
    }),
);

ambientTest.each(ways)(
  "pitfall 7: %s cancels a call that all its callers have left (needs ambient scopes)",
  (_name, way) =>
    withVirtualClock(async (clock) => {
      let ended = "";
      const long = async (): Promise<void> => {
        try {
          await sleep(1_000);
        } catch (error) {
          ended = `${clock.now()} ${(error as Error).name}`;
          throw error;
        }
      };
      const call = way(long, 100, { leading: false });
      const all = [150, 200].map((ms) => timeout(ms, () => call()));
      await Promise.allSettled(all);
      await clock.runUntilIdle();
      expect(ended).toBe("200 AbortError");
    }),
);

ambientTest.each(ways)(
  "%s drops a call that all its callers have left before it began (needs ambient scopes)",
  (_name, way) =>
    withVirtualClock(async (clock) => {
      let calls = 0;
      const call = way(() => ++calls, 100, { leading: false });
      const scope = new CancelScope();
      const inside = scope.run(() => Promise.all([call(), call()]));
      scope.cancel();
      await expect(inside).rejects.toThrow();
      expect(call.pending).toBe(0);
      await clock.advance(99);
      const later = call();
      await later;
      // It waits for its own time, not for that of the call that was dropped.
      expect([calls, clock.now()]).toEqual(way === debounce ? [1, 199] : [1, 100]);
    }),
);

ambientTest("a call at once is no part of its caller's scope either (needs ambient scopes)", () =>
  withVirtualClock(async () => {
    let cancelled: boolean | undefined;
    const call = throttle(
      async () => {
        await sleep(50);
        await checkpoint();
        cancelled = CancelScope.current?.cancelled;
        return "done";
      },
      100,
      { trailing: false },
    );
    const inside = timeout(10, () => call());
    const outside = call();
    await expect(inside).rejects.toThrow("timed out");
    expect([await outside, cancelled]).toEqual(["done", false]);
  }),
);

ambientTest(
  "a call at once is cancelled when its caller has left, unless it serves others later (needs ambient scopes)",
  () =>
    withVirtualClock(async () => {
      const ends: string[] = [];
      for (const trailing of [true, false]) {
        const call = throttle(
          async (name: string) => {
            ends.push(await work(name).catch(() => `${name} was cancelled`));
            return name;
          },
          1_000,
          { trailing },
        );
        await expect(timeout(10, () => call("a"))).rejects.toThrow("timed out");
        await sleep(500);
        const later = call("b");
        expect(await later).toBe(trailing ? "b" : "a");
      }
      expect(ends).toEqual(["a was cancelled", "b", "a"]);
    }),
);

ambientTest(
  "a call that its callers leave takes none of those with it who wait for the next (needs ambient scopes)",
  () =>
    withVirtualClock(async (clock) => {
      const call = debounce(work, 50);
      const first = timeout(60, () => call("a"));
      await sleep(55);
      const second = call("b");
      await expect(first).rejects.toThrow("timed out");
      expect(call.pending).toBe(1);
      expect([await second, clock.now()]).toEqual(["b", 205]);
    }),
);

ambientTest.each(ways)(
  "%s cancels a call that has begun when its signal aborts (needs ambient scopes)",
  (_name, way) =>
    withVirtualClock(async (clock) => {
      const ends: string[] = [];
      const long = (): Promise<void> =>
        sleep(1_000).finally(() => void ends.push(`after ${clock.now() - start} ms`));
      let start = 0;
      for (const options of [{ leading: false }, { leading: true }, { trailing: false }]) {
        const controller = new AbortController();
        start = clock.now();
        const result = way(long, 10, { signal: controller.signal, ...options })();
        await sleep(100);
        controller.abort("enough");
        await expect(result).rejects.toBe("enough");
        await clock.runUntilIdle();
      }
      expect(ends).toEqual(ends.map(() => "after 100 ms"));
      expect(ends).toHaveLength(3);
    }),
);

test("a call that is dropped leaves no timer", () =>
  withVirtualClock(async (clock) => {
    const set = vi.spyOn(clock, "set");
    const controller = new AbortController();
    const call = debounce(work, 100, { signal: controller.signal });
    const dropped = call("a");
    const cancel = vi.spyOn(set.mock.results[0]!.value as { cancel(): void }, "cancel");
    controller.abort("enough");
    await expect(dropped).rejects.toBe("enough");
    expect([set.mock.calls.length, cancel.mock.calls.length]).toEqual([1, 1]);
  }));

ambientTest(
  "an error that is heard, or the cancellation itself, is not reported (needs ambient scopes)",
  async () => {
    const reports = await reportsDuring(() =>
      withVirtualClock(async () => {
        const failing = debounce(() => Promise.reject(new Error("oops")), 0);
        await expect(failing()).rejects.toThrow("oops");
        const call = debounce(work, 0);
        await expect(timeout(20, () => call("a"))).rejects.toThrow("timed out");
        await sleep(200);
      }),
    );
    expect(reports).toEqual([]);
  },
);

ambientTest(
  "an error that nobody waited for any more is reported (needs ambient scopes)",
  async () => {
    const reports = await reportsDuring(() =>
      withVirtualClock(async () => {
        const call = debounce(async () => {
          await sleep(50).catch(() => {});
          throw new Error("oops");
        }, 0);
        await expect(timeout(20, () => call())).rejects.toThrow("timed out");
        await sleep(100);
      }),
    );
    expect(reports).toEqual(["A call that nobody waited for any more rejected: Error: oops"]);
  },
);

ambientTest("nobody has to hear of a cancellation (needs ambient scopes)", async () => {
  const unhandled = await unhandledDuring(() =>
    withVirtualClock(async () => {
      for (const leading of [true, false]) {
        const call = throttle(() => sleep(100), 50, { leading });
        const scope = new CancelScope();
        await scope.run(() => {
          void call();
          void call();
          scope.cancel();
        });
        await sleep(200);
      }
    }),
  );
  expect(unhandled).toEqual([]);
});

test("an error that the caller does not handle is an unhandled rejection, as of any call", async () => {
  const oops = new Error("oops");
  const unhandled = await unhandledDuring(() =>
    withVirtualClock(async () => {
      const call = debounce(() => Promise.reject(oops), 10);
      const handled = call().catch(() => {});
      void call();
      await handled;
    }),
  );
  expect(unhandled).toEqual([oops]);
});
