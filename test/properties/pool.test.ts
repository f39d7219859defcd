import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeyedPoolOptions, Lease } from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { type Behaviour, type Limits, PoolWorld, type Thing } from "./pool-world.ts";

type Step =
  | { readonly do: "acquire"; readonly key: number; readonly timeoutMs: number | undefined }
  | { readonly do: "try"; readonly key: number }
  | { readonly do: "run"; readonly key: number; readonly fails: boolean }
  | { readonly do: "abort" | "release" | "destroy" | "end"; readonly which: number }
  | { readonly do: "warm"; readonly key: number; readonly count: number }
  | { readonly do: "expire"; readonly key: number | undefined }
  | { readonly do: "advance"; readonly ms: number };

const key = fc.nat(2);
const which = fc.nat(10);

function doing<D extends Step["do"]>(...it: D[]): fc.Arbitrary<D> {
  return fc.constantFrom(...it);
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      do: doing("acquire"),
      key,
      timeoutMs: fc.option(fc.nat(60), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: doing("try"), key }) },
  { weight: 2, arbitrary: fc.record({ do: doing("run"), key, fails: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: doing("abort"), which }) },
  { weight: 6, arbitrary: fc.record({ do: doing("release", "end"), which }) },
  { weight: 1, arbitrary: fc.record({ do: doing("destroy"), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: doing("warm"), key, count: fc.integer({ min: 1, max: 2 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: doing("expire"), key: fc.option(key, { nil: undefined }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: doing("advance"), ms: fc.nat(60) }) },
);

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  ms: fc.option(fc.nat(50), { nil: undefined }),
  fails: fc.boolean().chain((fails) => (fails ? fc.boolean() : fc.constant(false))),
  deaf: fc.boolean().chain((deaf) => (deaf ? fc.boolean() : fc.constant(false))),
});

const limits: fc.Arbitrary<Limits> = fc.record({
  max: fc.integer({ min: 2, max: 3 }),
  total: fc.integer({ min: 1, max: 5 }),
});

const options: fc.Arbitrary<Partial<KeyedPoolOptions<number, Thing>>> = fc.record(
  {
    maxIdleMs: fc.integer({ min: 1, max: 80 }),
    maxLifetimeMs: fc.integer({ min: 1, max: 120 }),
    maxUses: fc.integer({ min: 1, max: 3 }),
    validateAfterIdleMs: fc.nat(20),
    onCreateError: fc.constantFrom("reject", "retry"),
    leakWarnMs: fc.constant(30),
  },
  { requiredKeys: [] },
);

const ending = fc.constantFrom("close", "terminate", "release and close", "close, then release");

interface Held {
  readonly id: number;
  readonly lease: Lease<Thing>;
}

class Session {
  readonly world: PoolWorld;
  readonly held: Held[] = [];
  readonly #controllers: AbortController[] = [];
  readonly #runs: { readonly end: () => void }[] = [];
  #calls = 0;
  settled = 0;

  constructor(world: PoolWorld) {
    this.world = world;
  }

  get calls(): number {
    return this.#calls;
  }

  do(it: Step): void {
    const { pool } = this.world;
    if (it.do === "acquire") this.#acquire(it.key, it.timeoutMs);
    else if (it.do === "run") this.#run(it.key, it.fails);
    else if (it.do === "try") {
      const lease = pool.tryAcquire(it.key);
      if (lease !== undefined) {
        const id = this.#calls++;
        this.settled++;
        this.world.asks(id, it.key);
        this.world.getsAtOnce(id, lease.value);
        this.held.push({ id, lease });
      }
    } else if (it.do === "abort") this.#pick(this.#controllers, it.which)?.abort("aborted");
    else if (it.do === "end") this.#pick(this.#runs, it.which)?.end();
    else if (it.do === "release") this.release(it.which);
    else if (it.do === "destroy") this.release(it.which, true);
    else if (it.do === "warm") void pool.warm(it.key, it.count).catch(() => {});
    else if (it.do === "expire") {
      if (it.key === undefined) pool.expireAll();
      else pool.expire(it.key);
    }
  }

