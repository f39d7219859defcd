import type { CancelScope } from "./scope.ts";
import type { ScopeNode } from "./tree.ts";

/** When a place in the tree ends by itself, on the clock of `now()`; a foreign signal never does. */
export function deadlineOf(node: ScopeNode | undefined): number {
  return (node as Partial<CancelScope> | undefined)?.effectiveDeadline ?? Infinity;
}
