import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  cancellable,
  CancelScope,
  checkpoint,
  gather,
  limit,
  map,
  moveOnAfter,
  race,
  shield,
  sleep,
  taskGroup,
  timeout,
  type WaitOptions,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";

function listeners(signal: AbortSignal): number {
  return getEventListeners(signal, "abort").length;
}

describe("a foreign signal", () => {
  test("has one listener however many wait on it, in whatever way", () =>
    withVirtualClock(async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const one = limit(1);
      const held = one(() => sleep(Infinity, { signal }));
      const ends = Promise.allSettled([
        held,
        ...Array.from({ length: 100 }, () => sleep(Infinity, { signal })),
        ...Array.from({ length: 100 }, () => one(() => undefined, { signal })),
        cancellable(new Promise(() => {}), { signal }),
        timeout(1_000, () => sleep(Infinity, { signal }), { signal }),
        taskGroup(() => sleep(Infinity, { signal }), { signal }),
        new CancelScope({ signal }).run(() => sleep(Infinity, { signal })),
      ]);
      expect(listeners(signal)).toBe(1);
      controller.abort("done");
      await ends;
      expect(listeners(signal)).toBe(0);
    }));

  test("has a listener from the first wait to the last", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const scope = new CancelScope();
    await scope.run(async () => {
      expect(listeners(signal)).toBe(0);
      const one = limit(1);
      const end = deferred();
      const held = one(() => end.promise);
      const first = one(() => 1, { signal });
      const second = one(() => 2, { signal });
      expect(listeners(signal)).toBe(1);
      end.resolve();
      await held;
      await first;
      await second;
      expect(listeners(signal)).toBe(0);
      const third = sleep(0, { signal });
      expect(listeners(signal)).toBe(1);
      await third;
      expect(listeners(signal)).toBe(0);
    });
  });

  /** Everything that takes a signal and waits, or opens a scope. */
  const users: [string, (options: WaitOptions, act: () => unknown) => unknown][] = [
    ["sleep()", async (options, act) => (act(), sleep(5, options))],
    ["checkpoint()", async (options, act) => (act(), checkpoint(options))],
    ["cancellable(promise)", (options, act) => cancellable(Promise.resolve().then(act), options)],
    ["timeout()", (options, act) => timeout(50, async () => act(), options)],
    ["moveOnAfter()", (options, act) => moveOnAfter(50, async () => act(), options)],
    ["CancelScope.run()", (options, act) => new CancelScope(options).run(() => act())],
    ["taskGroup()", (options, act) => taskGroup(async () => act(), options)],
    ["gather()", (options, act) => gather([() => act()], options)],
    ["map()", (options, act) => map([1], () => act(), { ...options, concurrency: 1 })],
    ["limit()", (options, act) => limit(1)(() => act(), options)],
  ];

  describe.each(users)("given to %s", (_, use) => {
    test("keeps no listener after success", () =>
      withVirtualClock(async () => {
        const { signal } = new AbortController();
        await use({ signal }, () => undefined);
        expect(listeners(signal)).toBe(0);
      }));

    test("keeps no listener after a failure", () =>
      withVirtualClock(async () => {
        const { signal } = new AbortController();
        const failure = new Error("failed");
        await Promise.resolve(
          use({ signal }, () => {
            throw failure;
          }),
        ).then(
          () => expect.unreachable(),
          (error: unknown) => expect(error).toBe(failure),
        );
        expect(listeners(signal)).toBe(0);
      }));

    test("keeps no listener when it aborts, or was aborted already", () =>
      withVirtualClock(async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const call = Promise.resolve(use({ signal }, () => sleep(10, { signal }))).catch(() => {});
        controller.abort();
        await call;
        expect(listeners(signal)).toBe(0);
        await Promise.resolve(use({ signal }, () => undefined)).catch(() => {});
        expect(listeners(signal)).toBe(0);
      }));
  });

  test("keeps no listener after a timeout", () =>
    withVirtualClock(async () => {
      const { signal } = new AbortController();
      await timeout(5, () => sleep(10, { signal }), { signal }).catch(() => {});
      await moveOnAfter(5, () => sleep(10, { signal }), { signal });
      expect(listeners(signal)).toBe(0);
    }));

  test("keeps one listener, however often it was used, while a scope's signal lives that follows it", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const kept: AbortSignal[] = [];
    for (let i = 0; i < 20; i++) {
      await timeout(1_000, (scope) => kept.push(scope.signal), { signal });
      await cancellable((inner) => kept.push(inner), { signal });
    }
    expect(listeners(signal)).toBe(1);
    controller.abort("enough");
    expect(kept.every((each) => each.aborted)).toBe(true);
    expect(listeners(signal)).toBe(0);
  });

  test("keeps no listener when its waits are cancelled by a scope", async () => {
    const { signal } = new AbortController();
    const scope = new CancelScope();
    const waits = Array.from({ length: 10 }, () => {
      const inner = new CancelScope({ signal });
      return inner.run(() => {
        inner.cancel();
        return sleep(Infinity, { signal: inner.signal });
      });
    });
    await Promise.allSettled(waits);
    expect(listeners(signal)).toBe(0);
    expect(scope.cancelled).toBe(false);
  });

  test("keeps no listener when a loop over mapped items is left early", () =>
    withVirtualClock(async () => {
      const { signal } = new AbortController();
      const failure = new Error("enough");
      await map(
        [1, 2, 3],
        (item) => (item === 2 ? Promise.reject(failure) : sleep(5, { signal })),
        {
          concurrency: 2,
          signal,
        },
      ).catch(() => {});
      expect(listeners(signal)).toBe(0);
    }));

  test("settles all its waits in the order in which they began", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const order: number[] = [];
    const waits = [0, 1, 2, 3].map((i) => sleep(Infinity, { signal }).catch(() => order.push(i)));
    controller.abort();
    await Promise.all(waits);
    expect(order).toEqual([0, 1, 2, 3]);
  });

  test("gives its reason as it is, falsy ones too", async () => {
    for (const reason of [0, "", null, false, { any: "thing" }]) {
      const controller = new AbortController();
      const wait = sleep(Infinity, { signal: controller.signal });
      controller.abort(reason);
      await expect(wait).rejects.toBe(reason);
      await expect(sleep(0, { signal: controller.signal })).rejects.toBe(reason);
    }
  });
});

