// A limit by key against a reference that says who may begin, and leaves the choice among keys open.
import fc from "fast-check";
import { expect, test } from "vitest";
import { keyed, type KeyedLimit } from "corral";
import { type Cut, cut, Callers, type From, from } from "../properties/callers.ts";
import { type Deferred, deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";

const places = new Map([
  ["a", 1],
  ["b", 2],
  ["c", 3],
]);
const keys = [...places.keys()];

type Step =
  | { readonly do: "run"; readonly key: string; readonly from: From }
  | { readonly do: "end"; readonly at: number; readonly fails: boolean }
  | { readonly do: "cut"; readonly by: Cut; readonly total: number }
  | { readonly do: "total"; readonly total: number }
  | { readonly do: "clear"; readonly key: string | undefined }
  | { readonly do: "settle" };

const key = fc.constantFrom(...keys);
const total = fc.integer({ min: 1, max: 5 });

function doing<D extends Step["do"]>(it: D): fc.Arbitrary<D> {
  return fc.constant(it);
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: doing("run"), key, from }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: doing("end"), at: fc.nat(9), fails: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: doing("cut"), by: cut, total }) },
  { weight: 3, arbitrary: fc.record({ do: doing("total"), total }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: doing("clear"), key: fc.option(key, { nil: undefined }) }),
  },
  { weight: 5, arbitrary: fc.record({ do: doing("settle") }) },
);

interface Call {
  readonly id: number;
  readonly key: string;
  readonly from: From;
}

/** The reference: lists, searched from their starts. */
class Naive {
  line: Call[] = [];
  /** They hold places: they run, or were handed one. */
  holders: Call[] = [];
  readonly begun = new Set<number>();
  readonly outcomes: string[] = [];
  readonly cuts = new Set<string>();
  total: number;

  constructor(most: number) {
    this.total = most;
  }

  held(of: string): number {
    return this.holders.filter((each) => each.key === of).length;
  }

  couldStart(of: string): boolean {
    return this.held(of) < places.get(of)! && this.holders.length < this.total;
  }

  refusal({ scope, signal }: From): string | undefined {
    return [`scope ${scope}`, `signal ${signal}`].find((each) => this.cuts.has(each));
  }

  /** Whether it begins at once. */
  run(call: Call): boolean {
    const no = this.refusal(call.from);
    if (no !== undefined) {
      this.outcomes[call.id] = no;
      return false;
    }
    const yields = this.line.some((each) => each.key === call.key || this.couldStart(each.key));
    // Of its key, somebody who was handed a place and has yet to begin.
    const behind = this.holders.some((each) => each.key === call.key && !this.begun.has(each.id));
    if (yields || behind || !this.couldStart(call.key)) {
      this.line.push(call);
      return false;
    }
    this.holders.push(call);
    this.begun.add(call.id);
    return true;
  }

  /** The limit has handed places to some: whoever is first of a key, if there was room. */
  follow(limit: KeyedLimit<string>): void {
    for (const of of keys) {
      const waiting = this.line.filter((each) => each.key === of);
      for (const call of waiting.slice(0, waiting.length - limit.pendingOf(of))) {
        expect(this.couldStart(of), `${of} begins`).toBe(true);
        this.line = this.line.filter((each) => each !== call);
        this.holders.push(call);
      }
    }
  }

  drop(why: string, who: (call: Call) => boolean): void {
    for (const call of this.line) if (who(call)) this.outcomes[call.id] = why;
    this.line = this.line.filter((call) => !who(call));
  }

  cut(by: Cut): void {
    const why = "scope" in by ? `scope ${by.scope}` : `signal ${by.signal}`;
    if (this.cuts.has(why)) return;
    this.cuts.add(why);
    this.drop(why, ({ from: it }) =>
      "scope" in by ? it.scope === by.scope : it.signal === by.signal,
    );
  }

  /** Those who were handed places begin, or give them back; who ends gives it back. */
  settle(ends: ReadonlySet<number>): void {
    const gone = new Set(ends);
    for (const { id, from: it } of this.holders) {
      if (this.begun.has(id)) continue;
      const no = this.refusal(it);
      if (no === undefined) {
        this.begun.add(id);
      } else {
        this.outcomes[id] = no;
        gone.add(id);
      }
    }
    this.holders = this.holders.filter(({ id }) => !gone.has(id));
  }
}

class Run {
  readonly callers: Callers = new Callers();
  readonly limit: KeyedLimit<string>;
  readonly naive: Naive;
  readonly gates = new Map<number, Deferred<string>>();
  readonly begun: Call[] = [];
  ends = new Set<number>();
  count = 0;