  #pick<T>(list: T[], index: number): T | undefined {
    return list.length === 0 ? undefined : list.splice(index % list.length, 1)[0];
  }

  #acquire(of: number, timeoutMs: number | undefined): void {
    const id = this.#calls++;
    const controller = new AbortController();
    this.#controllers.push(controller);
    this.world.asks(id, of);
    controller.signal.addEventListener("abort", () => this.world.leaves(id, of));
    this.world.pool.acquire(of, { signal: controller.signal, timeoutMs }).then(
      (lease) => {
        this.settled++;
        // The pool was terminated between the grant and now.
        if (lease.released) return this.world.leaves(id, of);
        // It was granted before the abort: it is kept.
        if (controller.signal.aborted) this.world.things[lease.value.id]!.holder = id;
        else this.world.gets(id, lease.value);
        this.held.push({ id, lease });
      },
      () => {
        this.settled++;
        this.world.leaves(id, of);
      },
    );
  }

  #run(of: number, fails: boolean): void {
    const id = this.#calls++;
    this.world.asks(id, of);
    let began: Thing | undefined;
    let isAtOnce = true;
    const fn = (thing: Thing): Promise<void> => {
      began = thing;
      if (isAtOnce) this.world.getsAtOnce(id, thing);
      else this.world.gets(id, thing);
      return new Promise((resolve, reject) => {
        const end = (): void => {
          thing.holder = undefined;
          if (fails) reject(new Error("the work failed"));
          else resolve();
        };
        this.#runs.push({ end });
      });
    };
    const ended = (): void => {
      this.settled++;
      if (began === undefined) this.world.leaves(id, of);
    };
    this.world.pool.run(of, fn).then(ended, ended);
    isAtOnce = false;
  }

  release(index: number, destroys = false): void {
    const one = this.#pick(this.held, index);
    if (one === undefined) return;
    const { lease } = one;
    if (!lease.released) lease.value.holder = undefined;
    void (destroys ? lease.destroy() : lease.release());
    // Once more does nothing.
    void lease.release();
  }

  endAll(): void {
    while (this.held.length > 0) this.release(0);
    while (this.#runs.length > 0) this.#runs.pop()!.end();
  }
}

describe("a pool, whatever is done with it and whatever its functions do,", () => {
  test("keeps its limits, its order and its resources", async () => {
    const property = fc.asyncProperty(
      limits,
      fc.array(behaviour, { maxLength: 60, size: "max" }),
      options,
      fc.array(step, { maxLength: 30, size: "max" }),
      ending,
      async (limited, script, some, steps, how) => {
        await withVirtualClock(async (clock) => {
          const world = new PoolWorld(limited, script, some);
          const session = new Session(world);
          for (const one of steps) {
            if (one.do === "advance") await clock.advance(one.ms);
            else session.do(one);
            world.check(one.do);
          }
          const { pool } = world;
          if (how === "release and close") {
            // Whoever waits is served in the end.
            for (let i = 0; i < 200 && session.settled < session.calls; i++) {
              session.endAll();
              await clock.advance(20);
              world.check("end");
            }
            expect(session.settled).toBe(session.calls);
            session.endAll();
            await clock.advance(500);
          }
          const closed = how === "terminate" ? pool.terminate() : pool.close({ graceMs: 100 });
          if (how === "close, then release") session.endAll();
          await clock.advance(2_000);
          await closed;
          world.check("closed");
          session.endAll();
          await clock.advance(2_000);
          expect(session.settled).toBe(session.calls);
          expect(world.faults).toEqual([]);
          expect(world.making).toBe(0);
          expect(world.things.filter(({ state }) => state !== "ended")).toEqual([]);
          const { size, waiting, keys, created, destroyed } = pool.stats();
          expect([size, waiting, keys]).toEqual([0, 0, 0]);
          expect(created).toBe(world.things.length);
          expect(Object.values(destroyed).reduce((a, b) => a + b)).toBe(created);
        });
      },
    );
    // What fails on purpose is reported; that is tested elsewhere.
    await reportsDuring(() =>
      fc.assert(property, { numRuns: Number(process.env["POOL_RUNS"] ?? 300) }),
    );
  }, 120_000);
});
