// Caches against a naive one: what each caller gets, which loads are made, what is kept and what goes.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CancelScope, setDeadlockDetection, SingleFlight } from "corral";
import { type VirtualClock, withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { NaiveCache, type Settings } from "./naive-cache.ts";
import {
  type Ending,
  type NaiveFlight,
  NaiveFlights,
  type NaiveWaiter,
  patience,
  type Plan,
  saidOf,
} from "./naive-flights.ts";
import {
  type Caller,
  type Real,
  type RealCache,
  RealCalls,
  RealLru,
  RealMemo,
  realOf,
  textOf,
} from "./real-cache.ts";

const RUNS = Number(process.env["RUNS"] ?? 60);

type Step =
  | {
      readonly do: "get";
      readonly key: string;
      readonly caller: Caller;
      readonly how: "get" | "lease" | "refresh";
    }
  | { readonly do: "abort"; readonly which: number }
  | { readonly do: "release"; readonly which: number }
  | { readonly do: "set"; readonly key: string; readonly plan: Plan }
  | { readonly do: "prefetch" | "delete"; readonly key: string }
  | { readonly do: "deleteTag"; readonly tag: string }
  | { readonly do: "deleteWhere"; readonly odd: boolean }
  | { readonly do: "clear" | "settle" }
  | { readonly do: "advance"; readonly ms: number };

const keys = ["a", "b", "c", "d"];
const tags = ["x", "y"];
const key = fc.constantFrom(...keys);
const tag = fc.constantFrom(...tags);
const which = fc.nat(20);

const plan: fc.Arbitrary<Plan> = fc.record({
  ms: fc.constantFrom(0, 0, 5, 10, 30),
  ends: fc.constantFrom("value", "value", "value", "nothing", "failure", "bad"),
  deaf: fc.boolean(),
  size: fc.integer({ min: 0, max: 4 }),
  tag: fc.option(tag, { nil: undefined }),
  keeping: fc.record(
    {
      ttlMs: fc.constantFrom(undefined, 0, 15, Infinity),
      size: fc.constantFrom(undefined, 1, 2),
      tags: fc.constantFrom(undefined, [], ["x", "y"]),
    },
    { requiredKeys: [] },
  ),
});
const plans = fc.array(plan, { minLength: 1, maxLength: 8 });

const caller: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ by: "nothing" as const }) },
  { weight: 4, arbitrary: fc.constant({ by: "signal" as const }) },
  { weight: 1, arbitrary: fc.constant({ by: "aborted signal" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ by: fc.constant("deadline" as const), ms: fc.constantFrom(3, 12, 40) }),
  },
);

function doing<D extends Step["do"]>(it: D): fc.Arbitrary<D> {
  return fc.constant(it);
}

function steps(allowed: (step: Step["do"]) => boolean): fc.Arbitrary<Step[]> {
  const how = fc.constantFrom<"get" | "lease" | "refresh">("get", "get", "get", "lease", "refresh");
  const all: { weight: number; arbitrary: fc.Arbitrary<Step>; of: Step["do"] }[] = [
    { of: "get", weight: 24, arbitrary: fc.record({ do: doing("get"), key, caller, how }) },
    { of: "abort", weight: 6, arbitrary: fc.record({ do: doing("abort"), which }) },
    { of: "release", weight: 3, arbitrary: fc.record({ do: doing("release"), which }) },
    { of: "set", weight: 4, arbitrary: fc.record({ do: doing("set"), key, plan }) },
    { of: "prefetch", weight: 2, arbitrary: fc.record({ do: doing("prefetch"), key }) },
    { of: "delete", weight: 3, arbitrary: fc.record({ do: doing("delete"), key }) },
    { of: "deleteTag", weight: 2, arbitrary: fc.record({ do: doing("deleteTag"), tag }) },
    {
      of: "deleteWhere",
      weight: 1,
      arbitrary: fc.record({ do: doing("deleteWhere"), odd: fc.boolean() }),
    },
    { of: "clear", weight: 1, arbitrary: fc.record({ do: doing("clear") }) },
    { of: "settle", weight: 10, arbitrary: fc.record({ do: doing("settle") }) },
    {
      of: "advance",
      weight: 12,
      arbitrary: fc.record({ do: doing("advance"), ms: fc.constantFrom(1, 4, 5, 10, 15, 20, 60) }),
    },
  ];
  return fc.array(fc.oneof(...all.filter((each) => allowed(each.of))), {
    maxLength: 60,
    size: "max",
  });
}

