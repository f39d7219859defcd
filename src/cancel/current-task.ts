import { currentNode } from "./ambient.ts";
import type { CancelScope } from "./scope.ts";
import type { ScopeNode } from "./tree.ts";

/** The task whose function the calling code is in, or the one of a given place in the tree. */
export function currentTask(place: ScopeNode | undefined = currentNode()): object | undefined {
  let node = place as CancelScope | undefined;
  while (node !== undefined && node.task === undefined) {
    node = node.parent as CancelScope | undefined;
  }
  return node?.task;
}
