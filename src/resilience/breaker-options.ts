import { checkCount, checkFunction, checkInteger, checkMs, seen } from "../internal/arguments.ts";
import type { PrimitiveOptions } from "../sync/primitive.ts";
import { Consecutive, CountWindow, type Outcomes, ShareOverTime } from "./breaker-window.ts";

/** What a circuit breaker may be: it lets calls through, refuses them, or lets some through to see. */
export type CircuitState = "closed" | "open" | "half-open";

export interface BreakerOptions extends PrimitiveOptions {
  /** How long an open circuit refuses all calls; `Infinity` until `reset()`. */
  openMs: number;
  /** How many calls a half-open circuit lets in: all of them have to succeed for it to close. 1 by default. */
  probes?: number | undefined;
  /**
   * Whether an error counts as a failure; by default all do. One that does not counts as a success: there
   * was an answer. The call's own cancellation never counts, as either.
   */
  isFailure?: ((error: unknown) => boolean) | undefined;
  /** Called after each change of the state. What it throws is reported. */
  onStateChange?: ((state: CircuitState, previous: CircuitState) => unknown) | undefined;
}

export interface ConsecutiveBreakerOptions extends BreakerOptions {
  /** After so many failures with no success between them the circuit opens. */
  failures: number;
  ratio?: undefined;
}

interface RatioBreakerOptions extends BreakerOptions {
  /** The share of failures, from above 0 to 1, at which the circuit opens. */
  ratio: number;
  /** It opens after no fewer calls than these. */
  minimum: number;
  failures?: undefined;
}

export interface CountBreakerOptions extends RatioBreakerOptions {
  /** The share is that among the last so many calls. */
  count: number;
  windowMs?: undefined;
}

export interface WindowBreakerOptions extends RatioBreakerOptions {
  /** The share is that among the calls of the last so many milliseconds, in steps of a tenth. */
  windowMs: number;
  count?: undefined;
}

export type CircuitBreakerOptions =
  | ConsecutiveBreakerOptions
  | CountBreakerOptions
  | WindowBreakerOptions;

/** What errors say that was meant. */
export const CREATE = "create a circuit breaker";

/**
 * Checks the options.
 *
 * @returns What makes the memory of a circuit that closes.
 * @throws {TypeError | RangeError} If an option is not what it should be.
 */
export function readBreakerOptions(options: CircuitBreakerOptions): () => Outcomes {
  const { openMs, probes = 1, isFailure, onStateChange } = options ?? {};
  checkMs(CREATE, "openMs", openMs);
  checkInteger(CREATE, "probes", probes);
  if (isFailure !== undefined) checkFunction(CREATE, "isFailure", isFailure);
  if (onStateChange !== undefined) checkFunction(CREATE, "onStateChange", onStateChange);
  const { failures, ratio } = options;
  if ((failures === undefined) === (ratio === undefined)) {
    throw new TypeError(
      `Cannot ${CREATE}: "options" must have one of "failures" and "ratio", received ${failures === undefined ? "neither" : "both"}`,
    );
  }
  if (ratio === undefined) {
    checkCount(CREATE, "failures", failures);
    for (const name of ["minimum", "count", "windowMs"] as const) {
      const value = (options as Partial<Record<typeof name, unknown>>)[name];
      if (value === undefined) continue;
      throw new TypeError(
        `Cannot ${CREATE}: "${name}" must be absent unless there is a "ratio", received ${seen(value)}`,
      );
    }
    return () => new Consecutive(options.failures);
  }
  return readWindow(options);
}

function readWindow(options: CountBreakerOptions | WindowBreakerOptions): () => Outcomes {
  const { ratio, minimum, count, windowMs } = options;
  const wrong = `Cannot ${CREATE}: "ratio" must be from above 0 to 1, received ${seen(ratio)}`;
  if (typeof ratio !== "number") throw new TypeError(wrong);
  if (!(ratio > 0 && ratio <= 1)) throw new RangeError(wrong);
  checkCount(CREATE, "minimum", minimum);
  if ((count === undefined) === (windowMs === undefined)) {
    throw new TypeError(
      `Cannot ${CREATE}: "options" must have one of "count" and "windowMs", received ${count === undefined ? "neither" : "both"}`,
    );
  }
  if (count !== undefined) {
    checkInteger(CREATE, "count", count);
    if (minimum > count) {
      throw new RangeError(
        `Cannot ${CREATE}: "minimum" must be at most ${count}, as "count" is, received ${minimum}`,
      );
    }
    return () => new CountWindow(ratio, minimum, count);
  }
  checkMs(CREATE, "windowMs", windowMs);
  if (!(windowMs > 0 && windowMs < Infinity)) {
    throw new RangeError(
      `Cannot ${CREATE}: "windowMs" must be positive and finite, received ${windowMs}`,
    );
  }
  return () => new ShareOverTime(ratio, minimum, windowMs);
}
