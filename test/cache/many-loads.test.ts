// Many callers, many loads, and loads within loads: in linear time, without deep stacks, and without
// starving the event loop.
import { getEventListeners } from "node:events";
import { setTimeout as platformSleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { cancellable, CancelScope, memoize, SingleFlight } from "corral";
import { at } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { Loads, outcomeOf } from "./flights.ts";

interface Options {
  readonly signal?: AbortSignal | undefined;
  readonly page?: number;
}

function open(loads: Loads): (options: Options) => Promise<string> {
  const flights = new SingleFlight<string, string>();
  return (options) => flights.run("key", loads.load, options);
}

const count = 10_000;

/** The numbers below `count`, in an order that is far from theirs. */
const shuffled = Array.from({ length: count }, (_, i) => (i * 7_919) % count);

// What takes quadratic time does not end within the test's time.
describe("pitfall 14: of 10 000 callers of SingleFlight.run()", () => {
  test("each leaves by a signal of its own, in any order, and the last one cancels the load", async () => {
    const loads = new Loads();
    const call = open(loads);
    const controllers = shuffled.map(() => new AbortController());
    const outcomes = Promise.allSettled(controllers.map(({ signal }) => call({ signal })));
    await settle();
    for (const i of shuffled.slice(0, -1)) controllers[i]!.abort("gone");
    expect(loads.aborted).toEqual([false]);
    controllers[shuffled.at(-1)!]!.abort("gone");
    expect(loads.aborted).toEqual([true]);
    const ends = await outcomes;
    expect(ends.every((end) => end.status === "rejected" && end.reason === "gone")).toBe(true);
  }, 20_000);

  test("all leave by one signal, which has one listener", async () => {
    const loads = new Loads();
    const call = open(loads);
    const controller = new AbortController();
    const { signal } = controller;
    const outcomes = Promise.allSettled(shuffled.map(() => call({ signal })));
    await settle();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort("gone");
    expect([loads.aborted, getEventListeners(signal, "abort").length]).toEqual([[true], 0]);
    const ends = await outcomes;
    expect(ends.every((end) => end.status === "rejected" && end.reason === "gone")).toBe(true);
  }, 20_000);

  test("all get the value in order, half of them having left", async () => {
    const loads = new Loads();
    const call = open(loads);
    const told: number[] = [];
    const controllers = shuffled.map(() => new AbortController());
    const calls = controllers.map(({ signal }, i) => call({ signal }).then(() => told.push(i)));
    const outcomes = Promise.allSettled(calls);
    await settle();
    for (let i = 0; i < count; i += 2) controllers[i]!.abort("gone");
    loads.begun[0]!.gate.resolve("value");
    await outcomes;
    expect(told).toHaveLength(count / 2);
    expect(told.every((i, at_) => i === at_ * 2 + 1)).toBe(true);
    for (const { signal } of controllers) {
      if (getEventListeners(signal, "abort").length > 0) throw new Error("a listener is left");
    }
  }, 20_000);
});

test("pitfall 4: calls that succeed, fail, hit, or are too late leave no listener on their signal", async () => {
  const { signal } = new AbortController();
  const listeners = (): number => getEventListeners(signal, "abort").length;
  const flights = new SingleFlight<number, string>();
  const load = memoize(async (_key: number, _options: Options) => "value");
  for (let i = 0; i < 100; i++) {
    await flights.run(i, async () => "value", { signal });
    await flights.run(i, () => Promise.reject(new Error("no")), { signal }).catch(() => {});
    await flights.run(i, undefined as never, { signal }).catch(() => {});
    await load(i, { signal });
    await load(i, { signal });
    expect(listeners()).toBe(0);
  }
  const gone = AbortSignal.abort("gone");
  await outcomeOf(flights.run(1, async () => "value", { signal: gone }));
  await outcomeOf(load(1, { signal: gone }));
  expect(getEventListeners(gone, "abort")).toEqual([]);
});

test("pitfall 25: a thousand calls on one signal emit no warning", async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on("warning", hear);
  const { signal } = new AbortController();
  const flights = new SingleFlight<number, number>();
  const calls = Array.from({ length: 1_000 }, (_, i) =>
    flights.run(
      i % 500,
      async (scope) => {
        scope.signal.addEventListener("abort", () => {});
        await settle();
        return i;
      },
      { signal },
    ),
  );
  await Promise.all(calls);
  await settle();
  process.off("warning", hear);
  expect(warnings).toEqual([]);
});

/** Each load waits for the next one. */
function nested(last: (options: Options) => number | Promise<number>): {
  readonly signals: AbortSignal[];
  readonly sum: (n: number, options: Options) => Promise<number>;
} {
  const signals: AbortSignal[] = [];
  const sum: (n: number, options: Options) => Promise<number> = memoize(
    async (n: number, options: Options) => {
      signals.push(options.signal!);
      return n === 0 ? last(options) : (await sum(n - 1, options)) + 1;
    },
    { max: Infinity },
  );
  return { signals, sum };
}

