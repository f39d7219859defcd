import {
  checkCount,
  checkFlag,
  checkFunction,
  checkMs,
  checkOptions,
  seen,
} from "../internal/arguments.ts";
import type { Eviction } from "./eviction-policy.ts";

/** How a cache keeps what was loaded. Times are milliseconds. */
export interface MemoCacheOptions<K, V> {
  /** How many values are kept at most; 1,000 by default. `Infinity` is allowed. */
  max?: number | undefined;
  /** What the sizes of all values may add up to; `Infinity` by default. A larger value is not kept. */
  maxSize?: number | undefined;
  /** The size of a value: a number of at least 0; 1 by default. Asked where there is a `maxSize`. */
  sizeOf?: ((value: V, key: K) => number) | undefined;
  /** For how long a value is fresh; `Infinity` by default. Zero and less keep nothing. */
  ttlMs?: number | ((value: V, key: K) => number) | undefined;
  /** For how long after its time a value is still given, while it is loaded anew behind the callers. */
  staleWhileRevalidateMs?: number | undefined;
  /** For how long after its time a value is given in place of the failure of its load. */
  staleIfErrorMs?: number | undefined;
  /**
   * For how long a negative result is kept. Without it, values are as any other, and failures are not kept.
   */
  negativeTtlMs?: number | undefined;
  /** Which results are negative; by default the values `undefined` and `null`, and no failures. */
  isNegative?: ((result: PromiseSettledResult<V>, key: K) => boolean) | undefined;
  /** Lets a load go on when all who waited for it have left; by default it is cancelled then. */
  keepAlive?: boolean | undefined;
  /** Which value goes when there is no room: `lru`, the default, or `s3Fifo`. */
  eviction?: Eviction | undefined;
}

export const CREATE = "create a cache";

const CHECKS: readonly (readonly [
  (action: string, name: string, value: unknown) => unknown,
  ...(keyof MemoCacheOptions<unknown, unknown>)[],
])[] = [
  [checkCount, "max", "maxSize"],
  [checkMs, "ttlMs", "staleWhileRevalidateMs", "staleIfErrorMs", "negativeTtlMs"],
  [checkFunction, "sizeOf", "isNegative", "eviction"],
  [checkFlag, "keepAlive"],
];

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function checkCacheOptions<K, V>(options: MemoCacheOptions<K, V>): void {
  checkOptions(CREATE, options);
  for (const [check, ...names] of CHECKS) {
    for (const name of names) {
      const value = options[name];
      const computed = name === "ttlMs" && typeof value === "function";
      if (value !== undefined && !computed) check(CREATE, name, value);
    }
  }
}

/**
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is less than 0, or NaN.
 */
export function checkSize(action: string, size: unknown): void {
  if (typeof size === "number" && size >= 0) return;
  const kind = typeof size === "number" ? RangeError : TypeError;
  throw new kind(`Cannot ${action}: "size" must be a number of at least 0, received ${seen(size)}`);
}
