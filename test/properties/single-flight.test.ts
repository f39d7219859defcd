// Random callers, ends and cancellations of single flights, against a naive one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CancelScope, SingleFlight } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";

type Step =
  | { readonly do: "run"; readonly key: string; readonly leaves: boolean }
  | { readonly do: "abort" | "cancel"; readonly which: number }
  | { readonly do: "end"; readonly which: number; readonly fails: boolean }
  | { readonly do: "forget"; readonly key: string };

const keys = ["a", "b", "c"];
const key = fc.constantFrom(...keys);
const which = fc.nat(12);

function doing<D extends Step["do"]>(...its: D[]): fc.Arbitrary<D> {
  return fc.constantFrom(...its);
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: doing("run"),
        key,
        leaves: fc.nat(4).map((n) => n > 0),
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: doing("abort"), which }) },
    { weight: 1, arbitrary: fc.record({ do: doing("cancel"), which }) },
    { weight: 3, arbitrary: fc.record({ do: doing("end"), which, fails: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: doing("forget"), key }) },
  ),
  { maxLength: 40, size: "max" },
);

interface NaiveFlight {
  readonly key: string;
  readonly number: number;
  /** Those who wait, and whether they can leave. */
  readonly waiting: Map<number, boolean>;
  cancelled: boolean;
  ended: boolean;
}

/** What is to happen, by the letter. */
class NaiveFlights {
  readonly keepAlive: boolean;
  readonly outcomes: string[] = [];
  readonly flights: NaiveFlight[] = [];
  readonly current: Map<string, NaiveFlight> = new Map();

  constructor(keepAlive: boolean) {
    this.keepAlive = keepAlive;
  }

  run(caller: number, of: string, leaves: boolean): void {
    let flight = this.current.get(of);
    if (flight === undefined || flight.cancelled) {
      const number = this.flights.length;
      flight = { key: of, number, waiting: new Map(), cancelled: false, ended: false };
      this.flights.push(flight);
      this.current.set(of, flight);
    }
    flight.waiting.set(caller, leaves);
  }

  abort(caller: number): void {
    const flight = this.flights.find(({ waiting }) => waiting.get(caller) === true);
    if (flight === undefined) return;
    flight.waiting.delete(caller);
    this.outcomes[caller] = "left";
    if (flight.waiting.size === 0 && !this.keepAlive) flight.cancelled = true;
  }

  cancel(flight: NaiveFlight): void {
    if (!flight.ended) flight.cancelled = true;
  }

  end(flight: NaiveFlight, outcome: string): void {
    if (flight.ended) return;
    flight.ended = true;
    for (const caller of flight.waiting.keys()) this.outcomes[caller] = outcome;
    flight.waiting.clear();
    if (this.current.get(flight.key) === flight) this.current.delete(flight.key);
  }

  has(of: string): boolean {
    return this.current.get(of)?.cancelled === false;
  }
}

async function check(keepAlive: boolean, of: readonly Step[]): Promise<void> {
  const naive = new NaiveFlights(keepAlive);
  const flights = new SingleFlight<string, string>({ keepAlive });
  const loads: { readonly scope: CancelScope; readonly gate: Deferred<string> }[] = [];
  const controllers: AbortController[] = [];
  const outcomes: string[] = [];
  const load = (scope: CancelScope): Promise<string> => {
    const gate = deferred<string>();
    loads.push({ scope, gate });
    return gate.promise;
  };
  for (const step of of) {
    switch (step.do) {
      case "run": {
        const caller = controllers.push(new AbortController()) - 1;
        naive.run(caller, step.key, step.leaves);
        const { signal } = controllers[caller]!;
        flights.run(step.key, load, step.leaves ? { signal } : undefined).then(
          (value) => (outcomes[caller] = value),
          (reason: string) => (outcomes[caller] = reason),
        );
        break;
      }
      case "abort":
        naive.abort(step.which);
        controllers[step.which]?.abort("left");
        break;
      case "cancel":
        if (loads[step.which] === undefined) break;
        naive.cancel(naive.flights[step.which]!);
        loads[step.which]!.scope.cancel("by itself");
        break;
      case "end": {
        if (loads[step.which] === undefined) break;
        const outcome = `${step.fails ? "failure" : "value"} ${step.which}`;
        naive.end(naive.flights[step.which]!, outcome);
        const { gate } = loads[step.which]!;
        if (step.fails) gate.reject(outcome);
        else gate.resolve(outcome);
        break;
      }
      case "forget":
        expect(flights.forget(step.key)).toBe(naive.has(step.key));
        naive.current.delete(step.key);
        break;
    }
    if (step.do === "end") await settle();
    expect(loads).toHaveLength(naive.flights.length);
    expect(keys.filter((each) => flights.has(each))).toEqual(
      keys.filter((each) => naive.has(each)),
    );
    expect(flights.stats().loads).toBe(naive.current.size);
    expect(loads.map(({ scope }) => scope.cancelled)).toEqual(
      naive.flights.map(({ cancelled }) => cancelled),
    );
  }
  for (const [i, flight] of naive.flights.entries()) {
    naive.end(flight, "the end");
    loads[i]!.gate.resolve("the end");
  }
  await settle();
  expect(outcomes).toEqual(naive.outcomes);
  expect(flights.stats()).toEqual({ loads: 0, calls: controllers.length, begun: loads.length });
}

test("a SingleFlight agrees with a naive one: who shares which load, what it gives, what cancels it", async () => {
  const unhandled = await unhandledDuring(() =>
    fc.assert(fc.asyncProperty(fc.boolean(), steps, check), { numRuns: 150 }),
  );
  expect(unhandled).toEqual([]);
}, 60_000);