describe("pitfall 14: thousands of loads", () => {
  const depth = 5_000;

  test("each within the one before it, end in linear time", async () => {
    const { sum, signals } = nested(() => 0);
    const { signal } = new AbortController();
    expect(await sum(depth, { signal })).toBe(depth);
    expect(signals).toHaveLength(depth + 1);
  }, 20_000);

  test("each within the one before it, end also for a caller with a deadline", async () => {
    const { sum } = nested(() => 0);
    const scope = new CancelScope({ timeoutMs: 60_000 });
    const { signal } = scope;
    expect(await scope.run(() => sum(depth, { signal }))).toBe(depth);
  }, 20_000);

  test("each within the one before it, are all cancelled when the caller leaves, the outermost first", async () => {
    const order: number[] = [];
    let begun = false;
    const { sum, signals } = nested((options) => {
      begun = true;
      return cancellable(new Promise<number>(() => {}), options);
    });
    const controller = new AbortController();
    const call = outcomeOf(sum(depth, { signal: controller.signal }));
    while (!begun) await settle();
    for (const [i, signal] of signals.entries()) {
      signal.addEventListener("abort", () => order.push(i));
    }
    controller.abort("gone");
    expect(await call).toEqual({ reason: "gone" });
    expect(order).toEqual([...signals.keys()]);
    expect(order).toHaveLength(depth + 1);
  }, 20_000);

  test("each within the one before it, begin in the step of the call up to some, and then later", async () => {
    const begun: number[] = [];
    const chain = memoize((n: number, _options: Options): unknown => {
      begun.push(n);
      return n === 100 ? "end" : chain(n + 1, {});
    });
    const call = chain(0, {});
    expect(begun.length).toBeGreaterThan(10);
    expect(begun.length).toBeLessThan(100);
    expect(await call).toBe("end");
    expect(begun).toEqual([...begun.keys()]);
    // It was no more than that chain: the next one begins at once.
    void chain(100, { page: 2 });
    expect(begun).toHaveLength(102);
  });

  test("do not begin that are given up before they have, nor twice", async () => {
    const flights = new SingleFlight<number, unknown>();
    const begun: number[] = [];
    const calls: Promise<unknown>[] = [];
    const controllers = [new AbortController(), new AbortController()];
    const chain = (n: number): unknown => {
      begun.push(n);
      if (n < 100) return outcomeOf(flights.run(n + 1, () => chain(n + 1), controllers[0]));
      return "end";
    };
    const call = flights.run(0, () => chain(0));
    const next = begun.length;
    // The next one is due: another joins it, both leave, and a third begins it anew.
    calls.push(outcomeOf(flights.run(next, () => begun.push(-1), controllers[1])));
    expect([begun.length, flights.has(next)]).toEqual([next, true]);
    for (const controller of controllers) controller.abort("gone");
    expect(flights.has(next)).toBe(false);
    calls.push(flights.run(next, () => begun.push(next)));
    await Promise.all([call, ...calls]);
    expect(begun).toEqual([...begun.keys()]);
    expect(begun).toHaveLength(next + 1);
    expect(flights.stats().loads).toBe(0);
  });

  test("one after the other, each in its first step, overflow no stack", async () => {
    const flights = new SingleFlight<number, number>();
    const again = (n: number): Promise<number> =>
      flights.run(n, () => n).then((value) => (value === 0 ? 0 : again(value - 1)));
    expect(await again(depth)).toBe(0);
  }, 20_000);

  test("of as many keys at the same time each give their own value", async () => {
    const flights = new SingleFlight<number, number>();
    const calls = Array.from({ length: depth }, (_, i) => flights.run(i, async () => i));
    expect(await Promise.all(calls)).toEqual([...calls.keys()]);
    expect(flights.stats()).toEqual({ loads: 0, calls: depth, begun: depth });
  }, 20_000);
});

describe("pitfall 25: a timer of the platform fires beside an endless loop of", () => {
  const load = memoize(async (_key: number, _options?: Options) => "value");
  const negative = memoize(() => Promise.reject(new Error("no")), {
    negativeTtlMs: Infinity,
    isNegative: () => true,
  });
  const flights = new SingleFlight<string, string>();
  let key = 0;
  const loops: Record<string, () => Promise<unknown>> = {
    hits: () => load(0),
    "hits with a signal": () => load(0, { signal: new AbortController().signal }),
    "failures that are kept": () => outcomeOf(negative()),
    misses: () => load(++key),
    "loads of one flight": () => flights.run("key", () => "value"),
    "calls that are too late": () => outcomeOf(load(0, { signal: AbortSignal.abort() })),
    "calls with bad arguments": () => outcomeOf(flights.run("key", 5 as never)),
    "calls with a key that fails": () => {
      const cyclic: unknown[] = [];
      cyclic.push(cyclic);
      return outcomeOf(load(cyclic as never));
    },
    "loads that ask for themselves": () =>
      outcomeOf(flights.run("key", () => flights.run("key", () => "never"))),
  };

  test.each(Object.entries(loops))("%s", async (_, step) => {
    let fired = false;
    void platformSleep(1).then(() => (fired = true));
    while (!fired) await step();
  });
});

test("a loop of hits in a scope ends when that is cancelled", async () => {
  const load = memoize(async () => "value");
  const scope = new CancelScope();
  void platformSleep(1).then(() => scope.cancel("enough"));
  const loop = scope.run(async () => {
    for (;;) await (load as (options: Options) => Promise<string>)({ signal: at(scope).signal });
  });
  await expect(loop).rejects.toMatchObject({ reason: "enough" });
});
