import { checkAmount, checkCount, checkMs, seen } from "../internal/arguments.ts";
import type { PrimitiveOptions } from "../sync/primitive.ts";
import { RateBucket } from "./rate-bucket.ts";
import type { Meter, Rate } from "./rate-meter.ts";
import { RateWindow } from "./rate-window.ts";

/**
 * How a rate is held: `"bucket"` lets a burst through and then as many as flow in, `"sliding"` never
 * more than the limit in any stretch of `perMs`, `"spaced"` one after the other at equal distances.
 */
export type RateKind = "bucket" | "sliding" | "spaced";

export interface RateLimiterOptions extends PrimitiveOptions {
  /** How many are let in in `perMs`: a non-negative integer, or `Infinity`. */
  limit: number;
  /** In how many milliseconds: positive and finite. */
  perMs: number;
  /** How many a bucket holds, so that they can come at once; `limit` by default. Of a bucket only. */
  burst?: number | undefined;
  /** `"bucket"` by default. */
  kind?: RateKind | undefined;
}

/** What to change of a rate; the rest stays. */
export interface RateChange {
  limit?: number | undefined;
  perMs?: number | undefined;
  burst?: number | undefined;
}

/** @throws {TypeError} If there is no such kind. */
export function meterOf(action: string, kind: RateKind): (rate: Rate) => Meter {
  switch (kind) {
    case "bucket":
    case "spaced":
      return (rate) => new RateBucket(rate, kind === "spaced");
    case "sliding":
      return (rate) => new RateWindow(rate);
    default:
      throw new TypeError(
        `Cannot ${action}: "kind" must be "bucket", "sliding" or "spaced", received ${seen(kind)}`,
      );
  }
}

/** @throws {TypeError | RangeError} If that is no rate. */
export function rateOf(
  action: string,
  kind: RateKind,
  limit: number,
  perMs: number,
  burst: number | undefined,
): Rate {
  checkAmount(action, "limit", limit);
  checkMs(action, "perMs", perMs);
  if (!(perMs > 0 && perMs < Infinity)) {
    throw new RangeError(
      `Cannot ${action}: "perMs" must be positive and finite, received ${perMs}`,
    );
  }
  if (burst === undefined) return { limit, perMs, burst: limit };
  if (kind !== "bucket") {
    throw new TypeError(
      `Cannot ${action}: "burst" must be absent unless "kind" is "bucket", received ${seen(burst)}`,
    );
  }
  checkCount(action, "burst", burst);
  return { limit, perMs, burst };
}

/** How many can be let in at once, at the most. */
export function mostOf(kind: RateKind, { limit, burst }: Rate): number {
  return kind === "bucket" && limit < Infinity ? burst : limit;
}
