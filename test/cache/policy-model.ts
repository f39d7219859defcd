import fc from "fast-check";
import { expect } from "vitest";
import type { Eviction } from "../../src/cache/eviction-policy.ts";
import { PolicyCache } from "./policy-cache.ts";

export interface Item {
  readonly key: number;
  readonly size: number;
}

/** What a policy decides, said as simply as can be: with arrays that are searched. */
export interface Model {
  admit(item: Item): void;
  hit(item: Item): void;
  remove(item: Item): void;
  /** There is one. */
  victim(): Item;
}

export type Step = { readonly ask: number; readonly size: number } | { readonly delete: number };

const key = fc.nat(14);
const ask = fc.record({ ask: key, size: fc.integer({ min: 1, max: 5 }) });
const askUnit = fc.record({ ask: key, size: fc.constant(1) });
const remove = fc.record({ delete: key });

function stepsOf(one: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> {
  const step = fc.oneof({ weight: 8, arbitrary: one }, { weight: 1, arbitrary: remove });
  return fc.array(step, { maxLength: 200, size: "max" });
}

/** Requests and deletions; either all entries take 1, or they take up to 5. */
export const steps: fc.Arbitrary<Step[]> = fc.oneof(stepsOf(askUnit), stepsOf(ask));

export const capacities: fc.Arbitrary<number> = fc.integer({ min: 1, max: 24 });

/** Takes the first that is what is wanted out of an array. */
export function take<T>(items: T[], isWanted: (item: T) => boolean): T | undefined {
  const at = items.findIndex(isWanted);
  return at < 0 ? undefined : items.splice(at, 1)[0];
}

export function sizeOf(items: readonly Item[]): number {
  return items.reduce((sum, { size }) => sum + size, 0);
}

/** What the steps did, and what was stored after each. */
function seenBy(cache: PolicyCache, list: readonly Step[]): string[] {
  return list.map((step) => {
    const did = "ask" in step ? cache.request(step.ask, step.size) : cache.delete(step.delete);
    return `${did}: ${[...cache.entries.keys()].join()}`;
  });
}

/** The same with a model in place of a policy. */
function toldBy(model: Model, capacity: number, list: readonly Step[]): string[] {
  const stored: Item[] = [];
  const drop = (item: Item): void => {
    model.remove(item);
    take(stored, (each) => each === item);
  };
  const did = (step: Step): unknown => {
    const wanted = "ask" in step ? step.ask : step.delete;
    const found = stored.find((item) => item.key === wanted);
    if ("delete" in step) {
      if (found !== undefined) drop(found);
      return found !== undefined;
    }
    if (found !== undefined) {
      model.hit(found);
      return "hit";
    }
    if (step.size > capacity) return "miss";
    while (sizeOf(stored) + step.size > capacity) drop(model.victim());
    const item = { key: wanted, size: step.size };
    stored.push(item);
    model.admit(item);
    return "miss";
  };
  return list.map((step) => `${String(did(step))}: ${stored.map((item) => item.key).join()}`);
}

/** Holds that a cache with the policy has what one with the model has, after every step. */
export function expectAgreement(make: Eviction, model: (capacity: number) => Model): void {
  fc.assert(
    fc.property(capacities, steps, (capacity, list) => {
      const cache = new PolicyCache(make(capacity), capacity);
      expect(seenBy(cache, list)).toEqual(toldBy(model(capacity), capacity, list));
    }),
  );
}
