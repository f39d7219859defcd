import { checkFlag, checkFunction, checkMs, seen } from "../internal/arguments.ts";
import { checkName } from "../sync/primitive.ts";
import type { AsyncLruOptions } from "./async-lru-options.ts";
import { type CacheTier, checkTier } from "./cache-tier.ts";
import { CREATE, type MemoCacheOptions } from "./memo-options.ts";

function checkAsyncLruOptions<K, V>(options: AsyncLruOptions<K, V>): void {
  checkName(CREATE, options);
  const { jitter, tier } = options;
  for (const name of ["load", "tagsOf", "dispose", "onEvent"] as const) {
    if (options[name] !== undefined) checkFunction(CREATE, name, options[name]);
  }
  for (const name of ["refreshAheadMs", "tierLeaseMs"] as const) {
    if (options[name] !== undefined) checkMs(CREATE, name, options[name]);
  }
  checkFlag(CREATE, "sliding", options.sliding);
  if (jitter !== undefined && !(typeof jitter === "number" && jitter >= 0 && jitter <= 1)) {
    const kind = typeof jitter === "number" ? RangeError : TypeError;
    throw new kind(
      `Cannot ${CREATE}: "jitter" must be a number from 0 to 1, received ${seen(jitter)}`,
    );
  }
  if (tier !== undefined) checkTier(tier as CacheTier<never, never>);
}

/**
 * The options that any cache has.
 *
 * @throws {TypeError | RangeError} If an option is not what it should be.
 */
export function plainOptions<K, V>(options: AsyncLruOptions<K, V>): MemoCacheOptions<K, V> {
  checkAsyncLruOptions(options);
  const { jitter = 0, ttlMs } = options;
  if (jitter === 0 || ttlMs === undefined) return options;
  const lifetime = typeof ttlMs === "function" ? ttlMs : () => ttlMs;
  const shorter = (value: V, key: K): number => {
    const ms = lifetime(value, key);
    // What is no number is for the cache to refuse.
    return typeof ms === "number" ? ms * (1 - Math.random() * jitter) : ms;
  };
  return { ...options, ttlMs: shorter };
}
