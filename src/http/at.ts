import { CancelScope } from "../index.ts";

/**
 * What to give a wait so that it belongs to `scope`, in whose function the calling code runs. Without
 * ambient scopes that is the scope's signal; with them nothing, which spares an AbortController.
 */
export function at(scope: CancelScope): { signal?: AbortSignal } {
  return CancelScope.current === undefined ? { signal: scope.signal } : {};
}
