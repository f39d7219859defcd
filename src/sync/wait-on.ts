import { checkOptions } from "../internal/arguments.ts";
import { passed, rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { park, placeOf, refusal, type WaitQueue } from "../cancel/wait.ts";

/** Waits for what a clause says: the whole of a waiting method that has no value to give. */
export function waitOn(
  action: string,
  clause: Clause<void>,
  options: WaitOptions | undefined,
): Promise<void> {
  try {
    checkOptions(action, options);
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    if (clause.take() !== undefined) return passed();
    return park(clause.line as WaitQueue<void>, place, signal).promise;
  } catch (error) {
    return rejected(error);
  }
}