test("AbortSignal.any() and AbortSignal.abort() are signals like others", async () => {
  const controller = new AbortController();
  const any = AbortSignal.any([controller.signal, new AbortController().signal]);
  const wait = sleep(Infinity, { signal: any });
  controller.abort("any");
  await expect(wait).rejects.toBe("any");
  expect(listeners(any)).toBe(0);
  await expect(sleep(0, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
});

test("a signal that a scope made gets no listener", () =>
  withVirtualClock(async () => {
    const scope = new CancelScope();
    const { signal } = scope;
    const one = limit(1);
    await scope.run(async () => {
      const waits = [
        sleep(5, { signal }),
        timeout(10, () => sleep(5, { signal }), { signal }),
        one(() => sleep(5, { signal }), { signal }),
        one(() => undefined, { signal }),
        taskGroup(() => sleep(5, { signal }), { signal }),
      ];
      expect(listeners(signal)).toBe(0);
      await Promise.all(waits);
    });
    expect(listeners(signal)).toBe(0);
  }));

describe("what is no signal", () => {
  const notSignals: unknown[] = [null, 5, "abort", {}, new AbortController(), () => {}, true];
  const calls: [string, (signal: never) => unknown][] = [
    ["sleep()", (signal) => sleep(1, { signal })],
    ["checkpoint()", (signal) => checkpoint({ signal })],
    ["cancellable()", (signal) => cancellable(Promise.resolve(), { signal })],
    ["timeout()", (signal) => timeout(1, () => 0, { signal })],
    ["limit()", (signal) => limit(1)(() => 0, { signal })],
    ["taskGroup()", (signal) => taskGroup(() => 0, { signal })],
    ["gather()", (signal) => gather([() => 0], { signal })],
  ];
  test.each(calls)("given to %s is a TypeError that says what was seen", async (_, call) => {
    for (const signal of notSignals) {
      const error = await Promise.resolve(call(signal as never)).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(
        /^Cannot [a-z ]+: "signal" must be an AbortSignal, received [^.]+$/,
      );
    }
  });
});

describe("a signal in the place of options", () => {
  const calls: [string, (signal: never) => unknown][] = [
    ["sleep()", (signal) => sleep(1, signal)],
    ["cancellable()", (signal) => cancellable(Promise.resolve(), signal)],
    ["timeout()", (signal) => timeout(1, () => 0, signal)],
    ["limit()", (signal) => limit(1)(() => 0, signal)],
    ["limit().map()", (signal) => limit(1).map([1], () => 0, signal)],
    ["limit().onIdle()", (signal) => limit(1).onIdle(signal)],
    ["checkpoint()", (signal) => checkpoint(signal)],
    ["taskGroup()", (signal) => taskGroup(() => 0, signal)],
    ["spawn()", (signal) => taskGroup((group) => void group.spawn(() => 0, signal))],
    ["start()", (signal) => taskGroup((group) => group.start((started) => started(), signal))],
    ["join()", (signal) => taskGroup((group) => group.join(signal))],
    ["a task's wait()", (signal) => taskGroup((group) => group.spawn(() => 0).wait(signal))],
    ["gather()", (signal) => gather([() => 0], signal)],
    ["race()", (signal) => race([() => 0], signal)],
    ["map()", (signal) => map([1], () => 0, signal)],
    ["shield()", (signal) => shield(() => 0, signal)],
  ];
  test.each(calls)("given to %s is a TypeError, not ignored", async (_, call) => {
    const { signal } = new AbortController();
    const given = new Promise((resolve) => resolve(call(signal as never)));
    await expect(given).rejects.toThrow(TypeError);
  });
});
