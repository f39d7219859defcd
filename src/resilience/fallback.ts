import { checkFunction } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { CancelScope } from "../cancel/scope.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { checkName } from "../sync/primitive.ts";
import { isCut, isCutBy } from "./surroundings.ts";
import { withFailures } from "./with-failures.ts";

export interface FallbackOptions {
  /** Which failures it is for; by default all. */
  handles?: ((error: unknown) => boolean) | undefined;
  /** Cancels `fn` from outside. */
  signal?: AbortSignal | undefined;
  name?: string | undefined;
}

const RUN = "run with a fallback";

/**
 * Calls `fn`, and where it fails gives what `otherwise` makes of the failure.
 *
 * A cancellation is no failure: nothing is given in its place, and `otherwise` is not called in a scope
 * that is cancelled. When it fails itself, that is thrown, and `failuresOf` tells of both.
 *
 * It goes around all else, and the work goes inside of all: read from the outside in, what follows gives
 * an old value where all attempts fail; makes up to three attempts; asks the circuit before each; waits
 * for a place; and lets the work take a second, while it holds the place until it has really ended.
 *
 * @example
 * ```ts
 * import { CircuitBreaker, constant, fallback, limit, retry, timeout } from "corral";
 *
 * const circuit = new CircuitBreaker({ failures: 5, openMs: 10_000 });
 * const four = limit(4);
 * const load = async () => {
 *   throw new Error("down");
 * };
 *
 * const price = await fallback(
 *   () =>
 *     retry(
 *       () => circuit.run(() => four(() => timeout(1_000, load))),
 *       { attempts: 3, backoff: constant(10) },
 *     ),
 *   () => "an old price",
 * );
 * console.log(price, circuit.stats().failures); // an old price 3
 * ```
 */
export async function fallback<T, F>(
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  otherwise: (error: unknown) => F | PromiseLike<F>,
  options?: FallbackOptions,
): Promise<T | F> {
  checkFunction(RUN, "fn", fn);
  checkFunction(RUN, "otherwise", otherwise);
  const name = checkName(RUN, options);
  const { handles, signal } = options ?? {};
  if (handles !== undefined) checkFunction(RUN, "handles", handles);
  if (signal !== undefined) checkSignal(signal);
  const no = refusal(placeOf(signal), signal);
  if (no !== undefined) return no;
  const scope = new CancelScope({ name, signal });
  try {
    return await scope.run(fn);
  } catch (error) {
    await spend();
    if (scope.cancelled || isCut(signal)) throw error;
    try {
      if (handles === undefined || handles(error)) return await otherwise(error);
    } catch (failure) {
      throw isCutBy(failure, signal) ? failure : withFailures(failure, [error]);
    }
    throw error;
  }
}
