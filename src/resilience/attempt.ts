import type { CancelScope } from "../cancel/scope.ts";

/** One of the calls that `retry` makes. */
export class Attempt {
  /** Which it is, from 1. */
  readonly number: number;
  /** The scope it runs in: its own. Cancelling it makes it a failure, to be retried like any other. */
  readonly scope: CancelScope;
  /** What the attempt before has failed with; `undefined` in the first. */
  readonly error: unknown;

  /** @internal */
  constructor(number: number, scope: CancelScope, error: unknown) {
    this.number = number;
    this.scope = scope;
    this.error = error;
  }

  /** The signal of its scope. */
  get signal(): AbortSignal {
    return this.scope.signal;
  }
}
