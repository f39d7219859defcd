/**
 * The errors that a caller is expected to catch. They are recognised by a brand, not by identity of
 * the class, so that `instanceof` holds across two copies of the library in one process.
 */

export abstract class BrandedError extends Error {
  /** @internal */
  static readonly brand: string = "";

  /** By brand for the classes here, by prototype for classes that extend them. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, "brand")) {
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }
    // A class that extends one of these has its brand, too.
    return (
      (value as { constructor?: typeof BrandedError } | null)?.constructor?.brand === this.brand
    );
  }
}

/**
 * What a wait rejects with in a cancelled scope, and the `reason` of that scope's signal.
 *
 * One cancellation makes one of it, shared by all whom it reaches. Platform code sees an `AbortError`.
 * `reason` and `cause` hold what was given to `cancel()`: the caller's reason as it is.
 */
export class CancelledError extends BrandedError {
  /** @internal */
  static override readonly brand: string = "corral/CancelledError";
  override readonly name = "AbortError" as const;
  readonly code = "ABORT_ERR" as const;
  /** What was given to `cancel()`, untouched; a {@link TimeoutError} when a deadline passed. */
  readonly reason: unknown;

  constructor(reason?: unknown) {
    const why =
      reason instanceof Error ? reason.message : typeof reason === "string" ? reason : undefined;
    super(`The scope was cancelled${why === undefined ? "" : `: ${why}`}`, { cause: reason });
    this.reason = reason;
  }
}

/**
 * A deadline passed. It is no cancellation: whoever set the deadline gets it as an ordinary failure.
 */
export class TimeoutError extends BrandedError {
  /** @internal */
  static override readonly brand: string = "corral/TimeoutError";
  override readonly name = "TimeoutError" as const;
  /** The deadline that passed, on the clock of `now()`. */
  readonly deadline: number;
  /** The name of the scope that had it. */
  readonly scopeName: string | undefined;

  constructor(deadline: number, afterMs?: number, scopeName?: string) {
    const what = scopeName === undefined ? "The operation" : JSON.stringify(scopeName);
    super(`${what} timed out${afterMs === undefined ? "" : ` after ${Math.round(afterMs)} ms`}`);
    this.deadline = deadline;
    this.scopeName = scopeName;
  }
}

/** What was asked of is closed, ended or was cleared: the call did nothing. */
export class ClosedError extends BrandedError {
  /** @internal */
  static override readonly brand: string = "corral/ClosedError";
  override readonly name = "ClosedError" as const;
}

/** A subscription fell too far behind: values were dropped before it read them. */
export class LaggedError extends BrandedError {
  /** @internal */
  static override readonly brand: string = "corral/LaggedError";
  override readonly name = "LaggedError" as const;
  /** How many values it has missed since it was last told. */
  readonly missed: number;

  constructor(missed: number) {
    super(`The subscription has missed ${missed} ${missed === 1 ? "value" : "values"}`);
    this.missed = missed;
  }
}

/** Nobody can ever end this wait: those who could are themselves waiting for it. */
export class DeadlockError extends BrandedError {
  /** @internal */
  static override readonly brand: string = "corral/DeadlockError";
  override readonly name = "DeadlockError" as const;
}