const later = fc.constantFrom(undefined, undefined, 0, 10, 40, Infinity);
const settings: fc.Arbitrary<Settings> = fc.record({
  max: fc.constantFrom(1, 2, 3, Infinity),
  maxSize: fc.constantFrom(3, 6, Infinity, Infinity),
  ttlMs: fc.constantFrom(0, 5, 20, 50, Infinity, Infinity),
  computed: fc.boolean(),
  staleWhileRevalidateMs: later,
  staleIfErrorMs: later,
  negativeTtlMs: fc.constantFrom(undefined, undefined, 0, 10, 30),
  negativeFailures: fc.boolean(),
  keepAlive: fc.constantFrom(false, false, true),
  sliding: fc.constantFrom(false, false, true),
  refreshAheadMs: fc.constantFrom(0, 0, 4, 15),
});

/** As `expect(real).toEqual(model)`, which takes its time. */
function same(real: unknown, model: unknown): void {
  if (!isDeepStrictEqual(real, model)) expect(real).toEqual(model);
}

/** What those who call have heard so far, and the loads that there were. */
async function compareCalls(
  clock: VirtualClock,
  naive: NaiveFlights,
  real: RealCalls,
): Promise<void> {
  naive.settle();
  await clock.runUntilIdle();
  same(real.calls, naive.calls);
  same(real.heard, naive.heard);
  // A call for a lease that is refused holds the value for a moment.
  if (!(real instanceof RealLru && naive instanceof NaiveCache)) return;
  same(real.disposed.toSorted(), naive.disposed.toSorted());
}

function compareCaches(naive: NaiveCache, real: RealCache): void {
  const { cache } = real;
  same(
    real.order(),
    naive.order.map((entry) => entry.key),
  );
  expect(cache.size).toBe(naive.order.length);
  expect(cache.totalSize).toBe(naive.totalSize);
  same(
    { ...cache.stats(), loading: 0, loadMs: 0 },
    {
      ...naive.figures,
      size: naive.order.length,
      totalSize: naive.totalSize,
      loads: naive.loads,
      loading: 0,
      loadMs: 0,
    },
  );
  const kept: [string, string][] = [];
  for (const each of keys) {
    const value = naive.fresh(each);
    expect(cache.has(each)).toBe(value !== undefined);
    const text = value === undefined ? "nothing" : saidOf(value.number, value);
    expect(textOf(cache.peek(each))).toBe(text);
    if (value !== undefined) kept.push([each, text]);
  }
  if (!(real instanceof RealLru)) return;
  const entries = [...real.cache.entries()].map(([of, value]) => [of, textOf(value)]);
  same(new Map(entries as [string, string][]), new Map(kept));
  same(real.events, naive.events);
  expect(real.cache.stats().loading).toBe(naive.flights.length);
}

function abort(nth: number, naive: NaiveFlights, real: RealCalls): void {
  const ids = [...real.controllers.keys()];
  const id = ids[nth % ids.length];
  if (id === undefined) return;
  naive.leave(id, "aborted");
  real.controllers.get(id)!.abort("aborted");
}

