import fc from "fast-check";
import { expect, test } from "vitest";
import { trySelect } from "corral";
import { settle } from "../support/settle.ts";
import { cut, from } from "./callers.ts";
import { agree, type Command, command } from "./command.ts";
import { NaiveSelect, type Option } from "./naive-select.ts";
import { RealSelect } from "./real-select.ts";

const nothing = fc.constant("");
const index = fc.nat(5);

/** Several things to do, each at most once; in some order. */
const choices = fc.shuffledSubarray(["recv 0", "recv 1", "send 0", "send 1", "lock 1", "lock 2"], {
  minLength: 1,
  maxLength: 4,
});

let items = 0;

function optionsOf(names: readonly string[]): Option[] {
  const [first] = names.filter((name) => name.startsWith("lock"));
  return names
    .filter((name) => !name.startsWith("lock") || name === first)
    .map((name) => {
      const [does, number] = name.split(" ") as [Option["does"], string];
      const on = does === "lock" ? 0 : Number(number);
      return { does, on, weight: Number(number), item: items++ };
    });
}

type Model = NaiveSelect;
type Real = RealSelect;

async function settled(model: Model, real: Real): Promise<void> {
  await settle();
  model.expectHeardBy(real.callers);
}

function release(model: Model, real: Real): void {
  const id = [...model.held.keys()].find((it) => real.permits.has(it));
  if (id === undefined) return;
  model.release(id);
  real.permits.get(id)!.release();
}

function use(model: Model, { slots }: Real, at: number): void {
  const [reserved] = slots.splice(Math.floor(at / 2) % slots.length, 1);
  if (reserved === undefined) return;
  const item = at % 2 === 0 ? items++ : undefined;
  model.use(reserved.on, item);
  if (item !== undefined) reserved.slot.send(item);
  reserved.slot.release();
}

const call = command(
  "call",
  fc.record({ names: choices, from, selects: fc.boolean() }),
  (model: Model, real: Real, it) => {
    const all = optionsOf(it.names);
    const options = it.selects ? all : all.slice(0, 1);
    const party = { id: model.count++, from: it.from, options, selects: it.selects };
    // Where several can be done chance decides, of which the reference knows nothing.
    const biased = model.ready(options) > 1;
    model.arrive(party);
    real.arrive(party, biased);
  },
);

const commands: fc.Arbitrary<Command<Model, Real>>[] = [
  call,
  call,
  call,
  call,
  command("trySelect", choices, (model: Model, real: Real, names) => {
    const options = optionsOf(names);
    const id = model.count++;
    const wanted = model.attempt(id, options);
    let done: string | undefined;
    try {
      const chosen = trySelect(real.clauses(options), { biased: true });
      done = chosen && real.says(id, chosen.key.split(" ")[0]!, chosen.value);
    } catch (error) {
      done = (error as Error).name;
    }
    expect(done).toBe(wanted);
  }),
  command("release", nothing, release),
  command("tryReserve", fc.nat(1), (model: Model, { ends, slots }: Real, on) => {
    let done = "no";
    try {
      const slot = ends[on]![0].tryReserve();
      if (slot !== undefined) slots.push({ on, slot });
      if (slot !== undefined) done = "yes";
    } catch (error) {
      done = (error as Error).name;
    }
    expect(done).toBe(model.reserve(on));
  }),
  command("use", index, use),
  command("cancel", cut, (model: Model, real: Real, by) => {
    const id = [...model.held.keys()].find((it) => real.permits.has(it));
    let acts = false;
    model.interrupt(by, () => {
      acts = id !== undefined;
      if (acts) model.release(id!);
    });
    real.callers.cut(by, () => {
      if (acts) real.permits.get(id!)!.release();
    });
  }),
  command("close", fc.nat(20), (model: Model, real: Real, on) => {
    // Seldom, so that most of a run is not spent after it.
    if (on > 1) return;
    model.close(on);
    real.ends[on]![0].close();
  }),
  command("settle", nothing, settled),
];

const capacity = fc.constantFrom(0, 1);

test("select() agrees with naive lists: exactly one thing done, order, nobody forgotten, nothing retained", async () => {
  await agree<{ capacities: readonly number[]; permits: number }, Model, Real>({
    start: fc.record({
      capacities: fc.tuple(capacity, capacity),
      permits: fc.integer({ min: 2, max: 3 }),
    }),
    pair: ({ capacities, permits }) => ({
      model: new NaiveSelect(capacities, permits),
      real: new RealSelect(capacities, permits),
    }),
    commands,
    figures: (model, real) => ({
      real: [
        real.ends.map(([sender]) => {
          const { size, reserved, sending, receiving } = sender.stats();
          return [size, reserved, sending, receiving];
        }),
        [real.semaphore.available, real.semaphore.waiting],
        real.undelivered.length,
        real.callers.retained(),
      ],
      model: [
        model.pipes.map(({ items: inside, reserved }, on) => {
          const waiting = [model.waiting("send", on).length, model.waiting("recv", on).length];
          return [inside.length, reserved, ...waiting];
        }),
        [model.available, model.waiting("lock", 0).length],
        model.undelivered.length,
        model.retained(),
      ],
    }),
    end: async (model, real) => {
      await settled(model, real);
      while (real.slots.length > 0) use(model, real, 0);
      for (const on of model.pipes.keys()) {
        model.close(on);
        real.ends[on]![0].close();
      }
      for (await settled(model, real); model.held.size > 0; await settled(model, real)) {
        release(model, real);
      }
      expect(real.undelivered).toEqual(model.undelivered);
      expect(real.semaphore.waiting).toBe(0);
    },
    numRuns: 300,
  });
});
