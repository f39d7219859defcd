import { checkOptions, seen } from "../internal/arguments.ts";
import type { Algorithm } from "./adaptive-algorithm.ts";
import { checkBetween } from "./adaptive-arguments.ts";
import { LatencyAlgorithm, type LatencyOptions } from "./adaptive-latency.ts";

export interface VegasOptions extends LatencyOptions {
  /** The limit grows while fewer calls queue, up to `beta`; 2 by default. */
  alpha?: number | undefined;
  /** It shrinks while more calls queue; 4 by default, or twice `alpha`. */
  beta?: number | undefined;
}

const CREATE = "create a Vegas algorithm";

/**
 * An algorithm for {@link AdaptiveLimit} that follows the queue: of as many calls as the limit lets run, a
 * share of `1 - base latency / latency` is queueing.
 *
 * The limit grows while fewer than `alpha` calls queue, and shrinks when more than `beta` do; from a limit of
 * 10 on both grow with its square root, as chance does. So it holds a short queue: latency is lower than with
 * {@link gradient}, above all where many calls run, and latencies that vary confuse it sooner. A drop
 * multiplies the limit with `decrease`, once for all calls that were under way together.
 *
 * The base latency is that of calls which do not queue. It is measured while the limit is a third for a
 * moment, every `probeEvery` windows, so that a server that gets slower or faster is learnt.
 *
 * As TCP Vegas (Brakmo and Peterson), whose `alpha` and `beta` are these, and `VegasLimit` of Netflix's
 * concurrency-limits. Those go up and down in steps; this one goes up by what is missing to `beta`, and
 * down by half of what is above.
 *
 * @throws {TypeError | RangeError} If an option is not what it should be.
 * @example
 * ```ts
 * import { AdaptiveLimit, vegas } from "corral";
 *
 * const limit = new AdaptiveLimit({ algorithm: vegas({ alpha: 1, beta: 3 }) });
 * console.log(await limit.run(async () => "done")); // done
 * ```
 */
export function vegas(options?: VegasOptions): Algorithm {
  checkOptions(CREATE, options);
  const { alpha = 2 } = options ?? {};
  const { beta = alpha * 2 } = options ?? {};
  checkBetween(CREATE, "alpha", alpha, 0, Infinity);
  checkBetween(CREATE, "beta", beta, 0, Infinity);
  if (beta < alpha) {
    throw new RangeError(
      `Cannot ${CREATE}: "beta" must be at least ${alpha}, as "alpha" is, received ${seen(beta)}`,
    );
  }
  return new LatencyAlgorithm(CREATE, options, (limit, baseMs, rttMs) => {
    const step = Math.max(1, Math.sqrt(limit / 10));
    const queue = limit * (1 - Math.min(1, baseMs / rttMs));
    const surplus = queue - beta * step;
    if (surplus > 0) return limit - Math.max(step, surplus / 2);
    return queue < alpha * step ? limit - surplus : limit;
  });
}
