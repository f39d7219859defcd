import { describe, expect, test } from "vitest";
import { CancelScope, currentSignal, SingleFlight, waitTree } from "corral";
import { at, explicit } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { Loads } from "./flights.ts";

describe("SingleFlight.run()", () => {
  test("makes one load of the calls that come while it is under way, and gives all of them its value", async () => {
    const flights = new SingleFlight<string, object>();
    const values: object[] = [];
    const load = async (): Promise<object> => {
      await settle();
      const value = {};
      values.push(value);
      return value;
    };
    const early = [flights.run("a", load), flights.run("a", load)];
    await Promise.resolve();
    const late = flights.run("a", load);
    const got = await Promise.all([...early, late]);
    expect(values).toHaveLength(1);
    for (const value of got) expect(value).toBe(values[0]);
  });

  test("calls the load at once", async () => {
    const flights = new SingleFlight<string, string>();
    const log: string[] = [];
    const calls = ["a", "b", "a", "c"].map((key) =>
      flights.run(key, () => {
        log.push(key);
        return key;
      }),
    );
    expect(log).toEqual(["a", "b", "c"]);
    expect(await Promise.all(calls)).toEqual(["a", "b", "a", "c"]);
  });

  test("tells those who wait in the order in which they came", async () => {
    const flights = new SingleFlight<string, string>();
    const loads = new Loads();
    const order: number[] = [];
    const calls = Array.from({ length: 20 }, (_, i) =>
      flights
        .run("a", loads.load, { signal: new AbortController().signal })
        .then(() => order.push(i)),
    );
    await settle();
    loads.begun[0]!.gate.resolve("value");
    await Promise.all(calls);
    expect(order).toEqual([...order.keys()]);
  });

  test("loads anew after the end, and keeps nothing", async () => {
    const flights = new SingleFlight<string, number>();
    let count = 0;
    const load = async (): Promise<number> => ++count;
    expect(await flights.run("a", load)).toBe(1);
    expect(flights.has("a")).toBe(false);
    expect(await flights.run("a", load)).toBe(2);
    await expect(flights.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await flights.run("a", load)).toBe(3);
  });

  test("has ended by the time that those who wait are told: they may load anew at once", async () => {
    const flights = new SingleFlight<string, number>();
    let count = 0;
    const load = async (): Promise<number> => ++count;
    const had: boolean[] = [];
    const again = (): Promise<number> => {
      had.push(flights.has("a"));
      return flights.run("a", load);
    };
    const both = [flights.run("a", load).then(again), flights.run("a", load).then(again)];
    expect(await Promise.all(both)).toEqual([2, 2]);
    expect(had).toEqual([false, true]);
  });

  test("takes the load of the call that has begun it, and no other", async () => {
    const flights = new SingleFlight<string, string>();
    const called: string[] = [];
    const calls = ["first", "second"].map((name) =>
      flights.run("a", async () => {
        called.push(name);
        return name;
      }),
    );
    expect([await Promise.all(calls), called]).toEqual([["first", "first"], ["first"]]);
  });

  test("compares keys as a Map does: by identity, NaN with itself, and -0 with 0", async () => {
    const flights = new SingleFlight<unknown, number>();
    let count = 0;
    const run = (key: unknown): Promise<number> => flights.run(key, async () => ++count);
    const [object, symbol] = [{}, Symbol("key")];
    const same = [run(object), run(object), run(symbol), run(symbol), run(Number.NaN)];
    const more = [run(Number.NaN), run(0), run(-0), run(undefined), run(undefined)];
    expect(await Promise.all(same)).toEqual([1, 1, 2, 2, 3]);
    expect(await Promise.all(more)).toEqual([3, 4, 4, 5, 5]);
    const others = [run({}), run({}), run(1), run("1"), run(1n), run(null), run(undefined)];
    expect(new Set(await Promise.all(others)).size).toBe(7);
  });

  test("of one object says nothing about another one's keys", async () => {
    const [one, other] = [new SingleFlight<string, number>(), new SingleFlight<string, number>()];
    const calls = [one.run("a", async () => 1), other.run("a", async () => 2)];
    expect(await Promise.all(calls)).toEqual([1, 2]);
  });

  test("gives the load a scope of its own, which is the current one and in no other", async () => {
    const flights = new SingleFlight<string, CancelScope>();
    const seen: unknown[] = [];
    const outer = new CancelScope();
    const scope = await outer.run(() =>
      flights.run("a", async (own) => {
        seen.push(CancelScope.current, currentSignal() === own.signal);
        await settle();
        seen.push(CancelScope.current);
        return own;
      }),
    );
    expect(scope).toBeInstanceOf(CancelScope);
    expect(scope).not.toBe(outer);
    if (!explicit) expect(seen).toEqual([scope, true, scope]);
    outer.cancel();
    expect([scope.cancelled, scope.signal.aborted]).toEqual([false, false]);
    await expect(scope.run(() => {})).rejects.toThrow(/Cannot run a cancel scope: .*has ended/);
  });
});

