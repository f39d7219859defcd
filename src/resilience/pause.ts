/** Waits of some length that something else may end before. */
import { sleepClause } from "../cancel/sleep.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { grant, park, refusal, WaitQueue } from "../cancel/wait.ts";

/** A sleep that is over early takes its timer back. */
const sleeping = sleepClause(0);

/** A line for such waits. */
export function pauses(kind: string, name: string | undefined): WaitQueue<void> {
  return new WaitQueue<void>(kind, { name }, (wait) => sleeping.left!(wait as never));
}

/** Waits in the line for `ms`, or until it is woken. Zero and less wait for a turn of the event loop. */
export function pause(
  line: WaitQueue<void>,
  ms: number,
  place: ScopeNode | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const no = refusal(place, signal);
  if (no !== undefined) return no;
  const wait = park(line, place, signal);
  sleepClause(ms).begun!(wait as never);
  return wait.promise;
}

/**
 * Wakes the first of the line.
 *
 * @returns Whether there was one.
 */
export function wake(line: WaitQueue<void>): boolean {
  const wait = line.first;
  if (wait === undefined) return false;
  sleeping.left!(wait as never);
  return grant(wait, undefined);
}
