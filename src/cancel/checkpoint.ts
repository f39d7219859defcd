import { checkOptions } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { currentNode } from "./ambient.ts";
import { CancelScope } from "./scope.ts";
import type { WaitOptions } from "./sleep.ts";
import { placeOf, refusal } from "./wait.ts";

/**
 * A cancel point in work that waits for nothing: `await checkpoint()` in a long loop lets it be
 * cancelled, and lets timers and I/O be served when the loop has had its share.
 *
 * @returns `undefined` when there is nothing to wait for; a promise that rejects in a cancelled scope.
 */
export function checkpoint(options?: WaitOptions): Promise<void> | undefined {
  try {
    checkOptions("wait", options);
    const signal = options?.signal;
    return refusal(placeOf(signal), signal) ?? spend();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The current scope's signal; one that never aborts where there is no scope. */
export function currentSignal(): AbortSignal {
  const node = currentNode();
  if (node?.foreign !== undefined) return node.foreign;
  return CancelScope.current?.signal ?? new AbortController().signal;
}
