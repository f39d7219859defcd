import { cancellable, type CancelScope } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";

/** A load that has begun. */
export interface Begun {
  readonly signal: AbortSignal;
  /** Ends it. */
  readonly gate: Deferred<string>;
}

/** Loads that end when a test says so. */
export class Loads {
  readonly begun: Begun[] = [];

  /** Goes on when it is cancelled. */
  readonly stubborn = ({ signal }: Pick<CancelScope, "signal">): Promise<string> => {
    const gate = deferred<string>();
    this.begun.push({ signal, gate });
    return gate.promise;
  };

  /** Ends at once when it is cancelled. */
  readonly load = (scope: Pick<CancelScope, "signal">): Promise<string> =>
    cancellable(this.stubborn(scope), { signal: scope.signal });

  /** Whether the signal of each has aborted. */
  get aborted(): boolean[] {
    return this.begun.map(({ signal }) => signal.aborted);
  }
}

/** How a call has ended, once it has. */
export function outcomeOf(called: Promise<unknown>): Promise<unknown> {
  return called.then(
    (value) => value,
    (reason: unknown) => ({ reason }),
  );
}
