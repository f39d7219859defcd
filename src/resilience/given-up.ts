/**
 * Which failures a retry has given up, and when: a retry around it does not begin all over again.
 *
 * The moment counts because an error may come again, from a cache or a constant: only what was given up
 * during an attempt is a failure of a retry within.
 */
import { type Runtime, runtime } from "../internal/runtime.ts";

const record = runtime as Runtime & { givenUp?: WeakMap<object, number> };

/** A moment, later than all before. */
export function moment(): number {
  return ++runtime.ops;
}

/** Notes that a retry gives up. A primitive cannot be told from others like it. */
export function markGivenUp(error: unknown): void {
  if ((typeof error !== "object" || error === null) && typeof error !== "function") return;
  record.givenUp ??= new WeakMap();
  record.givenUp.set(error, moment());
}

/** Whether a retry has given the error up since that moment. */
export function wasGivenUp(error: unknown, since: number): boolean {
  return (record.givenUp?.get(error as object) ?? -1) > since;
}
