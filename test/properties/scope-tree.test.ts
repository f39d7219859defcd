import fc from "fast-check";
import { expect, test } from "vitest";
import { CancelledError, CancelScope } from "corral";
import { endScope, openScope } from "../../src/cancel/scope-life.ts";
import { park, refusal, WaitQueue } from "../../src/cancel/wait.ts";

/** A scope below the scope around it (`around`), and below that of its signal (`beside`). */
interface Plan {
  readonly around: number | undefined;
  readonly beside: number | undefined;
  readonly foreign: boolean;
  readonly shield: boolean;
}

type Step =
  | ({ readonly do: "open" } & Plan)
  | { readonly do: "cancel"; readonly at: number }
  | { readonly do: "abort" }
  | { readonly do: "wait"; readonly at: number }
  | { readonly do: "end"; readonly at: number };

const index = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("open" as const),
      around: fc.option(index, { nil: undefined, freq: 5 }),
      beside: fc.option(index, { nil: undefined, freq: 2 }),
      foreign: fc.nat(7).map((n) => n === 0),
      shield: fc.nat(4).map((n) => n === 0),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), at: index }) },
  { weight: 1, arbitrary: fc.constant({ do: "abort" as const }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("wait" as const), at: index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("end" as const), at: index }) },
);

/**
 * The definition: cancelled itself or, unless it is shielded, below one that is. A shield is one while it
 * is open.
 */
class Definition {
  cancelled = false;
  ended = false;
  readonly parents: readonly Definition[];
  readonly shield: boolean;

  constructor(parents: readonly Definition[], shield: boolean) {
    this.parents = parents;
    this.shield = shield;
  }

  get effectivelyCancelled(): boolean {
    return (
      this.cancelled ||
      ((!this.shield || this.ended) && this.parents.some((parent) => parent.effectivelyCancelled))
    );
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  const scopes: CancelScope[] = [];
  const model: Definition[] = [];
  const foreign = new AbortController();
  const outside = new Definition([], false);
  const line = new WaitQueue<void>("thing");
  const waits: { at: number; reasons: unknown[]; settled: Promise<void> }[] = [];

  for (const each of steps) {
    switch (each.do) {
      case "open": {
        // Only what is open can have a scope opened in it.
        const open = (at: number | undefined): number | undefined => {
          if (at === undefined || scopes.length === 0) return undefined;
          const found = at % scopes.length;
          return model[found]!.ended ? undefined : found;
        };
        const around = open(each.around);
        const beside = open(each.beside);
        const signal = each.foreign
          ? foreign.signal
          : beside === undefined
            ? undefined
            : scopes[beside]!.signal;
        const scope = new CancelScope({
          shield: each.shield,
          ...(signal !== undefined && { signal }),
        });
        openScope(scope, around === undefined ? undefined : scopes[around]);
        const parents = [
          ...(around === undefined ? [] : [model[around]!]),
          ...(each.foreign ? [outside] : beside === undefined ? [] : [model[beside]!]),
        ];
        scopes.push(scope);
        model.push(new Definition(parents, each.shield));
        break;
      }
      case "cancel":
        if (scopes.length === 0) break;
        scopes[each.at % scopes.length]!.cancel(each.at);
        // After its end a scope is not cancelled any more by itself.
        if (!model[each.at % scopes.length]!.ended) {
          model[each.at % scopes.length]!.cancelled = true;
        }
        break;
      case "abort":
        outside.cancelled = true;
        foreign.abort("outside");
        break;
      case "wait": {
        if (scopes.length === 0) break;
        const at = each.at % scopes.length;
        if (model[at]!.ended) break;
        const scope = scopes[at]!;
        const no = refusal(scope, undefined);
        expect(no !== undefined).toBe(model[at]!.effectivelyCancelled);
        const reasons: unknown[] = [];
        const settled = (no ?? park(line, scope, undefined).promise).then(undefined, (error) => {
          reasons.push(error);
        });
        waits.push({ at, reasons, settled });
        break;
      }
      case "end": {
        if (scopes.length === 0) break;
        const at = each.at % scopes.length;
        if (model[at]!.ended) break;
        model[at]!.ended = true;
        endScope(scopes[at]!);
        break;
      }
    }
    const pending = waits.filter(({ at }) => !model[at]!.effectivelyCancelled).length;
    expect(line.length).toBe(pending);
    for (const [i, scope] of scopes.entries()) {
      // One that has left the tree with nothing in it is asked through the nearest open one.
      if (!model[i]!.ended) expect(scope.cancelled).toBe(model[i]!.effectivelyCancelled);
      if (scope.cancelled) expect(model[i]!.effectivelyCancelled).toBe(true);
    }
  }
  for (const [i, scope] of scopes.entries()) if (!model[i]!.ended) endScope(scope);
  const cancelled = waits.filter(({ at }) => model[at]!.effectivelyCancelled);
  await Promise.all(cancelled.map(({ settled }) => settled));
  for (const { at, reasons } of cancelled) {
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toBeInstanceOf(CancelledError);
    expect(reasons[0]).toBe(scopes[at]!.error);
  }
}

test("a scope is cancelled in effect iff the one-line definition says so, and its waits with it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), (steps) => run(steps)),
    { numRuns: 200 },
  );
});
