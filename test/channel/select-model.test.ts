// Any number of select() at a few channels, each with any clauses: none is done twice, and no two wait
// that could deal with each other.
import { turn } from "../support/turn.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { channel, type Clause, recv, select, send } from "corral";

const CHANNELS = 3;
const SIGNALS = 2;

interface Deal {
  readonly sends: readonly number[];
  readonly receives: readonly number[];
  readonly signal: number | undefined;
  readonly biased: boolean;
}

type Step = Deal | { readonly abort: number };

const some = fc.subarray(Array.from({ length: CHANNELS }, (_, i) => i));
const deal: fc.Arbitrary<Deal> = fc.record({
  sends: some,
  receives: some,
  signal: fc.option(fc.nat(SIGNALS - 1), { nil: undefined }),
  biased: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: deal },
  { weight: 1, arbitrary: fc.record({ abort: fc.nat(SIGNALS - 1) }) },
);

async function check(capacities: readonly number[], steps: readonly Step[]): Promise<void> {
  const channels = capacities.map((capacity) => channel<string>(capacity));
  const controllers = Array.from({ length: SIGNALS }, () => new AbortController());
  const pending = new Map<number, Deal>();
  const sent: string[] = [];
  const received: string[] = [];

  const begin = (id: number, given: Deal): void => {
    const clauses: Record<string, Clause<string | void>> = {};
    for (const at of given.sends) clauses[`send ${at}`] = send(channels[at]![0], `${id} to ${at}`);
    for (const at of given.receives) clauses[`receive ${at}`] = recv(channels[at]![1]);
    if (Object.keys(clauses).length === 0) return;
    const signal = controllers[given.signal ?? -1]?.signal;
    pending.set(id, given);
    void select(clauses, { signal, biased: given.biased })
      .then(
        ({ key, value }) => {
          const [what, at] = key.split(" ");
          if (what === "send") sent.push(`${id} to ${at}`);
          else received.push(value as string);
        },
        (error: unknown) => expect(error).toBe("gone"),
      )
      .finally(() => pending.delete(id));
  };

  for (const [id, each] of steps.entries()) {
    if ("abort" in each) controllers[each.abort]!.abort("gone");
    else begin(id, each);
    if (id % 3 > 0) continue;
    await turn();
    for (const [at, [sender]] of channels.entries()) {
      const sending = [...pending].filter(([, { sends }]) => sends.includes(at));
      const receiving = [...pending].filter(([, { receives }]) => receives.includes(at));
      const stats = sender.stats();
      const { size, capacity } = stats;
      const same = stats.sending === sending.length && stats.receiving === receiving.length;
      // Who waits finds nobody but itself, no item, no room.
      const meet = sending.some(([one]) => receiving.some(([other]) => one !== other));
      const item = receiving.length > 0 && size > 0;
      const room = sending.length > 0 && receiving.length === 0 && size < capacity;
      if (!same || meet || item || room) expect.fail(`somebody waits who could go on: ${id}`);
    }
  }
  for (const controller of controllers) controller.abort("gone");
  await turn();
  for (const [, receiver] of channels) {
    for (let left = receiver.tryReceive(); left !== undefined; left = receiver.tryReceive()) {
      received.push(left.value);
    }
  }
  await turn();
  expect(received.toSorted()).toEqual(sent.toSorted());
}

test("select() deals once with each other, whatever the clauses", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(0, 0, 1, 2), { minLength: CHANNELS, maxLength: CHANNELS }),
      fc.array(step, { maxLength: 24, size: "max" }),
      check,
    ),
    { numRuns: 100 },
  );
});
