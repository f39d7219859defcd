/** What can be waited for alone, or among others in a `select`. */
import { type Wait, type WaitQueue } from "./wait.ts";

/** One thing to wait for: a line, and what may be there already. */
export interface Clause<T> {
  readonly line: WaitQueue<T>;
  /** What the line's owner keeps with a wait. */
  readonly payload?: unknown;
  /**
   * Takes it if it is there.
   *
   * @throws What a wait for it would reject with, if it can never be there.
   */
  take(): { readonly value: T } | undefined;
  /** Called when a wait for it has begun. */
  begun?(wait: Wait<T>): void;
  /** Called when the wait has ended and it was not this that ended it. */
  left?(wait: Wait<T>): void;
}

/** What has a clause. */
export interface Selectable<T> {
  /** @internal */
  clause(): Clause<T>;
}
