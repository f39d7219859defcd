import fc from "fast-check";
import { expect, test } from "vitest";
import { AsyncEvent, Latch, type WaitOptions } from "corral";
import { settle } from "../support/settle.ts";
import { Callers, cut, type From, from } from "./callers.ts";
import { agree, type Command, command } from "./command.ts";
import { NaiveLine } from "./naive-line.ts";

const nothing = fc.constant("");

/** Something that is open or not; all who wait go when it opens. */
class NaiveGate extends NaiveLine {
  open = false;
  /** What is left until it opens, if it is counted. */
  left: number;

  constructor(left = 0) {
    super();
    this.left = left;
  }

  wait(it: From): void {
    const id = this.count++;
    const no = this.refusal(it) ?? (this.open ? "served" : undefined);
    if (no === undefined) this.line.push({ id, from: it });
    else this.outcomes[id] = no;
  }

  let(): void {
    this.open = true;
    for (const { id } of this.line) this.order.push(id);
    this.drop("served");
  }
}

/** What is waited for. */
interface Gate {
  wait(options?: WaitOptions): Promise<void>;
  stats(): object;
}

class RealGate<G extends Gate> {
  readonly callers: Callers = new Callers();
  readonly gate: G;

  constructor(gate: G) {
    this.gate = gate;
  }
}

async function settled(model: NaiveGate, real: RealGate<Gate>): Promise<void> {
  await settle();
  model.expectHeardBy(real.callers);
}

function gateCommands<G extends Gate>(): fc.Arbitrary<Command<NaiveGate, RealGate<G>>>[] {
  const wait = command("wait", from, (model: NaiveGate, real: RealGate<G>, it) => {
    const id = model.count;
    model.wait(it);
    const waits = real.callers.in(it, (options) => real.gate.wait(options));
    real.callers.listen(id, waits);
  });
  return [
    wait,
    wait,
    wait,
    command("cancel", cut, (model: NaiveGate, real: RealGate<G>, by) => {
      model.cancel(by);
      real.callers.cut(by);
    }),
    command("settle", nothing, settled),
  ];
}

test("AsyncEvent agrees with a naive list: who is let go, order, nothing retained", async () => {
  type Real = RealGate<AsyncEvent>;
  await agree<string, NaiveGate, Real>({
    start: nothing,
    pair: () => ({ model: new NaiveGate(), real: new RealGate(new AsyncEvent()) }),
    commands: [
      ...gateCommands<AsyncEvent>(),
      command("set", nothing, (model: NaiveGate, real: Real) => {
        model.let();
        real.gate.set();
      }),
      command("clear", nothing, (model: NaiveGate, real: Real) => {
        model.open = false;
        real.gate.clear();
      }),
    ],
    figures: (model, { gate, callers }) => {
      return {
        real: [gate.stats(), callers.retained()],
        model: [{ isSet: model.open, waiting: model.line.length }, model.retained()],
      };
    },
    end: async (model, real) => {
      model.let();
      real.gate.set();
      await settled(model, real);
      expect(real.callers.retained()).toBe(0);
    },
    numRuns: 150,
  });
});

test("Latch agrees with a naive list: who is let go, order, nothing retained", async () => {
  type Real = RealGate<Latch>;
  const countDown = (model: NaiveGate, real: Real, n: number): void => {
    if (n > model.left) {
      expect(() => real.gate.countDown(n)).toThrow(RangeError);
      return;
    }
    model.left -= n;
    if (model.left === 0) model.let();
    real.gate.countDown(n);
  };
  await agree<number, NaiveGate, Real>({
    start: fc.integer({ min: 1, max: 12 }),
    pair: (count) => ({ model: new NaiveGate(count), real: new RealGate(new Latch(count)) }),
    commands: [
      ...gateCommands<Latch>(),
      command("countDown", fc.integer({ min: 1, max: 4 }), countDown),
    ],
    figures: (model, { gate, callers }) => {
      return {
        real: [gate.stats(), callers.retained()],
        model: [{ count: model.left, waiting: model.line.length }, model.retained()],
      };
    },
    end: async (model, real) => {
      if (model.left > 0) countDown(model, real, model.left);
      await settled(model, real);
      expect(real.callers.retained()).toBe(0);
    },
    numRuns: 150,
  });
});
