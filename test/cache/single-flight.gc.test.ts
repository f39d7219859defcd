// Nothing is kept of loads that have ended, of callers who have left, nor of what is collected itself.
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CancelScope, SingleFlight } from "corral";
import { Loads } from "./flights.ts";
import { leastLeft } from "../support/heap.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are still there, after some turns and collections. */
async function kept(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 12 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

type Key = object;

// Each makes its objects in a function of its own, so that no frame of the test holds them.
const calls: Record<string, (flights: SingleFlight<Key, object>, refs: object[]) => Promise<void>> =
  {
    "that gave a value": async (flights, refs) => {
      const [key, value] = [{}, {}];
      const load = async (scope: CancelScope): Promise<object> => {
        refs.push(scope, scope.signal);
        return value;
      };
      const call = flights.run(key, load);
      refs.push(key, value, load, call);
      await call;
    },
    "that failed": async (flights, refs) => {
      const [key, error] = [{}, new Error("no")];
      const load = (): Promise<never> => Promise.reject(error);
      const call = flights.run(key, load, { signal: new AbortController().signal });
      refs.push(key, error, load, call);
      await call.catch(() => {});
    },
    "that was left by a signal, and a scope": async (flights, refs) => {
      const loads = new Loads();
      const key = {};
      const controller = new AbortController();
      const scope = new CancelScope();
      const load = (own: CancelScope): Promise<string> => loads.load(own);
      const one = flights.run(key, load, { signal: controller.signal });
      const other = scope.run(() => flights.run(key, load));
      refs.push(
        key,
        controller,
        controller.signal,
        scope,
        load,
        one,
        other,
        loads.begun[0]!.signal,
      );
      controller.abort();
      scope.cancel();
      await Promise.allSettled([one, other]);
    },
    "that ended after it was given up": async (flights, refs) => {
      const loads = new Loads();
      const key = {};
      const controller = new AbortController();
      const load = (own: CancelScope): Promise<string> => loads.stubborn(own);
      const call = flights.run(key, load, { signal: controller.signal });
      refs.push(key, controller.signal, load, call);
      controller.abort();
      await call.catch(() => {});
      loads.begun[0]!.gate.resolve("late");
      await turn();
    },
    "that asked for itself": async (flights, refs) => {
      const key = {};
      const load = (): Promise<object> => flights.run(key, () => ({}));
      const call = flights.run(key, load);
      refs.push(key, load, call);
      await call.catch(() => {});
    },
  };

describe("a SingleFlight keeps nothing of a load", () => {
  test.each(Object.entries(calls))("%s", async (_, call) => {
    const flights = new SingleFlight<Key, object>();
    const refs: WeakRef<object>[] = [];
    for (let i = 0; i < 3; i++) {
      const objects: object[] = [];
      await call(flights, objects);
      refs.push(...objects.map((object) => new WeakRef(object)));
      objects.length = 0;
    }
    expect(refs.length).toBeGreaterThanOrEqual(9);
    expect(await kept(refs)).toBe(0);
    expect(flights.stats().loads).toBe(0);
  });
});

test("a SingleFlight keeps nothing of a caller who has left a load that goes on", async () => {
  const flights = new SingleFlight<string, string>();
  const loads = new Loads();
  const rest = flights.run("a", loads.load);
  const refs: WeakRef<object>[] = [];
  const leave = async (): Promise<void> => {
    const controller = new AbortController();
    const call = flights.run("a", loads.load, { signal: controller.signal });
    refs.push(new WeakRef(controller.signal), new WeakRef(call));
    controller.abort({});
    await call.catch(() => {});
  };
  for (let i = 0; i < 3; i++) await leave();
  expect(await kept(refs)).toBe(0);
  loads.begun[0]!.gate.resolve("value");
  expect(await rest).toBe("value");
});

test("a load's signal that somebody keeps does not keep the load", async () => {
  const flights = new SingleFlight<string, object>();
  const refs: WeakRef<object>[] = [];
  const run = async (): Promise<AbortSignal> => {
    let signal: AbortSignal | undefined;
    const value = {};
    const load = async (scope: CancelScope): Promise<object> => {
      ({ signal } = scope);
      return value;
    };
    refs.push(new WeakRef(value), new WeakRef(load));
    await flights.run("a", load);
    return signal!;
  };
  const signal = await run();
  expect([await kept(refs), signal.aborted]).toEqual([0, false]);
});

test("a SingleFlight that nobody holds goes, with what it has under way", async () => {
  const refs: WeakRef<object>[] = [];
  const make = (): void => {
    const flights = new SingleFlight<string, string>();
    const key = {};
    void flights.run("a", () => new Promise(() => void key));
    refs.push(new WeakRef(flights), new WeakRef(key));
  };
  make();
  expect(await kept(refs)).toBe(0);
});

test("pitfall 20: beside a load that never ends, nothing is kept of 10 000 loads and callers", async () => {
  const flights = new SingleFlight<number, number>();
  const endless = new AbortController();
  const never = flights.run(-1, () => new Promise(() => {}), endless).catch(() => {});
  const { signal } = new AbortController();
  const round = async (): Promise<void> => {
    for (let i = 0; i < 10_000; i++) {
      await flights.run(i % 100, () => i, { signal });
      const controller = new AbortController();
      const left = flights.run(-1, () => 0, controller).catch(() => {});
      controller.abort();
      await left;
    }
  };
  await round();
  expect(await leastLeft(round, 512 * 1024)).toBeLessThan(512 * 1024);
  endless.abort();
  await never;
}, 60_000);