  constructor(most: number) {
    this.limit = keyed<string>((of) => places.get(of)!, { total: most });
    this.naive = new Naive(most);
  }

  call(of: string, by: From): void {
    const call: Call = { id: this.count++, key: of, from: by };
    const before = this.begun.length;
    const atOnce = this.naive.run(call);
    const body = (): Promise<string> => {
      const gate = deferred<string>();
      this.gates.set(call.id, gate);
      this.begun.push(call);
      return gate.promise;
    };
    const ran = this.callers.in(by, (options) => this.limit.run(of, body, options));
    this.callers.listenLate(call.id, ran, (value) => value);
    expect(this.begun.length - before, `${call.id} begins at once`).toBe(atOnce ? 1 : 0);
    this.naive.follow(this.limit);
  }

  end(at: number, fails: boolean): void {
    const running = this.naive.holders.filter(
      ({ id }) => this.naive.begun.has(id) && !this.ends.has(id),
    );
    if (running.length === 0) return;
    const { id } = running[at % running.length]!;
    this.ends.add(id);
    this.naive.outcomes[id] = fails ? "RangeError" : "value";
    if (fails) this.gates.get(id)!.reject(new RangeError("fails"));
    else this.gates.get(id)!.resolve("value");
  }

  resize(to: number): void {
    this.naive.total = to;
    this.limit.total = to;
    this.naive.follow(this.limit);
  }

  /** A listener that was there before the library's makes places while a signal aborts. */
  cut(by: Cut, early: number): void {
    const acts = "signal" in by && by.early && !this.naive.cuts.has(`signal ${by.signal}`);
    // Whoever it reaches has left the line, or leaves it before anybody is handed a place.
    this.naive.cut(by);
    if (acts) this.naive.total = early;
    this.callers.cut(by, () => {
      this.limit.total = early;
    });
    this.naive.follow(this.limit);
  }

  clear(of: string | undefined): void {
    this.naive.drop("ClosedError", (call) => of === undefined || call.key === of);
    if (of === undefined) this.limit.clear();
    else this.limit.clear(of);
  }

  async settle(): Promise<void> {
    const { naive } = this;
    naive.settle(this.ends);
    this.ends = new Set();
    await settle();
    naive.follow(this.limit);
    naive.settle(new Set());
    // All who were to begin have begun, those of a key in the order in which they came.
    expect(new Set(this.begun.map(({ id }) => id))).toEqual(naive.begun);
    for (const of of keys) {
      const ids = this.begun.filter((call) => call.key === of).map(({ id }) => id);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
    expect(this.callers.heard).toEqual(naive.outcomes);
  }

  check(): void {
    const { limit, naive } = this;
    const idle = (of: string): boolean =>
      ![...naive.holders, ...naive.line].some((each) => each.key === of);
    expect(limit.stats()).toMatchObject({
      keys: keys.filter((of) => !idle(of)).length,
      active: naive.holders.length,
      pending: naive.line.length,
      total: naive.total,
    });
    for (const of of keys) {
      expect(limit.activeOf(of)).toBe(naive.held(of));
      expect(limit.pendingOf(of)).toBe(naive.line.filter((each) => each.key === of).length);
      expect(limit.activeOf(of)).toBeLessThanOrEqual(places.get(of)!);
      // Nobody waits who could begin.
      if (limit.pendingOf(of) > 0) expect(naive.couldStart(of), `${of} waits`).toBe(false);
    }
  }
}

async function play(most: number, steps: readonly Step[]): Promise<void> {
  const run = new Run(most);
  for (const each of steps) {
    if (each.do === "run") run.call(each.key, each.from);
    else if (each.do === "end") run.end(each.at, each.fails);
    else if (each.do === "cut") run.cut(each.by, each.total);
    else if (each.do === "total") run.resize(each.total);
    else if (each.do === "clear") run.clear(each.key);
    else await run.settle();
    run.check();
  }
  await run.settle();
  run.check();
  while (run.naive.holders.length > 0) {
    run.end(0, false);
    await run.settle();
    run.check();
  }
  expect(run.naive.line).toEqual([]);
  expect(run.limit.stats()).toMatchObject({ keys: 0, active: 0, pending: 0, zombies: 0 });
  expect(run.callers.retained()).toBe(0);
}

test("keyed() agrees with a naive reference: places, order, nobody forgotten, no key kept", async () => {
  const property = fc.asyncProperty(total, fc.array(step, { maxLength: 60, size: "max" }), play);
  await fc.assert(property, { numRuns: 200 });
}, 30_000);
