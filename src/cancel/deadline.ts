import { runtime } from "../internal/runtime.ts";
import { now, setTimer } from "./clock.ts";
import { TimeoutError } from "./errors.ts";
import type { CancelScope } from "./scope.ts";
import { cancelNode, type ScopeNode } from "./tree.ts";

/** Whether the scope's deadline has passed. Only the clock that it is on can tell. */
export function isPast(scope: CancelScope): boolean {
  return (
    scope.deadlineAt !== Infinity && scope.clock === runtime.clock && scope.deadlineAt <= now()
  );
}

/** Sets the timer of a scope's deadline anew. */
export function arm(scope: CancelScope, ms: number): void {
  scope.timer?.cancel();
  scope.timer = undefined;
  if (ms <= 0) expire(scope);
  else if (ms !== Infinity)
    scope.timer = setTimer(ms, expire, scope, scope.daemon ? "daemon" : "live");
}

function expire(scope: CancelScope): void {
  scope.hasExpired = true;
  if (scope.error !== undefined) return;
  // Of nested scopes that expire at the same time the outermost owns the timeout, whichever timer
  // happens to fire first.
  const moment = Math.max(now(), scope.deadlineAt);
  let owner = scope;
  for (let node: ScopeNode = scope; !node.shielded && node.parent !== undefined;) {
    node = node.parent;
    const { deadlineAt, clock } = node as CancelScope;
    if (!node.ended && deadlineAt <= moment && clock === scope.clock) owner = node as CancelScope;
  }
  owner.hasExpired = true;
  owner.timeout = new TimeoutError(owner.deadlineAt, owner.allowedMs, owner.name);
  cancelNode(owner, owner.timeout);
}
