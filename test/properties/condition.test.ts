import fc from "fast-check";
import { expect, test } from "vitest";
import { Condition, type HeldCondition, type Permit } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";
import { Callers, cut, type From, from } from "./callers.ts";
import { agree, type Command, command } from "./command.ts";
import { NaiveCondition, type Section } from "./naive-condition.ts";

const NOWHERE: From = { scope: undefined, signal: undefined };
const nothing = fc.constant("");

class Real {
  readonly condition: Condition = new Condition();
  readonly callers: Callers = new Callers();
  readonly permits: Map<number, Permit> = new Map();
  readonly sections: Map<number, { held: HeldCondition; done: Deferred<void> }> = new Map();

  acquire(id: number, of: From): void {
    const got = this.callers.in(of, (options) => this.condition.mutex.acquire(options));
    this.callers.listen(id, got, (permit) => {
      this.permits.set(id, permit);
      return "served";
    });
  }

  enter(id: number, of: From): void {
    const body = (held: HeldCondition): Promise<void> => {
      const done = deferred();
      this.sections.set(id, { held, done });
      this.callers.order.push(id);
      return done.promise;
    };
    const ran = this.callers.in(of, (options) => this.condition.run(body, options));
    this.callers.listenLate(id, ran, () => "ended");
  }

  held(section: Section): HeldCondition {
    return this.sections.get(section.id)!.held;
  }

  wait(id: number, section: Section, of: From): void {
    const waits = this.callers.in(of, (options) => this.held(section).wait(options));
    this.callers.listen(id, waits, () => "notified");
  }
}

async function settled(model: NaiveCondition, real: Real): Promise<void> {
  model.settle();
  await settle();
  model.expectHeardBy(real.callers);
}

async function end(model: NaiveCondition, real: Real, section: Section): Promise<void> {
  model.end(section);
  real.sections.get(section.id)!.done.resolve();
  await settled(model, real);
}

function release(model: NaiveCondition, real: Real): void {
  const { holder } = model;
  const permit = holder && real.permits.get(holder.id);
  if (permit === undefined) return;
  model.leave();
  permit.release();
}

const waits = command("wait", from, (model: NaiveCondition, real: Real, of) => {
  const section = model.sections.find(({ holding }) => holding);
  if (section === undefined) return;
  real.wait(model.count, section, of);
  model.wait(section, of);
});

const enters = command("enter", from, (model: NaiveCondition, real: Real, of) => {
  real.enter(model.count, of);
  model.enter(of);
});

const cancels = command("cancel", cut, (model: NaiveCondition, real: Real, by) => {
  model.cancel(by);
  real.callers.cut(by);
});

const notifies = command(
  "notify",
  fc.integer({ min: 1, max: 3 }),
  (model: NaiveCondition, real: Real, n) => {
    for (const section of model.sections) {
      if (!section.holding) expect(() => real.held(section).notify(n)).toThrow(TypeError);
    }
    const section = model.sections.find(({ holding }) => holding);
    if (section === undefined) return;
    real.held(section).notify(n);
    model.notify(n);
  },
);

const commands: fc.Arbitrary<Command<NaiveCondition, Real>>[] = [
  enters,
  enters,
  enters,
  waits,
  waits,
  waits,
  command("acquire", from, (model: NaiveCondition, real: Real, of) => {
    real.acquire(model.count, of);
    model.acquire(of);
  }),
  command("release", nothing, release),
  notifies,
  notifies,
  command("end", fc.nat(5), async (model: NaiveCondition, real: Real, at) => {
    await settled(model, real);
    const open = model.sections.filter(({ ending }) => !ending);
    const section = open[at % open.length];
    if (section !== undefined) await end(model, real, section);
  }),
  cancels,
  cancels,
  command("settle", nothing, settled),
];

test("Condition agrees with naive lists: who holds the lock, who is notified, nobody forgotten, nothing retained", async () => {
  await agree<string, NaiveCondition, Real>({
    start: nothing,
    pair: () => ({ model: new NaiveCondition(), real: new Real() }),
    commands,
    figures: (model, { condition, callers }) => {
      const { mutex } = condition;
      return {
        real: [condition.waiting, mutex.locked, mutex.waiting, callers.retained()],
        model: [
          model.sleepers.length,
          model.holder !== undefined,
          model.line.length,
          model.retained([...model.line, ...model.sleepers.map(({ wait }) => wait!)]),
        ],
      };
    },
    end: async (model, real) => {
      await settled(model, real);
      while (model.holder !== undefined || model.sleepers.length > 0) {
        if (model.holder === undefined) {
          real.enter(model.count, NOWHERE);
          model.enter(NOWHERE);
        }
        release(model, real);
        await settled(model, real);
        const section = model.sections.find(({ holding }) => holding);
        if (section === undefined) continue;
        real.held(section).notifyAll();
        model.notify(Infinity);
        await end(model, real, section);
      }
      expect([real.condition.waiting, real.condition.mutex.waiting]).toEqual([0, 0]);
      expect(real.callers.retained()).toBe(0);
    },
    numRuns: 300,
  });
});
