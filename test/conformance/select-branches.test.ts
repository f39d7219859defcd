import { after, AsyncEvent, type Clause, Queue, recv, select, trySelect, when } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "select (Kotlin, tokio)";

/** A queue that holds one item: a clause that is ready. */
function holding<T>(item: T): Queue<T> {
  const queue = new Queue<T>({ capacity: 1 });
  queue.tryPut(item);
  return queue;
}

function empty<T>(): Queue<T> {
  return new Queue<T>({ capacity: 1 });
}

behaviour(
  {
    area,
    id: "one_ready",
    says: "the branch that is ready is chosen",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const other = empty<number>();
      expect(await select({ one: recv(holding(1)), two: recv(other) })).toEqual({
        key: "one",
        value: 1,
      });
      expect(other.stats().getting).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "never_branch_no_warnings",
    says: "a branch that is never ready is never chosen",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const never = new AsyncEvent();
      expect(await select({ never: when(never), one: recv(holding(1)) })).toMatchObject({
        key: "one",
      });
      expect(await select({ never: after(Infinity), late: after(10) })).toMatchObject({
        key: "late",
      });
      expect([clock.now(), never.waiting]).toEqual([10, 0]);
    }),
);

for (const [id, biased] of [
  ["disable_with_if", false],
  ["use_future_in_if_condition_biased", true],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a branch that is disabled is not chosen, though it is ready${biased ? " and comes first" : ""}`,
      verdict: "holds",
      because: "A clause that is `undefined` is left out.",
    },
    () =>
      withVirtualClock(async () => {
        const ready = holding("disabled");
        const disabled = (on: boolean): Clause<string> | undefined =>
          on ? recv(ready) : undefined;
        const other = empty<string>();
        for (let i = 0; i < 20; i++) {
          const chosen = select({ disabled: disabled(false), other: recv(other) }, { biased });
          expect(other.stats().getting).toBe(1);
          other.tryPut("item");
          expect(await chosen).toEqual({ key: "other", value: "item" });
        }
        expect(ready.size).toBe(1);
        expect(await select({ disabled: disabled(true) })).toMatchObject({ value: "disabled" });
      }),
  );
}

behaviour(
  {
    area,
    id: "join_with_select",
    says: "a loop that disables each branch that is done joins all of them",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const queues = { a: empty<number>(), b: empty<number>() };
      const got: { a?: number; b?: number } = {};
      const joined = (async () => {
        while (got.a === undefined || got.b === undefined) {
          const { key, value } = await select({
            a: got.a === undefined ? recv(queues.a) : undefined,
            b: got.b === undefined ? recv(queues.b) : undefined,
          });
          got[key] = value;
        }
      })();
      queues.b.tryPut(456);
      queues.a.tryPut(123);
      await joined;
      expect(got).toEqual({ a: 123, b: 456 });
    }),
);

behaviour(
  {
    area,
    id: "biased_one_not_ready",
    says: "if biased, the first of the branches that are ready is chosen",
    verdict: "holds",
  },
  async () => {
    for (let i = 0; i < 50; i++) {
      const third = holding(3);
      const clauses = { one: recv(empty<number>()), two: recv(holding(2)), three: recv(third) };
      expect(await select(clauses, { biased: true })).toEqual({ key: "two", value: 2 });
      expect(third.size).toBe(1);
    }
  },
);

behaviour(
  {
    area,
    id: "biased_eventually_ready",
    says: "if biased, the branches of a loop are done in their order",
    verdict: "holds",
  },
  async () => {
    const queues = { a: holding(1), b: holding(2), c: holding(3) };
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      const clauses = { a: recv(queues.a), b: recv(queues.b), c: recv(queues.c) };
      order.push((await select(clauses, { biased: true })).key);
    }
    expect(order).toEqual(["a", "b", "c"]);
  },
);

for (const [id, biased] of [
  ["no_branch_else_only", false],
  ["no_branch_else_only_biased", true],
] as const) {
  behaviour(
    {
      area,
      id,
      says: "a select all of whose branches are disabled runs its else branch",
      verdict: "differs",
      because:
        "A select of nothing would wait for ever: it is an error. The caller has disabled them and knows what to do else.",
    },
    async () => {
      await expect(select({}, { biased })).rejects.toBeInstanceOf(RangeError);
      await expect(select({ disabled: undefined }, { biased })).rejects.toBeInstanceOf(RangeError);
      expect(() => trySelect({ disabled: undefined }, { biased })).toThrow(RangeError);
    },
  );
}

notTransferable({
  area,
  id: "struct_size_1",
  says: "the state of a select takes so many bytes",
  because: "It is an object of the engine's.",
});
notTransferable({
  area,
  id: "mut_ref_patterns",
  says: "a branch takes its value apart by a pattern, and is disabled if that does not match",
  because: "The value is returned, and what does not please is for the caller to look at.",
});
notTransferable({
  area,
  id: "future_panics_after_poll",
  says: "a branch that was ready and whose pattern did not match is not polled again",
  because: "Nothing is polled.",
});
notTransferable({
  area,
  id: "deterministic_select_current_thread",
  says: "the order of the branches can be made the same in each run by a seed",
  because: "`biased` gives a fixed order; the platform's chance has no seed.",
});
