// What holds of a cache whoever does what at the same time, where nobody can say what comes out.
import fc from "fast-check";
import { expect, test } from "vitest";
import { AsyncLru, type CacheTier, type CancelScope, detached, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import type { CacheLoad } from "../../src/cache/cache-load.ts";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

type Act =
  | { readonly do: "get" | "lease" | "refresh"; readonly key: string; readonly patience: number }
  | { readonly do: "prefetch" | "set" | "delete"; readonly key: string }
  | { readonly do: "deleteTag" | "deleteWhere"; readonly tag: string }
  | { readonly do: "clear" };

interface Step {
  readonly act: Act;
  /** How long it takes until the next one. */
  readonly pause: number;
}

interface Load {
  readonly pause: number;
  readonly deaf: boolean;
  readonly fails: boolean;
  readonly size: number;
}

interface Value {
  readonly key: string;
  readonly size: number;
  /** When its load began, or it was put in place. */
  readonly since: number;
  disposed: number;
}

class Failure extends Error {}

/** The tag of each key: two keys have the same. */
const tagOf = (key: string): string => (key < "c" ? "x" : "y");

/** A few microtasks, or milliseconds. */
async function pauseFor(n: number): Promise<void> {
  if (n > 3) await detached(() => sleep(n));
  else for (let i = 0; i < n; i++) await Promise.resolve();
}

const pause = fc.constantFrom(0, 0, 1, 2, 3, 4, 5, 9, 20);
const key = fc.constantFrom("a", "b", "c");
const tag = fc.constantFrom("x", "y");
const patience = fc.constantFrom(Infinity, Infinity, 0, 1, 3, 5, 8);

function doing<D extends Act["do"]>(...of: D[]): fc.Arbitrary<D> {
  return fc.constantFrom(...of);
}

const plainActs: fc.WeightedArbitrary<Act>[] = [
  {
    weight: 10,
    arbitrary: fc.record({ do: doing("get", "get", "get", "refresh"), key, patience }),
  },
  { weight: 3, arbitrary: fc.record({ do: doing("prefetch", "set", "delete", "delete"), key }) },
  { weight: 1, arbitrary: fc.record({ do: doing("clear") }) },
];
const otherActs: fc.WeightedArbitrary<Act>[] = [
  { weight: 3, arbitrary: fc.record({ do: doing("lease"), key, patience }) },
  { weight: 2, arbitrary: fc.record({ do: doing("deleteTag", "deleteWhere"), tag }) },
];

function tasksOf(acts: fc.WeightedArbitrary<Act>[]): fc.Arbitrary<Step[][]> {
  const step = fc.record({ act: fc.oneof(...acts), pause });
  const task = fc.array(step, { maxLength: 25, size: "max" });
  return fc.array(task, { minLength: 1, maxLength: 4, size: "max" });
}

const settings = fc.record({
  max: fc.constantFrom(1, 2, Infinity),
  maxSize: fc.constantFrom(3, Infinity),
  ttlMs: fc.constantFrom(3, 10, Infinity, Infinity),
  staleWhileRevalidateMs: fc.constantFrom(0, 10),
  staleIfErrorMs: fc.constantFrom(undefined, 10),
  refreshAheadMs: fc.constantFrom(0, 4),
  keepAlive: fc.boolean(),
});
const loads = fc.array(
  fc.record({
    pause,
    deaf: fc.boolean(),
    fails: fc.constantFrom(false, false, true),
    size: fc.nat(4),
  }),
  { minLength: 1, maxLength: 8 },
);

class Run {
  readonly cache: AsyncLru<string, Value>;
  readonly #how: { readonly max: number; readonly maxSize: number };
  readonly #loads: readonly Load[];
  /** Counts up with all that happens. */
  #time = 0;
  #count = 0;
  readonly #values: Value[] = [];
  readonly #invalidated: { readonly key: string; readonly time: number }[] = [];
  readonly #refreshed: { readonly key: string; readonly time: number }[] = [];
  /** The loads that were asked for, and when. */
  readonly #asked = new Map<unknown, number>();
  readonly #open = new Set<CacheLoad<string, Value>>();

  constructor(
    how: { readonly max: number; readonly maxSize: number },
    plans: readonly Load[],
    tier?: CacheTier<string, Value>,
  ) {
    this.#how = how;
    this.#loads = plans;
    this.cache = new AsyncLru<string, Value>({
      ...how,
      tier,
      tierLeaseMs: 50,
      sizeOf: ({ size }) => size,
      tagsOf: (_value, of) => [tagOf(of)],
      load: (of, scope, keeping) => this.#load(of, scope, keeping as CacheLoad<string, Value>),
      dispose: (value) => {
        expect(++value.disposed).toBe(1);
      },
      onEvent: (event) => {
        this.check();
        if (event.kind !== "load") return;
        const load = this.cache.table.get(event.key)?.load;
        // Without a tier its function was called already.
        if (!this.#asked.has(load)) this.#asked.set(load, ++this.#time);
      },
    });
  }

  #made(of: string, size: number, since: number): Value {
    const value = { key: of, size, since, disposed: 0 };
    this.#values.push(value);
    return value;
  }

  async #load(of: string, scope: CancelScope, load: CacheLoad<string, Value>): Promise<Value> {
    const since = ++this.#time;
    const plan = this.#loads[this.#count++ % this.#loads.length]!;
    if (!this.#asked.has(load)) this.#asked.set(load, since);
    this.#expectAlone(load);
    this.#open.add(load);
    try {
      if (plan.deaf || plan.pause <= 3) await pauseFor(plan.pause);
      else await sleep(plan.pause, at(scope));
      if (plan.fails) throw new Failure();
      return this.#made(of, plan.size, since);
    } finally {
      this.#open.delete(load);
    }
  }

  /** Nobody could have joined another load when this one was asked for. */
  #expectAlone(load: CacheLoad<string, Value>): void {
    const time = this.#asked.get(load)!;
    for (const other of this.#open) {
      if (other.key !== load.key || other.over) continue;
      const [first, second] = [time, this.#asked.get(other)!].sort((a, b) => a - b);
      const left = [...this.#invalidated, ...this.#refreshed].some(
        (each) => each.key === load.key && each.time > first! && each.time < second!,
      );
      expect(left, `another load of ${String(load.key)}`).toBe(true);
    }
  }

  #expectValid(value: Value, of: string, called: number): void {
    expect(value.key).toBe(of);
    const wrong = this.#invalidated.find(
      ({ key: one, time }) => one === of && time > value.since && time < called,
    );
    expect(wrong, `${of} of ${value.since} at ${called}`).toBe(undefined);
  }

  #invalidate(which: (of: string) => boolean): void {
    const time = ++this.#time;
    for (const of of ["a", "b", "c"]) if (which(of)) this.#invalidated.push({ key: of, time });
  }

  async #call(act: Extract<Act, { readonly patience: number }>): Promise<void> {
    const called = ++this.#time;
    const controller = new AbortController();
    const options = act.patience === Infinity ? {} : { signal: controller.signal };
    if (act.do === "refresh") this.#refreshed.push({ key: act.key, time: called });
    const call = this.cache[act.do](act.key, options);
    const listening = call.then(
      async (result) => {
        if (act.do !== "lease") this.#expectValid(result as Value, act.key, called);
        else {
          using lease = result as { readonly value: Value; [Symbol.dispose](): void };
          this.#expectValid(lease.value, act.key, called);
          expect(lease.value.disposed).toBe(0);
          await pauseFor(5);
          expect(lease.value.disposed).toBe(0);
        }
      },
      (error: unknown) => {
        if (!(error instanceof Failure || error === "left")) throw error;
      },
    );
    if (act.patience < Infinity) {
      await pauseFor(act.patience);
      controller.abort("left");
    }
    await listening;
  }

  act(act: Act): Promise<void> {
    const { cache } = this;
    switch (act.do) {
      case "get":
      case "lease":
      case "refresh":
        return this.#call(act);
      case "prefetch":
        cache.prefetch(act.key);
        break;
      case "set":
        this.#invalidate((of) => of === act.key);
        cache.set(act.key, this.#made(act.key, 1, ++this.#time));
        break;
      case "delete":
        this.#invalidate((of) => of === act.key);
        cache.delete(act.key);
        break;
      case "deleteTag":
        this.#invalidate((of) => tagOf(of) === act.tag);
        cache.deleteTag(act.tag);
        break;
      case "deleteWhere":
        this.#invalidate((of) => tagOf(of) === act.tag);
        cache.deleteWhere((_value, of) => tagOf(of) === act.tag);
        break;
      case "clear":
        this.#invalidate(() => true);
        cache.clear();
    }
    return Promise.resolve();
  }

  check(): void {
    expect(this.cache.size).toBeLessThanOrEqual(this.#how.max);
    expect(this.cache.totalSize).toBeLessThanOrEqual(this.#how.maxSize);
  }

  async play(tasks: readonly (readonly Step[])[]): Promise<void> {
    const calls: Promise<void>[] = [];
    const play = async (steps: readonly Step[]): Promise<void> => {
      for (const step of steps) {
        const call = this.act(step.act);
        // Looked at in the end.
        call.catch(() => {});
        calls.push(call);
        this.check();
        await pauseFor(step.pause);
      }
    };
    await Promise.all(tasks.map(play));
    await Promise.all(calls);
    // The longest load, and the longest lease.
    await sleep(1_000);
    await this.cache.settled();
    expect(this.cache.stats()).toMatchObject({ loading: 0 });
    expect(this.cache.table.size).toBe(this.cache.size);
    expect(this.#open.size).toBe(0);
  }
}

async function assertAll(property: fc.IAsyncPropertyWithHooks<never>): Promise<void> {
  const unhandled = await unhandledDuring(() =>
    fc.assert(property, { numRuns: Number(process.env["RUNS"] ?? 100) }),
  );
  expect(unhandled).toEqual([]);
}

test(
  "an AsyncLru gives nothing older than an invalidation, loads a key once, has no more than fits",
  async () => {
    const tasks = tasksOf([...plainActs, ...otherActs]);
    const property = fc.asyncProperty(settings, loads, tasks, (how, plans, of) =>
      withVirtualClock(() => new Run(how, plans).play(of)),
    );
    await assertAll(property as never);
  },
  process.env["RUNS"] ? 6e6 : 60_000,
);

/** Something that others share, and that takes its time. */
class SlowTier implements CacheTier<string, Value> {
  readonly #pauses: readonly number[];
  #count = 0;
  readonly #values = new Map<string, { readonly value: Value; readonly until: number }>();
  readonly #leases = new Set<string>();
  readonly #now: () => number;
  lease?: NonNullable<CacheTier<string, Value>["lease"]>;

  constructor(pauses: readonly number[], leases: boolean, now: () => number) {
    this.#pauses = pauses;
    this.#now = now;
    if (leases) this.lease = (of) => this.#lease(of);
  }

  /** Does it at some time between the call and its end. */
  async #slowly<T>(fn: () => T): Promise<T> {
    await pauseFor(this.#pauses[this.#count++ % this.#pauses.length]!);
    const result = fn();
    await pauseFor(this.#pauses[this.#count++ % this.#pauses.length]!);
    return result;
  }

  get(of: string): Promise<{ readonly value: Value; readonly ttlMs: number } | undefined> {
    return this.#slowly(() => {
      const found = this.#values.get(of);
      return found && { value: { ...found.value, disposed: 0 }, ttlMs: found.until - this.#now() };
    });
  }

  set(of: string, value: Value, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    return this.#slowly(() => void this.#values.set(of, { value, until: this.#now() + ttlMs }));
  }

  delete(of: string): Promise<void> {
    return this.#slowly(() => void this.#values.delete(of));
  }

  clear(): Promise<void> {
    return this.#slowly(() => this.#values.clear());
  }

  #lease(of: string): Promise<(() => unknown) | undefined> {
    return this.#slowly(() => {
      if (this.#leases.has(of)) return undefined;
      this.#leases.add(of);
      return () => this.#slowly(() => this.#leases.delete(of));
    });
  }
}

test(
  "nothing older than an invalidation comes back from a tier, whatever that takes its time for",
  async () => {
    const pauses = fc.array(pause, { minLength: 1, maxLength: 8 });
    const tasks = tasksOf(plainActs);
    const property = fc.asyncProperty(
      settings,
      loads,
      tasks,
      pauses,
      fc.boolean(),
      (how, plans, of, slow, leases) =>
        withVirtualClock((clock) => {
          const tier = new SlowTier(slow, leases, () => clock.now());
          return new Run(how, plans, tier).play(of);
        }),
    );
    await assertAll(property as never);
  },
  process.env["RUNS"] ? 6e6 : 60_000,
);
