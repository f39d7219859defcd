import fc from "fast-check";
import { expect, test } from "vitest";
import { Broadcast, type Subscription } from "../../src/channel/broadcast.ts";
import { ClosedError, LaggedError } from "../../src/cancel/errors.ts";

const SIGNALS = 3;

type Step =
  | { readonly do: "publish"; readonly times: number }
  | { readonly do: "subscribe" }
  | { readonly do: "receive" | "next"; readonly at: number; readonly signal: number | undefined }
  | { readonly do: "try" | "leave" | "again"; readonly at: number }
  | { readonly do: "abort" | "abort-publish"; readonly signal: number }
  | { readonly do: "close" };

const which = fc.nat(5);
const signal = fc.nat(SIGNALS - 1);
const asks = (how: "receive" | "next"): fc.Arbitrary<Step> =>
  fc.record({
    do: fc.constant(how),
    at: which,
    signal: fc.option(signal, { nil: undefined, freq: 2 }),
  });
const one = (how: "try" | "leave" | "again"): fc.Arbitrary<Step> =>
  fc.record({ do: fc.constant(how), at: which });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "subscribe" as const }) },
  { weight: 8, arbitrary: asks("receive") },
  { weight: 4, arbitrary: asks("next") },
  { weight: 4, arbitrary: one("try") },
  { weight: 2, arbitrary: one("leave") },
  { weight: 1, arbitrary: one("again") },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("abort" as const), signal }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("abort-publish" as const), signal }) },
  { weight: 1, arbitrary: fc.constant({ do: "close" as const }) },
);

interface Asking {
  readonly id: number;
  readonly signal: number | undefined;
  readonly iterates: boolean;
}

/** One subscription, in the plainest way: a list of what is unread, a list of those who wait. */
class NaiveSubscription {
  unread: number[] = [];
  asking: Asking[] = [];
  missed = 0;
  untold = 0;
  left = false;
}

class Naive {
  readonly outcomes: string[] = [];
  readonly subscriptions: NaiveSubscription[] = [];
  readonly aborted = Array.from({ length: SIGNALS }, () => false);
  closed = false;
  readonly capacity: number;
  readonly skips: boolean;

  constructor(capacity: number, skips: boolean) {
    this.capacity = capacity;
    this.skips = skips;
  }

  subscribe(): void {
    this.subscriptions.push(new NaiveSubscription());
  }

  publish(value: number): void {
    for (const each of this.subscriptions) {
      if (each.left) continue;
      const asking = each.asking.shift();
      if (asking !== undefined) {
        this.outcomes[asking.id] = `value ${value}`;
        continue;
      }
      each.unread.push(value);
      if (each.unread.length <= this.capacity) continue;
      each.unread.shift();
      each.missed++;
      each.untold++;
    }
  }

  /** What is said at once; `undefined` for one who has to wait. */
  take(at: number, iterates: boolean): string | undefined {
    const each = this.subscriptions[at]!;
    if (each.left || (this.closed && each.unread.length === 0)) return iterates ? "end" : "closed";
    if (each.untold > 0 && !this.skips) {
      const lagged = `lagged ${each.untold}`;
      each.untold = 0;
      return lagged;
    }
    each.untold = 0;
    return each.unread.length > 0 ? `value ${each.unread.shift()}` : undefined;
  }

  ask(at: number, asking: Asking): void {
    const each = this.subscriptions[at]!;
    const over = each.left || (this.closed && each.unread.length === 0);
    // An iteration that is over says so, also to one who is cancelled.
    const aborted =
      !(over && asking.iterates) && asking.signal !== undefined && this.aborted[asking.signal]!;
    const said = aborted ? `signal ${asking.signal}` : this.take(at, asking.iterates);
    if (said === undefined) each.asking.push(asking);
    else this.outcomes[asking.id] = said;
  }

  drop(each: NaiveSubscription, said: (asking: Asking) => string | undefined): void {
    each.asking = each.asking.filter((asking) => {
      const outcome = said(asking);
      if (outcome !== undefined) this.outcomes[asking.id] = outcome;
      return outcome === undefined;
    });
  }

  abort(at: number): void {
    this.aborted[at] = true;
    for (const each of this.subscriptions) {
      this.drop(each, (asking) => (asking.signal === at ? `signal ${at}` : undefined));
    }
  }

  leave(at: number): void {
    const each = this.subscriptions[at]!;
    each.left = true;
    each.unread = [];
    this.drop(each, ({ iterates }) => (iterates ? "end" : "closed"));
  }

