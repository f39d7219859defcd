import fc from "fast-check";
import { expect, test } from "vitest";
import { batch, type CancelScope, detached, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { Callers, type Cut, cut, type From, from } from "./callers.ts";
import { type BatchLimits, given, NaiveBatch, type Script } from "./naive-batch.ts";

type Step =
  | { readonly do: "call"; readonly from: From; readonly key: number }
  | { readonly do: "many"; readonly from: From; readonly keys: readonly number[] }
  | { readonly do: "cut"; readonly by: Cut }
  | { readonly do: "flush" };

/** What is done in one step of the program, and how much time passes after it. */
interface Turn {
  readonly steps: readonly Step[];
  readonly ms: number;
}

const key = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("call" as const), from, key }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("many" as const),
      from,
      keys: fc.array(key, { maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut" as const), by: cut }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("flush" as const) }) },
);

const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({ steps: fc.array(step, { maxLength: 8 }), ms: fc.constantFrom(0, 0, 1, 5, 10, 30) }),
  { maxLength: 15, size: "max" },
);

const limits: fc.Arbitrary<BatchLimits> = fc.record({
  max: fc.constantFrom(1, 2, 3, 5, Infinity),
  windowMs: fc.constantFrom(0, 0, 7, 10, 25, Infinity),
  concurrency: fc.constantFrom(1, 2, Infinity),
});

// What ends never ends at a moment at which something else comes to pass: which is first then, is open.
const SOME = 1 / 1024;

const scripts: fc.Arbitrary<Script[]> = fc.array(
  fc.record({
    ms: fc.constantFrom(1, 5, 10, 40).map((ms) => ms + SOME),
    stubborn: fc.boolean(),
    gives: fc.constantFrom("array", "array", "map", "errors", "rejects", "wrong"),
  }),
  { minLength: 1, maxLength: 8 },
);

function named(name: string): Error {
  return Object.assign(new Error("expected"), { name });
}

/** What a load gives for its keys; or it throws. */
function resultsOf(script: Script, number: number, keys: readonly number[]): unknown {
  const gives = keys.map((each) => ({ each, ...given(script, number, each) }));
  if (script.gives === "rejects") throw named(gives[0]!.text);
  if (script.gives === "wrong") return [...keys, 0];
  if (script.gives !== "map") return gives.map(({ text, ok }) => (ok ? text : named(text)));
  return new Map(gives.filter(({ text }) => text !== "undefined").map((it) => [it.each, it.text]));
}

/** Loads what the reference says, and notes what was asked for. */
function loader(
  all: readonly Script[],
  sent: string[],
): (keys: readonly number[], scope: CancelScope) => Promise<string[]> {
  return ((keys: readonly number[], scope: CancelScope) => {
    const number = sent.length;
    const script = all[number % all.length]!;
    sent.push(`${now()}: ${keys.join()}`);
    scope.signal.addEventListener("abort", () => (sent[number] += " cancelled"));
    const slept = script.stubborn
      ? detached(() => sleep(script.ms))
      : sleep(script.ms, { signal: scope.signal });
    return slept.then(() => resultsOf(script, number, keys));
  }) as never;
}

/** Does the same to a batched function and to the reference. */
function run(limit: BatchLimits, all: readonly Script[], of: readonly Turn[]): Promise<void> {
  return withVirtualClock(async (clock) => {
    const naive = new NaiveBatch(limit, all);
    const callers = new Callers();
    const sent: string[] = [];
    const load = batch(loader(all, sent), limit);
    let count = 0;
    const listen = (promise: Promise<unknown>): void =>
      callers.listenLate(count++, promise, (value) => `${now()} ${String(value)}`);
    for (const { steps, ms } of of) {
      for (const each of steps) {
        switch (each.do) {
          case "call":
            naive.call(count, each.from, [each.key]);
            listen(callers.in(each.from, (options) => load(each.key, options)));
            break;
          case "many":
            naive.call(count, each.from, each.keys);
            listen(
              callers.in(each.from, (options) =>
                load.many(each.keys, options).then((values) => values.map(String)),
              ),
            );
            break;
          case "cut":
            naive.cut(each.by);
            callers.cut(each.by, () => load.flush());
            break;
          case "flush":
            naive.flush();
            load.flush();
            break;
        }
        expect(load.pending).toBe(naive.keys.length);
      }
      naive.settle();
      await clock.runUntilIdle();
      naive.advance(naive.time + ms);
      await clock.advance(ms);
      expect(sent).toEqual(naive.sent);
      expect(callers.heard).toEqual(naive.heard);
      const loading = naive.loads.reduce((sum, { keys }) => sum + keys.length, 0);
      const [pending, active] = [naive.keys.length, naive.loads.length];
      expect(load.stats()).toEqual({ pending, active, loading });
    }
    // Whoever is left is served in the end.
    naive.flush();
    load.flush();
    naive.settle();
    naive.advance(naive.time + 1e5);
    await clock.advance(1e5);
    expect([sent, callers.heard]).toEqual([naive.sent, naive.heard]);
    expect(load.stats()).toEqual({ pending: 0, active: 0, loading: 0 });
    expect(callers.retained()).toBe(0);
  });
}

test("a batched function agrees with a naive one: what is sent when, and what each caller hears", async () => {
  await fc.assert(
    fc.asyncProperty(limits, scripts, turns, (limit, all, of) => run(limit, all, of)),
    { numRuns: 120 },
  );
}, 30_000);
