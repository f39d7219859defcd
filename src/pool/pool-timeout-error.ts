import { TimeoutError } from "../cancel/errors.ts";
import { now } from "../cancel/clock.ts";

/** The figures of a pool at a moment at which it had nothing to give. */
export interface Shortage {
  readonly max: number;
  readonly busy: number;
  readonly waiting: number;
}

const BRAND = "corral/PoolTimeoutError";

/** Nothing of a pool was free within the time that the caller could wait. Its `name` is that of a TimeoutError. */
export class PoolTimeoutError extends TimeoutError {
  // Beside the brand of a TimeoutError, which it is as well.
  /** @internal */
  static readonly poolBrand: string = BRAND;

  /** By brand for this class, in all copies of the library; by prototype for classes that extend it. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, "poolBrand")) {
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }
    const made = (value as { constructor?: { poolBrand?: unknown } } | null | undefined)
      ?.constructor;
    return made?.poolBrand === BRAND;
  }

  /** The name of the pool. */
  readonly poolName: string | undefined;
  /** How many there may be. */
  readonly max: number;
  /** How many were in use. */
  readonly busy: number;
  /** How many others waited. */
  readonly waiting: number;

  /** @param cause What `create` has failed with, if it has not succeeded since. */
  constructor(afterMs: number, poolName: string | undefined, shortage: Shortage, cause?: unknown) {
    super(now(), afterMs, poolName);
    const { max, busy, waiting } = shortage;
    const pool = poolName === undefined ? "The pool" : `Pool ${JSON.stringify(poolName)}`;
    const why = cause === undefined ? "" : ", and the last attempt to create one has failed";
    this.message = `${pool} had nothing free within ${Math.round(afterMs)} ms: ${busy} of ${max} in use, ${waiting} more waiting${why}`;
    if (cause !== undefined)
      Object.defineProperty(this, "cause", { value: cause, configurable: true, writable: true });
    this.poolName = poolName;
    this.max = max;
    this.busy = busy;
    this.waiting = waiting;
  }
}