describe("SingleFlight.has() and forget()", () => {
  test("know of a load from the call on until its end", async () => {
    const flights = new SingleFlight<string, string>();
    const loads = new Loads();
    expect([flights.has("a"), flights.forget("a")]).toEqual([false, false]);
    const call = flights.run("a", loads.load);
    expect([flights.has("a"), flights.has("b")]).toEqual([true, false]);
    await settle();
    expect(flights.has("a")).toBe(true);
    loads.begun[0]!.gate.resolve("value");
    await call;
    expect([flights.has("a"), flights.forget("a")]).toEqual([false, false]);
  });

  test("forget() lets the next call load anew, and those who wait get what they waited for", async () => {
    const flights = new SingleFlight<string, string>();
    const loads = new Loads();
    const old = [flights.run("a", loads.load), flights.run("a", loads.load)];
    await settle();
    expect([flights.forget("a"), flights.has("a"), flights.forget("a")]).toEqual([
      true,
      false,
      false,
    ]);
    const anew = flights.run("a", loads.load);
    await settle();
    expect(loads.begun).toHaveLength(2);
    loads.begun[0]!.gate.resolve("old");
    expect(await Promise.all(old)).toEqual(["old", "old"]);
    // The end of the old one leaves the new one in place.
    expect(flights.has("a")).toBe(true);
    const joined = flights.run("a", loads.load);
    loads.begun[1]!.gate.resolve("new");
    expect([await anew, await joined, loads.begun.length]).toEqual(["new", "new", 2]);
  });

  test("forget() before the load has begun makes two loads", async () => {
    const flights = new SingleFlight<string, string>();
    const first = flights.run("a", async () => "first");
    flights.forget("a");
    const second = flights.run("a", async () => "second");
    expect([await first, await second]).toEqual(["first", "second"]);
  });

  test("know nothing of a load that is being cancelled", async () => {
    const flights = new SingleFlight<string, string>();
    const loads = new Loads();
    const controller = new AbortController();
    const call = flights.run("a", loads.stubborn, controller);
    await settle();
    controller.abort("gone");
    await expect(call).rejects.toBe("gone");
    expect([flights.has("a"), flights.forget("a")]).toEqual([false, false]);
    loads.begun[0]!.gate.resolve("late");
    await settle();
  });
});

test("SingleFlight.stats() counts calls, loads that were begun, and keys that are loading", async () => {
  const flights = new SingleFlight<string, string>();
  const loads = new Loads();
  expect(flights.stats()).toEqual({ loads: 0, calls: 0, begun: 0 });
  const calls = ["a", "a", "b", "a"].map((key) => flights.run(key, loads.load));
  expect(flights.stats()).toEqual({ loads: 2, calls: 4, begun: 2 });
  expect(Object.isFrozen(flights.stats())).toBe(true);
  await settle();
  loads.begun[0]!.gate.resolve("a");
  await Promise.all([calls[0], calls[1], calls[3]]);
  expect(flights.stats()).toEqual({ loads: 1, calls: 4, begun: 2 });
  loads.begun[1]!.gate.resolve("b");
  await calls[2];
  await flights.run("a", loads.load, { signal: AbortSignal.abort() }).catch(() => {});
  expect(flights.stats()).toEqual({ loads: 0, calls: 4, begun: 2 });
});

describe("SingleFlight refuses", () => {
  test.each([null, 5, "text", () => {}, new AbortController().signal])(
    "the options %o",
    (options) => {
      expect(() => new SingleFlight(options as never)).toThrow(
        /^Cannot create a single flight: "options" must be an object, received /,
      );
    },
  );

  test.each([0, 1, "true", null, {}])("%o for keepAlive", (keepAlive) => {
    expect(() => new SingleFlight({ keepAlive: keepAlive as never })).toThrow(
      /^Cannot create a single flight: "keepAlive" must be a boolean, received /,
    );
  });

  test("nothing that is undefined", () => {
    expect(new SingleFlight(undefined).has("a")).toBe(false);
    expect(new SingleFlight({ keepAlive: undefined }).has("a")).toBe(false);
  });

  test.each([undefined, null, 5, {}, Promise.resolve(1)])(
    "%o for a load, and nothing has begun",
    async (load) => {
      const flights = new SingleFlight<string, string>();
      const call = flights.run("a", load as never);
      await expect(call).rejects.toThrow(TypeError);
      await expect(call).rejects.toThrow(/^Cannot load: "load" must be a function, received /);
      expect(flights.stats()).toEqual({ loads: 0, calls: 0, begun: 0 });
    },
  );

  test("a load that is none also where it would not be called", async () => {
    const flights = new SingleFlight<string, string>();
    const call = flights.run("a", async () => "value");
    await expect(flights.run("a", undefined as never)).rejects.toThrow(TypeError);
    expect(await call).toBe("value");
  });
});

test("waitTree() names the load that is waited for", async () => {
  const flights = new SingleFlight<string, string>();
  const loads = new Loads();
  const scope = new CancelScope({ name: "caller" });
  const call = scope.run(() => flights.run("users/1", loads.load, at(scope)));
  await settle();
  expect(waitTree(scope)).toContain('waits for load "[users/1]"');
  loads.begun[0]!.gate.resolve("value");
  await call;
});
