import { checkCount, checkFunction, checkInteger, checkMs, seen } from "../internal/arguments.ts";
import type { PrimitiveOptions } from "../sync/primitive.ts";
import type { Algorithm } from "./adaptive-algorithm.ts";
import { isOverload } from "./adaptive-drop.ts";
import { gradient } from "./adaptive-gradient.ts";

/** When the event loop counts as overloaded. */
export interface AdaptiveLag {
  /** By how much it may be late: above 0. */
  thresholdMs: number;
  /** In place of the library's own measurement: by how much it is late, in milliseconds. */
  measure?: (() => number) | undefined;
}

export interface AdaptiveLimitOptions extends PrimitiveOptions {
  /** What finds the limit; {@link gradient} by default. Each limit needs one of its own. */
  algorithm?: Algorithm | undefined;
  /** The limit to begin with; 10 by default, or the bound that is nearest to it. */
  initial?: number | undefined;
  /** The limit is never lower; 1 by default. */
  min?: number | undefined;
  /** The limit is never higher; 1000 by default. */
  max?: number | undefined;
  /**
   * Whether an error says that what was called is overloaded. By default that is one called `TimeoutError`,
   * and one with the `status`, `statusCode` or `response.status` 429, 503 or 504. Any other rejection is
   * no sample: how fast something fails says nothing about how busy it is.
   */
  isDrop?: ((error: unknown) => boolean) | undefined;
  /**
   * Takes a late event loop for overload: while it is later than the threshold, every call that ends counts
   * as dropped. It is measured only while calls run, by a timer that does not keep the process alive.
   */
  lag?: AdaptiveLag | undefined;
  /** Called when the concurrency has changed. What it throws is reported. */
  onChange?: ((concurrency: number) => unknown) | undefined;
}

const CREATE = "create an adaptive limit";

/** The options as they are in force. */
export interface Settings {
  readonly algorithm: Algorithm;
  readonly initial: number;
  readonly min: number;
  readonly max: number;
  readonly isDrop: (error: unknown) => boolean;
  readonly lag: AdaptiveLag | undefined;
  readonly onChange: ((concurrency: number) => unknown) | undefined;
}

function checkLag(lag: AdaptiveLag): void {
  if (typeof lag !== "object" || lag === null) {
    throw new TypeError(`Cannot ${CREATE}: "lag" must be an object, received ${seen(lag)}`);
  }
  checkMs(CREATE, "lag.thresholdMs", lag.thresholdMs);
  if (lag.thresholdMs <= 0) {
    throw new RangeError(
      `Cannot ${CREATE}: "lag.thresholdMs" must be positive, received ${lag.thresholdMs}`,
    );
  }
  if (lag.measure !== undefined) checkFunction(CREATE, "lag.measure", lag.measure);
}

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function readAdaptiveOptions(options: AdaptiveLimitOptions | undefined): Settings {
  const { algorithm = gradient(), min = 1, isDrop = isOverload, lag, onChange } = options ?? {};
  if (typeof (algorithm as Algorithm | null)?.update !== "function") {
    throw new TypeError(
      `Cannot ${CREATE}: "algorithm" must have a method "update", received ${seen(algorithm)}`,
    );
  }
  checkInteger(CREATE, "min", min);
  const { max = Math.max(min, 1000) } = options ?? {};
  checkCount(CREATE, "max", max);
  if (max < min) {
    throw new RangeError(
      `Cannot ${CREATE}: "max" must be at least ${min}, as "min" is, received ${max}`,
    );
  }
  const { initial = Math.min(max, Math.max(min, 10)) } = options ?? {};
  checkInteger(CREATE, "initial", initial);
  if (initial < min || initial > max) {
    throw new RangeError(
      `Cannot ${CREATE}: "initial" must be from ${min} to ${max}, received ${initial}`,
    );
  }
  checkFunction(CREATE, "isDrop", isDrop);
  if (lag !== undefined) checkLag(lag);
  if (onChange !== undefined) checkFunction(CREATE, "onChange", onChange);
  return { algorithm, initial, min, max, isDrop, lag: lag && { ...lag }, onChange };
}
