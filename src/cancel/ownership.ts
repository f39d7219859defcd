/** Whose a rejection is: a scope's own cancellation coming back, or a failure. */
import { CancelledError } from "./errors.ts";
import type { CancelScope } from "./scope.ts";
import { outerNode, type ScopeNode } from "./tree.ts";

function isAbortError(error: unknown): boolean {
  try {
    return (error as Error | null)?.name === "AbortError";
  } catch {
    // Whatever has a name that cannot be read is none of the platform's.
    return false;
  }
}

/**
 * Whether a rejection in the scope is its cancellation: the scope is cancelled in effect, and the error
 * is that cancellation's CancelledError, its raw reason, or any AbortError. Platform code makes its own
 * AbortErrors, not all with a `cause`, so they are not told apart meanwhile.
 */
export function isOurs(scope: ScopeNode, error: unknown): boolean {
  if (scope.error === undefined || error === undefined) return false;
  if (error === scope.error || isAbortError(error)) return true;
  for (let node: ScopeNode | undefined = scope; node !== undefined; node = outerNode(node)) {
    if (error === node.error!.reason) return true;
  }
  return false;
}

/**
 * Tells cancellations from failures.
 *
 * @param scope Asks whether it is this scope's cancellation: whether a function that rejects with
 * `error` in that scope has been cancelled rather than failed. Without it: whether `error` is a
 * CancelledError at all, whosever.
 */
export function isCancellation(error: unknown, scope?: CancelScope): boolean {
  return scope === undefined ? error instanceof CancelledError : isOurs(scope, error);
}
