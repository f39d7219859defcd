import { checkFunction, checkMs, checkOptions, seen } from "../internal/arguments.ts";

/**
 * How long to wait before the next attempt.
 *
 * @param attempt The number of the attempt that has failed, from 1.
 * @param previousMs What it gave the last time; `undefined` after the first attempt.
 */
export type Backoff = (attempt: number, previousMs: number | undefined) => number;

/**
 * How a delay is spread, so that those who failed together do not come back together: over all of it
 * (`"full"`), over its upper half (`"equal"`), over what lies between the base and three times the delay
 * before (`"decorrelated"`), or not at all (`"none"`).
 */
export type Jitter = "full" | "equal" | "decorrelated" | "none";

export interface ExponentialOptions {
  /** The delay after the first attempt; 100 ms by default. */
  baseMs?: number | undefined;
  /** How many times longer each delay is than the one before; 2 by default. */
  factor?: number | undefined;
  /** The longest delay; 30 s by default. */
  maxMs?: number | undefined;
  /** `"full"` by default. */
  jitter?: Jitter | undefined;
  /** In place of `Math.random`: a number from 0 to less than 1. */
  random?: (() => number) | undefined;
}

const CREATE = "create a backoff";

function checkAtLeast(name: string, value: number, least: number): void {
  checkMs(CREATE, name, value);
  if (value < least) {
    throw new RangeError(
      `Cannot ${CREATE}: "${name}" must be at least ${least}, received ${value}`,
    );
  }
}

/**
 * Delays that grow by a factor up to a maximum, with jitter. They have no memory: one backoff may serve
 * any number of calls.
 *
 * @throws {TypeError | RangeError} If an option is not what it should be.
 * @example
 * ```ts
 * import { exponential } from "corral";
 *
 * const backoff = exponential({ baseMs: 100, maxMs: 500, jitter: "none" });
 * console.log([1, 2, 3, 4].map((attempt) => backoff(attempt, undefined))); // [ 100, 200, 400, 500 ]
 * ```
 */
export function exponential(options?: ExponentialOptions): Backoff {
  checkOptions(CREATE, options);
  const { baseMs = 100, factor = 2, maxMs = 30_000, jitter = "full", random } = options ?? {};
  checkAtLeast("baseMs", baseMs, 0);
  checkAtLeast("factor", factor, 1);
  checkAtLeast("maxMs", maxMs, 0);
  if (random !== undefined) checkFunction(CREATE, "random", random);
  if (!["full", "equal", "decorrelated", "none"].includes(jitter)) {
    throw new TypeError(
      `Cannot ${CREATE}: "jitter" must be "full", "equal", "decorrelated" or "none", received ${seen(jitter)}`,
    );
  }
  const between = (low: number, high: number): number =>
    high === Infinity ? high : low + (random ?? Math.random)() * (high - low);
  return (attempt, previousMs) => {
    if (jitter === "decorrelated") {
      // The maximum bounds the range, not what is drawn from it: else most late delays were the maximum.
      const high = Math.min(maxMs, Math.max(baseMs, previousMs ?? baseMs) * 3);
      return between(Math.min(baseMs, high), high);
    }
    // Zero times a power beyond all numbers would be none.
    const delay = Math.min(maxMs, baseMs === 0 ? 0 : baseMs * factor ** (attempt - 1));
    if (jitter === "none") return delay;
    return between(jitter === "full" ? 0 : delay / 2, delay);
  };
}

/**
 * The same delay each time.
 *
 * @throws {TypeError | RangeError} If `ms` is no number of milliseconds, or negative.
 */
export function constant(ms: number): Backoff {
  checkAtLeast("ms", ms, 0);
  return () => ms;
}
