import fc from "fast-check";
import { expect, test } from "vitest";
import { cancellable, QueueFullError, WorkQueue } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { NaiveWorkQueue, type Overflow } from "./naive-work-queue.ts";

type Step =
  | { readonly do: "add"; readonly priority: number }
  | { readonly do: "end"; readonly which: number; readonly fails: boolean }
  | { readonly do: "abort"; readonly which: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "pause"; readonly paused: boolean }
  | { readonly do: "resize"; readonly concurrency: number }
  | { readonly do: "clear" };

function doing<D extends Step["do"]>(it: D): fc.Arbitrary<D> {
  return fc.constant(it);
}

const which = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({ do: doing("add"), priority: fc.integer({ min: -2, max: 2 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: doing("end"), which, fails: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: doing("abort"), which }) },
  { weight: 4, arbitrary: fc.record({ do: doing("advance"), ms: fc.nat(4).map((n) => n * 25) }) },
  { weight: 2, arbitrary: fc.record({ do: doing("pause"), paused: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: doing("resize"),
      concurrency: fc.constantFrom(1, 2, 3, Infinity),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: doing("clear") }) },
);

interface Made {
  readonly concurrency: number;
  readonly everyMs: number;
  readonly capacity: number;
  readonly overflow: Overflow;
}

const made: fc.Arbitrary<Made> = fc.record({
  concurrency: fc.integer({ min: 1, max: 3 }),
  everyMs: fc.constantFrom(50, 100, Infinity),
  capacity: fc.constantFrom(0, 1, 3, Infinity),
  overflow: fc.constantFrom("wait", "reject", "dropOldest", "dropLowest"),
});

interface Caller {
  readonly id: number;
  readonly controller: AbortController;
  readonly end: (fails: boolean) => void;
}

function outcomeOf(error: unknown): string {
  if (error === "aborted" || error === "failed") return error;
  return error instanceof QueueFullError ? "full" : "cleared";
}

function run(how: Made, steps: readonly Step[]): Promise<void> {
  return withVirtualClock(async (clock) => {
    const { concurrency, everyMs, capacity, overflow } = how;
    const queue = new WorkQueue({ concurrency, ageing: { everyMs }, capacity, overflow });
    const naive = new NaiveWorkQueue(concurrency, everyMs, capacity, overflow);
    const heard: string[] = [];
    const callers: Caller[] = [];
    const add = (priority: number): void => {
      const id = callers.length;
      const controller = new AbortController();
      const gate = deferred<boolean>();
      callers.push({ id, controller, end: gate.resolve });
      naive.add(id, priority);
      const job = queue.add(
        async (scope) => {
          heard[id] = `began ${clock.now()}`;
          if (await cancellable(gate.promise, at(scope))) throw "failed" as unknown;
        },
        { name: String(id), priority, signal: controller.signal },
      );
      const note = (what: string): void => {
        heard[id] = heard[id] === undefined ? what : `${heard[id]}, ${what}`;
      };
      job.then(
        () => note("done"),
        (error: unknown) => note(outcomeOf(error)),
      );
    };
    for (const each of steps) {
      switch (each.do) {
        case "add":
          add(each.priority);
          break;
        case "end": {
          const id = naive.running[each.which % naive.running.length];
          if (id === undefined) break;
          naive.end(id, each.fails ? "failed" : "done");
          callers[id]!.end(each.fails);
          break;
        }
        case "abort": {
          const caller = callers[each.which % callers.length];
          if (caller === undefined) break;
          naive.abort(caller.id);
          caller.controller.abort("aborted");
          break;
        }
        case "advance":
          naive.time += each.ms;
          await clock.advance(each.ms);
          break;
        case "pause":
          naive.pause(each.paused);
          if (each.paused) queue.pause();
          else queue.resume();
          break;
        case "resize":
          naive.resize(each.concurrency);
          queue.concurrency = each.concurrency;
          break;
        case "clear":
          naive.clear();
          queue.clear();
          break;
      }
      await clock.runUntilIdle();
      expect(queue.waiting().map(({ name }) => Number(name))).toEqual(
        naive.order.map(({ id }) => id),
      );
      expect(queue.running().map(({ name }) => Number(name))).toEqual(naive.running);
      expect([queue.active, queue.size]).toEqual([naive.running.length, naive.waiting.length]);
      expect(heard).toEqual(naive.outcomes);
    }
    await queue.shutdown({ graceMs: 0 });
    expect(queue.stats()).toMatchObject({ active: 0, size: 0, zombies: 0, closed: true });
  });
}

test("a WorkQueue agrees with a naive one: who waits in which order, who begins when, who is dropped", async () => {
  await fc.assert(fc.asyncProperty(made, fc.array(step, { maxLength: 40, size: "max" }), run), {
    numRuns: 60,
  });
});
