import fc from "fast-check";
import { expect, test } from "vitest";
import { Barrier } from "corral";
import { settle } from "../support/settle.ts";
import { Callers, cut, type From, from } from "./callers.ts";
import { agree, command } from "./command.ts";
import { NaiveLine } from "./naive-line.ts";

const nothing = fc.constant("");

class NaiveBarrier extends NaiveLine {
  readonly parties: number;
  broken = false;

  constructor(parties: number) {
    super();
    this.parties = parties;
  }

  wait(it: From): void {
    const id = this.count++;
    const no = this.refusal(it) ?? (this.broken ? "ClosedError" : undefined);
    if (no !== undefined) this.outcomes[id] = no;
    else this.line.push({ id, from: it });
    if (this.line.length < this.parties) return;
    for (const [index, one] of this.line.entries()) this.outcomes[one.id] = String(index);
    this.order.push(...this.line.slice(0, -1).map((one) => one.id));
    this.line = [];
  }
}

class RealBarrier {
  readonly callers: Callers = new Callers();
  readonly barrier: Barrier;

  constructor(parties: number) {
    this.barrier = new Barrier(parties);
  }

  wait(id: number, it: From): void {
    const waits = this.callers.in(it, (options) => this.barrier.wait(options));
    this.callers.listen(id, waits, String);
  }
}

async function settled(model: NaiveBarrier, real: RealBarrier): Promise<void> {
  await settle();
  model.expectHeardBy(real.callers);
}

const nowhere: From = { scope: undefined, signal: undefined };

test("Barrier agrees with a naive list: rounds, indexes, nobody forgotten, nothing retained", async () => {
  await agree<number, NaiveBarrier, RealBarrier>({
    start: fc.integer({ min: 1, max: 4 }),
    pair: (parties) => ({ model: new NaiveBarrier(parties), real: new RealBarrier(parties) }),
    commands: [
      ...Array.from({ length: 4 }, () =>
        command("wait", from, (model: NaiveBarrier, real: RealBarrier, it) => {
          real.wait(model.count, it);
          model.wait(it);
        }),
      ),
      // `early`: somebody comes in the moment in which others are cancelled.
      command("cancel", cut, (model: NaiveBarrier, real: RealBarrier, by) => {
        if (!model.cancel(by)) return;
        const id = model.count;
        if ("early" in by && by.early) model.wait(nowhere);
        real.callers.cut(by, () => real.wait(id, nowhere));
      }),
      command("reset", nothing, (model: NaiveBarrier, real: RealBarrier) => {
        model.broken = false;
        model.drop("ClosedError");
        real.barrier.reset();
      }),
      command("abort", nothing, (model: NaiveBarrier, real: RealBarrier) => {
        model.broken = true;
        model.drop("ClosedError");
        real.barrier.abort();
      }),
      command("settle", nothing, settled),
    ],
    figures: (model, { barrier, callers }) => {
      return {
        real: [barrier.stats(), callers.retained()],
        model: [
          { parties: model.parties, waiting: model.line.length, broken: model.broken },
          model.retained(),
        ],
      };
    },
    end: async (model, real) => {
      model.drop("ClosedError");
      real.barrier.reset();
      await settled(model, real);
      expect(real.callers.retained()).toBe(0);
    },
    numRuns: 300,
  });
});
