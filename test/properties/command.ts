import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect } from "vitest";

/** Does the same to the reference and to the real thing: at once, unless it gives a promise. */
export type Command<M extends object, R> = fc.AsyncCommand<M, R>;

type Act<M, R> = (model: M, real: R) => void | Promise<void>;

class Step<M extends object, R> implements Command<M, R> {
  readonly #name: string;
  readonly #act: Act<M, R>;

  constructor(name: string, act: Act<M, R>) {
    this.#name = name;
    this.#act = act;
  }

  check(): boolean {
    return true;
  }

  run(model: M, real: R): Promise<void> {
    return this.#act(model, real) as Promise<void>;
  }

  toString(): string {
    return this.#name;
  }
}

/** A command for each value of `what`; it is called by its name and the value. */
export function command<V, M extends object, R>(
  name: string,
  what: fc.Arbitrary<V>,
  act: (model: M, real: R, value: V) => void | Promise<void>,
): fc.Arbitrary<Command<M, R>> {
  return what.map(
    (value) => new Step(`${name} ${fc.stringify(value)}`, (model, real) => act(model, real, value)),
  );
}

export interface Agreement<S, M extends object, R> {
  /** What differs from run to run at the start, and the pair that it makes. */
  readonly start: fc.Arbitrary<S>;
  readonly pair: (start: S) => { model: M; real: R };
  readonly commands: readonly fc.Arbitrary<Command<M, R>>[];
  /** What has to be the same after each command. */
  readonly figures: (model: M, real: R) => { real: unknown; model: unknown };
  /** Called after the last one, to bring everything to its end. */
  readonly end: (model: M, real: R) => Promise<void>;
  readonly numRuns: number;
}

/** As `expect(real).toEqual(model)`, which takes its time for tens of thousands of steps. */
export function expectFigures(it: { real: unknown; model: unknown }): void {
  if (!isDeepStrictEqual(it.real, it.model)) expect(it.real).toEqual(it.model);
}

/** Runs random commands, and asserts that the reference and the real thing agree after each of them. */
export async function agree<S, M extends object, R>(it: Agreement<S, M, R>): Promise<void> {
  const commands = fc.commands([...it.commands], { maxCommands: 60, size: "max" });
  const property = fc.asyncProperty(it.start, commands, async (start, steps) => {
    const { model, real } = it.pair(start);
    // Not by asyncModelRun(), which lets everybody hear of one command before the next.
    for (const step of steps) {
      const rest = step.run(model, real) as Promise<void> | undefined;
      if (rest !== undefined) await rest;
      expectFigures(it.figures(model, real));
    }
    await it.end(model, real);
  });
  await fc.assert(property, { numRuns: it.numRuns });
}