function act(step: Step, id: number, naive: NaiveCache, real: RealCache): void {
  switch (step.do) {
    case "get": {
      const how = real instanceof RealLru ? step.how : "get";
      if (step.caller.by === "aborted signal") naive.heard[id] = "aborted";
      else {
        const waiter = waiterOf(id, step.caller, how === "lease", naive.time);
        if (how === "refresh") naive.refresh(waiter, step.key);
        else naive.get(waiter, step.key);
      }
      if (how === "lease") (real as RealLru).lease(id, step.key, step.caller);
      else {
        const begin = how === "refresh" ? (real as RealLru).cache : real;
        real.call(id, step.caller, (options) => begin[how as "get"](step.key, options), textOf);
      }
      break;
    }
    case "abort":
      abort(step.which, naive, real);
      break;
    case "release": {
      const lease = naive.leases[step.which % naive.leases.length];
      // Whoever is given one gets it a moment later.
      const own = lease === undefined ? undefined : (real as RealLru).leases.get(lease.id);
      if (lease === undefined || own === undefined) break;
      naive.release(lease);
      own.release();
      own.release();
      break;
    }
    case "set": {
      const { ttlMs, size, tags: own } = step.plan.keeping;
      const value = { ...step.plan, number: 1_000 + id };
      const isLru = real instanceof RealLru;
      const keeping = isLru ? step.plan.keeping : { ttlMs, size };
      const done = naive.set(step.key, value, keeping);
      const put = (): void =>
        real.cache.set(step.key, realOf(value), { ttlMs, size, tags: own } as object);
      if (done === "RangeError") expect(put).toThrow(RangeError);
      else put();
      break;
    }
    case "delete":
      expect(real.cache.delete(step.key)).toBe(naive.delete(step.key));
      break;
    case "clear":
      naive.clear();
      real.cache.clear();
      break;
    case "prefetch":
      naive.prefetch(step.key);
      (real as RealLru).cache.prefetch(step.key);
      break;
    case "deleteTag":
      expect((real as RealLru).cache.deleteTag(step.tag)).toBe(naive.deleteTag(step.tag));
      break;
    case "deleteWhere": {
      const found = (real as RealLru).cache.deleteWhere(
        (value) => value !== undefined && (value.number % 2 === 1) === step.odd,
      );
      expect(found).toBe(
        naive.deleteWhere(
          (value) => value.ends !== "nothing" && (value.number % 2 === 1) === step.odd,
        ),
      );
      break;
    }
    case "settle":
    case "advance":
  }
}

function waiterOf(id: number, by: Caller, leases: boolean, time: number): NaiveWaiter {
  return { id, leases, until: by.by === "deadline" ? time + patience(by.ms) : Infinity };
}

