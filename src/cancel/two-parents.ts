/** An ended scope with two parents: stray code in it can be cancelled by either. */
import { attach, openNode, type ScopeNode } from "./tree.ts";

/** A cancelled parent, the only open one, or the scope itself while it stands for two of them. */
export function openAbove(scope: ScopeNode): ScopeNode | undefined {
  const open = new Set<ScopeNode>();
  // A set, which is walked while it grows: ways up may meet again.
  const ended = new Set([scope]);
  for (const { parent, link } of ended) {
    for (const up of [parent, link?.node]) {
      if (up === undefined) continue;
      if (up.foreign?.aborted === true) up.handleEvent();
      if (up.error !== undefined) return up;
      (up.ended ? ended : open).add(up);
    }
  }
  return open.size > 1 ? scope : [...open][0];
}

/** Puts an ended scope back into the tree, since a stray wait has come. */
export function reattach(scope: ScopeNode): void {
  if (!scope.ended || scope.owner !== undefined) return;
  const above = openNode(scope.parent);
  const beside = openNode(scope.link?.node);
  if (above !== undefined) attach(above, scope);
  if (beside !== undefined) attach(beside, scope.link!);
}
