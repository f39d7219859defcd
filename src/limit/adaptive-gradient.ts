import { checkOptions } from "../internal/arguments.ts";
import type { Algorithm } from "./adaptive-algorithm.ts";
import { checkBetween } from "./adaptive-arguments.ts";
import { LatencyAlgorithm, type LatencyOptions } from "./adaptive-latency.ts";

export interface GradientOptions extends LatencyOptions {
  /** How many times the base latency is still taken for no queue: above 0, 1.25 by default. */
  tolerance?: number | undefined;
}

const CREATE = "create a gradient algorithm";

/** A limit is not lowered further by one window: that may be an outlier. */
const LEAST = 0.5;

/**
 * An algorithm for {@link AdaptiveLimit} that follows the latency: the limit is multiplied with the gradient,
 * the base latency over that of the last window, and the square root of the limit is added as room to grow
 * into.
 *
 * It settles where latency is about `tolerance` times the base and the room is a queue; that is a queue of a
 * share of the calls. It bears latencies that vary, and is the default. A drop multiplies the limit with
 * `decrease`, once for all calls that were under way together.
 *
 * The base latency is that of calls which do not queue. It is measured while the limit is a third for a
 * moment, every `probeEvery` windows, so that a server that gets slower or faster is learnt.
 *
 * As the gradient controller of Envoy's adaptive concurrency filter, which multiplies, adds, and measures
 * its `minRTT` in this way, and as `Gradient2Limit` of Netflix's concurrency-limits, which compares with a
 * long average.
 *
 * @throws {TypeError | RangeError} If an option is not what it should be.
 * @example
 * ```ts
 * import { AdaptiveLimit, gradient } from "corral";
 *
 * const limit = new AdaptiveLimit({ algorithm: gradient({ tolerance: 1.5 }), max: 200 });
 * console.log(await limit.run(async () => "done")); // done
 * ```
 */
export function gradient(options?: GradientOptions): Algorithm {
  checkOptions(CREATE, options);
  const { tolerance = 1.25 } = options ?? {};
  checkBetween(CREATE, "tolerance", tolerance, 0, Infinity);
  return new LatencyAlgorithm(CREATE, options, (limit, baseMs, rttMs) => {
    const slope = Math.max(LEAST, tolerance * Math.min(1, baseMs / rttMs));
    const next = limit * slope;
    return next + Math.sqrt(next);
  });
}
