/** What can be waited for alone, or among others in a `select`. */
import type { Wait } from "./wait.ts";

/** One thing to wait for: what may be there already, and the line to wait in for it. */
export interface Clause<T> {
  /**
   * Takes it if it is there.
   *
   * @throws What a wait for it would reject with, if it can never be there.
   */
  take(): { readonly value: T } | undefined;
  /** @internal A WaitQueue of `T`; not said so, that a clause of more can stand for one of less. */
  readonly line: object;
  /** @internal What the line's owner keeps with a wait. */
  readonly payload?: unknown;
  /** @internal Called when a wait for it has begun. */
  begun?(wait: Wait): void;
  /** @internal Called when the wait has ended and it was not this that ended it. */
  left?(wait: Wait): void;
}
