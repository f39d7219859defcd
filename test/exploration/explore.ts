import { type Runtime, runtime } from "../../src/internal/runtime.ts";
import { settle } from "../support/settle.ts";

/** One thing that an actor does, in no time. */
export interface Step<W> {
  readonly name: string;
  /** Whether it can do it yet. By default it always can. */
  readonly when?: (world: W) => boolean;
  readonly run: (world: W) => void;
}

export interface Scenario<W> {
  readonly name: string;
  /** The number of orders that there must be, so that nobody explores nothing. */
  readonly atLeast: number;
  /** What the steps act on, made anew for each order. */
  readonly world: () => W;
  /** Each does its steps one after the other. How those of all mix is what is explored. */
  readonly actors: readonly (readonly Step<W>[])[];
  /**
   * How many turns of the microtask queue may pass between two steps; `Infinity` until all is at rest.
   * By default none, or all.
   */
  readonly gaps?: readonly number[];
  /** Called whenever nothing is ready any more. What it throws is a violation. */
  readonly atRest: (world: W) => void;
  /** Called when no actor can do any more, with the names of the steps that nobody could do. */
  readonly atEnd: (world: W, left: readonly string[]) => void;
}

/** A scenario, ready to be explored. */
export interface Exploration {
  readonly name: string;
  readonly atLeast: number;
  /**
   * Runs every order of the steps.
   *
   * @returns How many there are.
   * @throws {Violation} At the first one in which something is wrong.
   */
  readonly explore: () => Promise<number>;
}

/** An order of steps in which something was wrong. */
export class Violation extends Error {
  constructor(order: readonly string[], cause: unknown) {
    super(`${(cause as Error).message}\nin the order: ${order.join(", ")}`, { cause });
  }
}

/** The exploration itself is wrong: something but the order decides what happens. */
class Astray extends Error {}

/** Where an order took which of how many ways. */
interface Fork {
  taken: number;
  readonly ways: number;
}

/** All ways through a tree of forks, one after the other, depth first. */
class Ways {
  readonly #path: Fork[] = [];
  #at = 0;

  choose(ways: number): number {
    if (ways === 1) return 0;
    const fork = (this.#path[this.#at++] ??= { taken: 0, ways });
    if (fork.ways !== ways) throw new Astray("The same order went another way");
    return fork.taken;
  }

  /** @returns Whether there is another one. */
  next(): boolean {
    this.#at = 0;
    for (let last = this.#path.at(-1); last !== undefined; last = this.#path.at(-1)) {
      if (++last.taken < last.ways) return true;
      this.#path.pop();
    }
    return false;
  }
}

/** What the budget has put off: it waits for the explorer, in place of a macrotask. */
const hops: (() => void)[] = [];

/** Until nothing is ready any more. */
async function rest(): Promise<void> {
  do {
    hops.shift()?.();
    // Comes after all microtasks.
    await new Promise<void>((resolve) => process.nextTick(resolve));
  } while (hops.length > 0);
}

/** A budget that is never spent, or always: then whatever is ready is told after a hop. */
function setBudget(spent: boolean): void {
  runtime.checks = spent ? Infinity : 0;
  runtime.pauseAt = spent ? 0 : runtime.ops + 16;
}

async function runOrder<W>(scenario: Scenario<W>, ways: Ways, trace: string[]): Promise<void> {
  const { actors, gaps = [0, Infinity], atRest } = scenario;
  const spent = ways.choose(2) === 1;
  if (spent) trace.push("(budget spent)");
  setBudget(spent);
  const world = scenario.world();
  const done = actors.map(() => 0);
  const ready = (): number[] => {
    const indexes: number[] = [];
    for (let i = 0; i < actors.length; i++) {
      const step = actors[i]![done[i]!];
      if (step !== undefined && step.when?.(world) !== false) indexes.push(i);
    }
    return indexes;
  };
  const look = async (): Promise<void> => {
    await rest();
    atRest(world);
  };
  for (let first = true; done.some((count, i) => count < actors[i]!.length); first = false) {
    // Who can do nothing yet has to wait.
    const possible = first ? [0] : gaps.filter((gap) => gap > 0 || ready().length > 0);
    const gap = possible[ways.choose(possible.length)]!;
    if (gap > 0) trace.push(gap === Infinity ? "(rest)" : `(${gap})`);
    if (gap === Infinity) await look();
    else for (let turn = 0; turn < gap; turn++) await Promise.resolve();
    let able = ready();
    if (able.length === 0) {
      await look();
      able = ready();
      if (able.length === 0) break;
    }
    const actor = able[ways.choose(able.length)]!;
    const step = actors[actor]![done[actor]!++]!;
    trace.push(step.name);
    setBudget(spent);
    step.run(world);
  }
  await look();
  const left = actors.flatMap((steps, i) => steps.slice(done[i]).map(({ name }) => name));
  scenario.atEnd(world, left);
}

export function exploration<W>(scenario: Scenario<W>): Exploration {
  const explore = async (): Promise<number> => {
    const ways = new Ways();
    // What is left from before.
    await settle();
    // Neither real time nor real macrotasks: each order goes the same way whenever it is run.
    const record: Pick<Runtime, "clock"> & { later: Runtime["later"] } = runtime;
    const { clock, later } = record;
    record.clock = { now: () => 0, set: () => ({ cancel: () => {} }) };
    record.later = (fn) => void hops.push(fn);
    // Thousands of errors, of which nobody wants to know where they were made.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      for (let orders = 1; ; orders++) {
        const trace: string[] = [];
        try {
          await runOrder(scenario, ways, trace);
        } catch (error) {
          throw error instanceof Astray ? error : new Violation(trace, error);
        }
        if (!ways.next()) return orders;
      }
    } finally {
      await rest();
      Object.assign(record, { clock, later });
      Error.stackTraceLimit = stackTraceLimit;
      setBudget(false);
    }
  };
  return { name: scenario.name, atLeast: scenario.atLeast, explore };
}
