import { checkFunction, checkMs, checkOptions } from "../internal/arguments.ts";
import { CancelScope } from "./scope.ts";

export interface ShieldOptions {
  /** How long `fn` may take at most. Finite: an unbounded shield could hold a program for ever. */
  timeoutMs: number;
  /** Where the shield belongs in the tree, without ambient scopes. Its abort is an outer cancellation. */
  signal?: AbortSignal | undefined;
  name?: string | undefined;
}

/**
 * Calls `fn` out of reach of outer cancellations, so that the cleanup of a cancelled scope can wait.
 * Beginning it is no cancel point. When the bound has passed, the waits within are cancelled.
 *
 * @throws {TimeoutError} If `fn` did not end within `timeoutMs`.
 * @throws {TypeError | RangeError} If `timeoutMs` is missing or not finite.
 */
export function shield<T>(
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options: ShieldOptions,
): Promise<T> {
  try {
    checkFunction("shield", "fn", fn);
    checkOptions("shield", options);
    const timeoutMs = options?.timeoutMs;
    checkMs("shield", "timeoutMs", timeoutMs);
    if (timeoutMs === Infinity) {
      throw new RangeError('Cannot shield: "timeoutMs" must be finite, received Infinity');
    }
    return new CancelScope({ ...options, shield: true }).run(fn);
  } catch (error) {
    return Promise.reject(error);
  }
}