function agree(naive: NaiveCache, make: () => RealCache, of: readonly Step[]): Promise<void> {
  return withVirtualClock(async (clock) => {
    const real = make();
    const advance = async (ms: number): Promise<void> => {
      await compareCalls(clock, naive, real);
      naive.advance(naive.time + ms);
      await clock.advance(ms);
      await compareCalls(clock, naive, real);
    };
    for (const [id, step] of of.entries()) {
      act(step, id, naive, real);
      if (step.do === "settle") await compareCalls(clock, naive, real);
      if (step.do === "advance") await advance(step.ms);
      compareCaches(naive, real);
    }
    await advance(1_000);
    compareCaches(naive, real);
    while (naive.leases.length > 0) act({ do: "release", which: 0 }, 0, naive, real);
    act({ do: "clear" }, 0, naive, real);
    compareCaches(naive, real);
    await compareCalls(clock, naive, real);
    expect(real.cache.table.size).toBe(0);
    expect(real.listeners()).toBe(0);
    if (!(real instanceof RealLru)) return;
    same(real.previous, naive.previous);
    const numbers = real.disposed.map((text) => text.split(" ")[0]);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
}

async function assertAll(property: fc.IAsyncPropertyWithHooks<never>): Promise<void> {
  try {
    const unhandled = await unhandledDuring(() => fc.assert(property, { numRuns: RUNS }));
    expect(unhandled).toEqual([]);
  } finally {
    setDeadlockDetection(true);
  }
}

test(
  "an AsyncLru agrees with a naive one: what callers get, loads, what is kept, what is disposed",
  async () => {
    const all = steps(() => true);
    const property = fc.asyncProperty(
      settings,
      plans,
      all,
      fc.boolean(),
      async (how, does, of, detects) => {
        setDeadlockDetection(detects);
        await agree(new NaiveCache(how, does), () => new RealLru(how, does), of);
      },
    );
    await assertAll(property as never);
  },
  process.env["RUNS"] ? 6e6 : 60_000,
);

test(
  "memoize() agrees with a naive cache",
  async () => {
    const some = steps((of) => !/release|prefetch|deleteTag|deleteWhere/.test(of));
    const property = fc.asyncProperty(
      settings,
      plans,
      some,
      fc.boolean(),
      async (how, does, of, detects) => {
        setDeadlockDetection(detects);
        const plain = { ...how, sliding: false, refreshAheadMs: 0 };
        const simple = does.map((each) => ({ ...each, keeping: {} }));
        await agree(new NaiveCache(plain, simple), () => new RealMemo(plain, simple), of);
      },
    );
    await assertAll(property as never);
  },
  process.env["RUNS"] ? 6e6 : 60_000,
);

class NaiveSingleFlight extends NaiveFlights {
  /** Those that calls join. */
  open: NaiveFlight[] = [];

  run(waiter: NaiveWaiter, of: string, keepAlive: boolean): void {
    let flight = this.joinable(of);
    if (flight === undefined) {
      flight = this.begin(of, keepAlive);
      this.forget(of);
      this.open.push(flight);
    }
    flight.waiters.push(waiter);
    this.start(flight);
  }

  joinable(of: string): NaiveFlight | undefined {
    return this.open.find((flight) => flight.key === of && !flight.cancelled);
  }

  forget(of: string): boolean {
    const had = this.joinable(of) !== undefined;
    this.open = this.open.filter((flight) => flight.key !== of);
    return had;
  }

  override landed(flight: NaiveFlight, ending: Ending): string {
    this.open = this.open.filter((other) => other !== flight);
    return ending === "value" ? saidOf(flight.number!, flight.plan!) : `failure ${flight.number}`;
  }
}

test(
  "a SingleFlight agrees with a naive one: who shares which load, and hears what",
  async () => {
    const some = steps((of) => ["get", "abort", "delete", "settle", "advance"].includes(of));
    const property = fc.asyncProperty(
      plans,
      some,
      fc.boolean(),
      fc.boolean(),
      (does, of, keepAlive, detects) =>
        withVirtualClock(async (clock) => {
          setDeadlockDetection(detects);
          const simple = does.map((each) => ({ ...each, keeping: {} }));
          const naive = new NaiveSingleFlight(simple);
          const real = new RealCalls(simple);
          const flights = new SingleFlight<string, Real>({ keepAlive });
          let calls = 0;
          for (const [id, step] of [...of, { do: "advance", ms: 1_000 } as const].entries()) {
            if (step.do === "get") {
              const { key: own, caller: by } = step;
              if (by.by === "aborted signal") naive.heard[id] = "aborted";
              else {
                calls++;
                naive.run(waiterOf(id, by, false, naive.time), own, keepAlive);
              }
              const load = (scope: CancelScope): Real | Promise<Real> => real.load(own, at(scope));
              real.call(id, by, (options) => flights.run(own, load, options), textOf);
            } else if (step.do === "abort") abort(step.which, naive, real);
            else if (step.do === "delete") {
              expect(flights.forget(step.key)).toBe(naive.forget(step.key));
            } else {
              await compareCalls(clock, naive, real);
              const ms = step.do === "advance" ? step.ms : 0;
              naive.advance(naive.time + ms);
              await clock.advance(ms);
              await compareCalls(clock, naive, real);
            }
            for (const each of keys)
              expect(flights.has(each)).toBe(naive.joinable(each) !== undefined);
            same({ ...flights.stats() }, { loads: naive.open.length, calls, begun: naive.loads });
          }
          expect(real.listeners()).toBe(0);
          expect(naive.open).toEqual([]);
        }),
    );
    await assertAll(property as never);
  },
  process.env["RUNS"] ? 6e6 : 60_000,
);