  close(): void {
    this.closed = true;
    for (const each of this.subscriptions) {
      this.drop(each, ({ iterates }) => (iterates ? "end" : "closed"));
    }
  }
}

function says(error: unknown): string {
  if (error instanceof LaggedError) return `lagged ${error.missed}`;
  if (error instanceof ClosedError) return "closed";
  return String(error);
}

async function run(capacity: number, skips: boolean, steps: readonly Step[]): Promise<void> {
  const broadcast = new Broadcast<number>({ capacity, onLag: skips ? "skip" : "error" });
  const naive = new Naive(capacity, skips);
  const subscriptions: Subscription<number>[] = [];
  const controllers = Array.from({ length: SIGNALS }, () => new AbortController());
  const heard: string[] = [];
  const told: Promise<void>[] = [];
  let value = 0;
  let publishing = false;
  for (const controller of controllers) {
    controller.signal.addEventListener("abort", () => {
      if (publishing) broadcast.publish(value);
    });
  }
  const listen = (id: number, promise: Promise<string>): void => {
    told.push(
      promise.then(
        (outcome) => {
          heard[id] = outcome;
        },
        (error: unknown) => {
          heard[id] = says(error);
        },
      ),
    );
  };
  let count = 0;
  const subscribe = (fresh: Subscription<number>): void => {
    subscriptions.push(fresh);
    naive.subscribe();
  };
  subscribe(broadcast.subscribe());
  for (const each of steps) {
    const at = "at" in each ? each.at % subscriptions.length : 0;
    const subscription = subscriptions[at]!;
    switch (each.do) {
      case "publish":
        for (let i = 0; i < each.times; i++) {
          value++;
          if (naive.closed) expect(() => broadcast.publish(value)).toThrow(ClosedError);
          else {
            naive.publish(value);
            broadcast.publish(value);
          }
        }
        break;
      case "subscribe":
        subscribe(broadcast.subscribe());
        break;
      case "again":
        subscribe(subscription.resubscribe());
        break;
      case "receive":
      case "next": {
        const id = count++;
        const iterates = each.do === "next";
        const options =
          each.signal === undefined ? {} : { signal: controllers[each.signal]!.signal };
        naive.ask(at, { id, signal: each.signal, iterates });
        listen(
          id,
          iterates
            ? subscription
                .values(options)
                .next()
                .then(({ value: got, done }) => (done === true ? "end" : `value ${got}`))
            : subscription.receive(options).then((got) => `value ${got}`),
        );
        break;
      }
      case "try": {
        const expected = naive.take(at, false);
        let said: string | undefined;
        try {
          const found = subscription.tryReceive();
          said = found === undefined ? undefined : `value ${found.value}`;
        } catch (error) {
          said = says(error);
        }
        expect(said).toBe(expected);
        break;
      }
      case "leave":
        naive.leave(at);
        subscription.close();
        break;
      case "abort":
        naive.abort(each.signal);
        controllers[each.signal]!.abort(`signal ${each.signal}`);
        break;
      case "abort-publish":
        publishing = !naive.closed && !naive.aborted[each.signal];
        naive.abort(each.signal);
        if (publishing) naive.publish(++value);
        controllers[each.signal]!.abort(`signal ${each.signal}`);
        publishing = false;
        break;
      case "close":
        naive.close();
        broadcast.close();
        break;
    }
    expect(subscriptions.map((own) => [own.size, own.missed, own.waiting])).toEqual(
      naive.subscriptions.map((own) => [own.unread.length, own.missed, own.asking.length]),
    );
    const open = naive.subscriptions.filter(({ left }) => !left);
    expect(broadcast.stats()).toEqual({
      capacity,
      size: Math.max(0, ...open.map(({ unread }) => unread.length)),
      subscriptions: open.length,
      waiting: open.reduce((sum, { asking }) => sum + asking.length, 0),
      closed: naive.closed,
    });
  }
  naive.close();
  broadcast.close();
  await Promise.all(told);
  expect(heard).toEqual(naive.outcomes);
}

test("Broadcast agrees with naive lists: values, order, lag, who waits, what is kept", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(Infinity)),
      fc.boolean(),
      fc.array(step, { maxLength: 60, size: "max" }),
      (capacity, skips, steps) => run(capacity, skips, steps),
    ),
    { numRuns: 120 },
  );
});
