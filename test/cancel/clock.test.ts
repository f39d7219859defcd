import { afterEach, describe, expect, test, vi } from "vitest";
import { CancelScope, now, sleep, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

const LONGEST_MS = 2 ** 31 - 1;

interface FakeTimer {
  readonly ms: number;
  ref: boolean;
  cleared: boolean;
  fire(): void;
}

/** Timers of the platform that fire by hand, read by the library when it sets one. */
function stubTimers(): FakeTimer[] {
  const timers: FakeTimer[] = [];
  vi.stubGlobal("setTimeout", (fn: (argument: unknown) => void, ms: number, argument: unknown) => {
    const timer = {
      ms,
      ref: true,
      cleared: false,
      fire: () => fn(argument),
      unref: () => {
        timer.ref = false;
        return timer;
      },
    };
    timers.push(timer);
    return timer;
  });
  vi.stubGlobal("clearTimeout", (timer: FakeTimer | undefined) => {
    if (timer !== undefined) timer.cleared = true;
  });
  return timers;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("a delay", () => {
  test.each([2 ** 31, 2 ** 31 + 1, 2 ** 32, 1e12])(
    "of %i ms is as long as that, on timers that take at most 2^31 - 1",
    async (ms) => {
      const timers = stubTimers();
      let over = false;
      const wait = sleep(ms).then(() => (over = true));
      let sum = 0;
      for (let i = 0; sum < ms; i++) {
        expect(timers).toHaveLength(i + 1);
        expect(timers[i]!.ms).toBeLessThanOrEqual(LONGEST_MS);
        sum += timers[i]!.ms;
        expect(over).toBe(false);
        timers[i]!.fire();
      }
      expect(sum).toBe(ms);
      await wait;
    },
  );

  test("that long is cancelled in its second part", async () => {
    const timers = stubTimers();
    const controller = new AbortController();
    const wait = sleep(2 ** 32, { signal: controller.signal });
    timers[0]!.fire();
    controller.abort("enough");
    await expect(wait).rejects.toBe("enough");
    expect(timers[1]!.cleared).toBe(true);
  });

  test("of Infinity keeps the process alive for a sleep, and sets no timer for a deadline", async () => {
    const timers = stubTimers();
    const controller = new AbortController();
    const wait = sleep(Infinity, { signal: controller.signal });
    await timeout(Infinity, () => undefined);
    expect(timers).toHaveLength(1);
    expect(timers[0]!.ref).toBe(true);
    timers[0]!.fire();
    expect(timers).toHaveLength(2);
    controller.abort("enough");
    await expect(wait).rejects.toBe("enough");
    expect(timers[1]!.cleared).toBe(true);
  });

  test("of zero and less lets one turn of the event loop pass", async () => {
    for (const ms of [0, -1, -Infinity, -0]) {
      const order: string[] = [];
      const wait = sleep(ms).then(() => order.push("slept"));
      await Promise.resolve().then(() => order.push("microtask"));
      await wait;
      expect(order).toEqual(["microtask", "slept"]);
    }
  });

  test("of a fraction is never cut short", () => {
    const timers = stubTimers();
    void sleep(1.2);
    expect(timers[0]!.ms).toBe(2);
    timers[0]!.fire();
  });

  test.each([0.4, 24.100000000000033, 1234.567])(
    "of a timeout is its milliseconds at %f, no more",
    (start) => {
      const timers = stubTimers();
      vi.stubGlobal("performance", { now: () => start });
      void timeout(1_000, () => undefined);
      // Sums of fractions must not make it one later than a sleep that began with it.
      expect(timers[0]!.ms).toBe(1_000);
    },
  );

  test("that is no number of milliseconds is refused", async () => {
    await expect(sleep(Number.NaN)).rejects.toThrow(
      new RangeError('Cannot sleep: "ms" must be a number of milliseconds, received NaN'),
    );
    const wrong: [unknown, string][] = [
      ["5", '"5"'],
      [undefined, "undefined"],
      [null, "null"],
      [{}, "an object"],
      [5n, "5"],
      [new Date(), "an object"],
    ];
    for (const [ms, seen] of wrong) {
      const error = await sleep(ms as never).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toBe(
        `Cannot sleep: "ms" must be a number of milliseconds, received ${seen}`,
      );
    }
  });
});

describe("fake timers of a test framework", () => {
  test("are used when they are there, also when they came after the library", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const start = now();
    let over = false;
    const wait = sleep(1_000).then(() => (over = true));
    const call = timeout(500, (scope) => sleep(Infinity, at(scope)));
    const failed = expect(call).rejects.toBeInstanceOf(TimeoutError);
    await vi.advanceTimersByTimeAsync(500);
    await failed;
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    await wait;
    expect(now() - start).toBe(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a timer that fired for its full delay is the expiry, whatever the clock says", async () => {
    const timers = stubTimers();
    vi.stubGlobal("performance", { now: () => 0 });
    const call = timeout(500, (scope) => sleep(Infinity, at(scope)));
    timers[0]!.fire();
    await expect(call).rejects.toBeInstanceOf(TimeoutError);
  });
});

test("of two deadlines that have passed the outer one owns it, though its timer has not fired yet", async () => {
  const timers = stubTimers();
  let time = 0;
  vi.stubGlobal("performance", { now: () => time });
  const call = timeout(
    10,
    (outer) => timeout(10, (inner) => sleep(Infinity, at(inner)), { ...at(outer), name: "inner" }),
    { name: "outer" },
  );
  time = 10;
  timers[1]!.fire();
  await expect(call).rejects.toMatchObject({ name: "TimeoutError", scopeName: "outer" });
});

describe("what keeps the process alive", () => {
  test("a sleep does, and the deadline of a live scope", async () => {
    const timers = stubTimers();
    const scope = new CancelScope({ timeoutMs: 1_000 });
    const run = scope.run(() => sleep(50, at(scope)));
    expect(timers.map((timer) => timer.ref)).toEqual([true, true]);
    timers[1]!.fire();
    await run;
  });

  test("what daemons wait for does not, nor the deadlines in them", async () => {
    const timers = stubTimers();
    await taskGroup(async (group) => {
      group.spawn(
        async (task) => {
          await timeout(1_000, (scope) => sleep(50, at(scope)), at(task.scope));
        },
        { daemon: true },
      );
    });
    expect(timers.length).toBeGreaterThanOrEqual(2);
    expect(timers.filter(({ ref }) => ref)).toEqual([]);
  });

  test("the watch over a cancelled scope does not", async () => {
    const timers = stubTimers();
    const scope = new CancelScope();
    await scope.run(() => scope.cancel());
    expect(timers).toHaveLength(1);
    expect(timers[0]!.ref).toBe(false);
    expect(timers[0]!.cleared).toBe(true);
  });
});

describe("timers are cleared on every way out", () => {
  const ways: [string, (scope: CancelScope) => unknown][] = [
    ["a value", () => "value"],
    ["a failure", () => Promise.reject(new Error("failed"))],
    [
      "a failure at once",
      () => {
        throw new Error("failed");
      },
    ],
    [
      "a cancellation",
      (scope) => {
        const wait = sleep(60_000, at(scope));
        scope.cancel();
        return wait;
      },
    ],
    [
      "a cancellation by its deadline",
      (scope) => {
        const wait = sleep(60_000, at(scope));
        scope.deadline = -1;
        return wait;
      },
    ],
    [
      "a deadline that moved",
      (scope) => {
        scope.deadline = now() + 90_000;
        scope.deadline = now() + 70_000;
      },
    ],
  ];
  test.each(ways)("%s", async (_, fn) => {
    const timers = stubTimers();
    const scope = new CancelScope({ timeoutMs: 50_000 });
    await scope.run(fn).catch(() => {});
    expect(timers.length).toBeGreaterThan(0);
    expect(timers.filter((timer) => !timer.cleared)).toEqual([]);
  });

  test("an outer cancellation clears those within", async () => {
    const timers = stubTimers();
    const controller = new AbortController();
    const call = timeout(
      1_000,
      (outer) => timeout(500, (inner) => sleep(100, at(inner)), at(outer)),
      { signal: controller.signal },
    );
    controller.abort("enough");
    await expect(call).rejects.toBe("enough");
    expect(timers.filter((timer) => !timer.cleared)).toEqual([]);
  });
});

test("now() is monotonic and stands still under a virtual clock", async () => {
  const first = now();
  expect(now()).toBeGreaterThanOrEqual(first);
  await withVirtualClock(async () => {
    const start = now();
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(now()).toBe(start);
    await sleep(5);
    expect(now()).toBe(start + 5);
  });
});
