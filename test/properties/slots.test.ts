import { getEventListeners } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CancelledError, CancelScope, ClosedError } from "corral";
import { Slots } from "../../src/cancel/slots.ts";
import { fail, placeOf, refusal, type Wait } from "../../src/cancel/wait.ts";

const SCOPES = 3;
const SIGNALS = 3;

/** What a caller can be cancelled by: a scope, a signal, both, or nothing. */
interface From {
  readonly scope: number | undefined;
  readonly signal: number | undefined;
}

type Step =
  | ({ readonly do: "enter" } & From)
  | { readonly do: "begin" }
  | { readonly do: "leave" }
  | { readonly do: "cancel"; readonly scope: number }
  | { readonly do: "abort"; readonly signal: number }
  /** A listener that was there before the library's gives a place back as the signal aborts. */
  | { readonly do: "abort-leave"; readonly signal: number }
  | { readonly do: "total"; readonly total: number }
  | { readonly do: "clear" };

const scope = fc.nat(SCOPES - 1);
const signal = fc.nat(SIGNALS - 1);
const enter: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("enter" as const),
  scope: fc.option(scope, { nil: undefined }),
  signal: fc.option(signal, { nil: undefined }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: enter },
  { weight: 4, arbitrary: fc.constant({ do: "begin" as const }) },
  { weight: 5, arbitrary: fc.constant({ do: "leave" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), scope }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), signal }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort-leave" as const), signal }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("total" as const),
      total: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "clear" as const }) },
);

/** The reference: a list, searched from its start. */
class NaiveSlots {
  line: ({ readonly id: number } & From)[] = [];
  outcomes: string[] = [];
  held = 0;
  starting = 0;
  cancelled: boolean[] = Array.from({ length: SCOPES }, () => false);
  aborted: boolean[] = Array.from({ length: SIGNALS }, () => false);
  total: number;

  constructor(total: number) {
    this.total = total;
  }

  enter(id: number, from: From): void {
    if (from.scope !== undefined && this.cancelled[from.scope]) {
      this.outcomes[id] = `scope ${from.scope}`;
    } else if (from.signal !== undefined && this.aborted[from.signal]) {
      this.outcomes[id] = `signal ${from.signal}`;
    } else if (this.held < this.total && this.starting === 0 && this.line.length === 0) {
      this.held++;
      this.outcomes[id] = "entered";
    } else {
      this.line.push({ id, ...from });
      this.handOver();
    }
  }

  handOver(): void {
    while (this.held < this.total && this.line.length > 0) {
      this.held++;
      this.starting++;
      this.outcomes[this.line.shift()!.id] = "granted";
    }
  }

  drop(outcome: string, who: (from: From) => boolean): void {
    for (const waiter of this.line) if (who(waiter)) this.outcomes[waiter.id] = outcome;
    this.line = this.line.filter((waiter) => !who(waiter));
  }

  abort(at: number, leave: boolean): void {
    if (this.aborted[at]) return;
    this.aborted[at] = true;
    this.drop(`signal ${at}`, (from) => from.signal === at);
    if (leave && this.held > this.starting) this.leave();
  }

  cancel(at: number): void {
    this.cancelled[at] = true;
    this.drop(`scope ${at}`, (from) => from.scope === at);
  }

  leave(): void {
    this.held--;
    this.handOver();
  }
}

function run(total: number, steps: readonly Step[]): Promise<void> {
  const slots = new Slots(total, "slots", undefined);
  const naive = new NaiveSlots(total);
  const scopes = Array.from({ length: SCOPES }, () => new CancelScope());
  const controllers = Array.from({ length: SIGNALS }, () => new AbortController());
  let leaving = false;
  for (const controller of controllers) {
    controller.signal.addEventListener("abort", () => {
      if (leaving) slots.leave();
    });
  }
  const waits: (Wait | undefined)[] = [];
  const outcomes: Promise<void>[] = [];
  const heard: string[] = [];
  const order: number[] = [];

  const says = (error: unknown): string => {
    if (error instanceof ClosedError) return "closed";
    const at = scopes.findIndex((each) => each.cancelled && each.signal.reason === error);
    if (error instanceof CancelledError) return `scope ${at}`;
    return String(error);
  };
  const listen = (id: number, promise: Promise<unknown>): void => {
    outcomes.push(
      promise.then(
        () => {
          heard[id] = "granted";
          order.push(id);
        },
        (error: unknown) => {
          heard[id] = says(error);
        },
      ),
    );
  };
  const attempt = (id: number, from: From): void => {
    const own = from.signal === undefined ? undefined : controllers[from.signal]!.signal;
    const place = from.scope === undefined ? placeOf(own) : scopes[from.scope];
    const no = refusal(place, own);
    if (no !== undefined) listen(id, no);
    else if (slots.enter()) heard[id] = "entered";
    else listen(id, (waits[id] = slots.queue(place, own, { id }) as Wait).promise);
  };

  let count = 0;
  for (const each of steps) {
    switch (each.do) {
      case "enter":
        naive.enter(count, each);
        attempt(count++, each);
        break;
      case "begin":
        if (naive.starting === 0) break;
        naive.starting--;
        slots.begin();
        break;
      case "leave":
        if (naive.held === naive.starting) break;
        naive.leave();
        slots.leave();
        break;
      case "cancel":
        naive.cancel(each.scope);
        scopes[each.scope]!.cancel();
        break;
      case "abort":
      case "abort-leave":
        leaving =
          each.do === "abort-leave" && !naive.aborted[each.signal] && naive.held > naive.starting;
        naive.abort(each.signal, leaving);
        controllers[each.signal]!.abort(`signal ${each.signal}`);
        leaving = false;
        break;
      case "total":
        naive.total = each.total;
        naive.handOver();
        slots.total = each.total;
        break;
      case "clear":
        naive.drop("closed", () => true);
        while (slots.line.first !== undefined) fail(slots.line.first, new ClosedError("cleared"));
        break;
    }
    // The same places are held, and the same callers wait in the same order.
    expect(slots.held).toBe(naive.held);
    const line: unknown[] = [];
    for (let wait = slots.line.first; wait !== undefined; wait = wait.next)
      line.push((wait.payload as { id: number }).id);
    expect(line).toEqual(naive.line.map(({ id }) => id));
    expect(slots.line.length).toBe(line.length);
    // Nobody waits who could be granted.
    expect(line.length === 0 || slots.held >= slots.total).toBe(true);
    // What no pending wait is with holds no listener and no waiter.
    for (const [i, { signal: own }] of controllers.entries()) {
      const wanted = naive.line.some((waiter) => waiter.signal === i) ? 2 : 1;
      expect(getEventListeners(own, "abort")).toHaveLength(wanted);
    }
    for (const [i, own] of scopes.entries()) {
      expect(own.first !== undefined).toBe(naive.line.some((waiter) => waiter.scope === i));
    }
    for (const wait of waits) {
      if (wait === undefined || wait.pending) continue;
      expect([wait.previous, wait.next, wait.link]).toEqual([undefined, undefined, undefined]);
    }
  }
  // Whoever is left is served in the end.
  slots.total = Infinity;
  naive.total = Infinity;
  naive.handOver();
  return Promise.all(outcomes).then(() => {
    expect(heard).toEqual(naive.outcomes);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
}

test("Slots agree with a naive list: places, order, nobody forgotten, nothing retained", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 60, size: "max" }),
      (total, steps) => run(total, steps),
    ),
    { numRuns: 150 },
  );
});
