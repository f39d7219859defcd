/** A scope's way from `run()` to its end. */
import { spend } from "../internal/budget.ts";
import { runtime } from "../internal/runtime.ts";
import { currentNode, within } from "./ambient.ts";
import { now } from "./clock.ts";
import { arm, isPast } from "./deadline.ts";
import { handOut } from "./handed-out.ts";
import { isOurs } from "./ownership.ts";
import type { CancelScope } from "./scope.ts";
import { nodeOf } from "./signal-hub.ts";
import { attach, leaveTree, Link, outerNode, type ScopeNode, sweep } from "./tree.ts";

/** Calls `fn` in the scope; what it throws at once is a rejection too. */
export function attempt<T>(
  scope: CancelScope,
  fn: (scope: never) => T | PromiseLike<T>,
): Promise<T> {
  // Not by call(): each frame here is one for every level of scopes that are opened in one another.
  try {
    return Promise.resolve(within(scope, fn));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether a cancellation of `outer` always reaches `inner`. */
function covers(outer: ScopeNode, inner: ScopeNode): boolean {
  for (let node: ScopeNode | undefined = inner; node !== undefined; node = node.parent) {
    if (node === outer) return true;
    if (node.shielded) return false;
  }
  return false;
}

/**
 * Puts the scope into the tree, below the ambient scope (or the one given in its place) and below that
 * of its signal.
 */
export function openScope(scope: CancelScope, group?: ScopeNode): void {
  if (scope.opened) {
    throw new TypeError(
      `Cannot run a cancel scope: expected one that was never run, received ${
        scope.ended ? "one that has ended" : "one that is running"
      }`,
    );
  }
  scope.opened = true;
  const ambient = group ?? currentNode();
  scope.frame = group === undefined ? runtime.detector?.current() : group.frame;
  const outside = scope.outside === undefined ? undefined : nodeOf(scope.outside);
  let parent = ambient ?? outside;
  if (ambient !== undefined && outside !== undefined && !covers(outside, ambient)) {
    if (covers(ambient, outside)) parent = outside;
    else scope.link = new Link(scope, outside);
  }
  if (parent !== undefined) {
    scope.parent = parent;
    scope.daemon ||= parent.daemon;
    attach(parent, scope);
  }
  const outer = outerNode(scope);
  if (outer !== undefined && scope.error === undefined) sweep(scope, outer.error!);
  else if (scope.error !== undefined) scope.swept();
  scope.clock = runtime.clock;
  const { allowedMs } = scope;
  if (allowedMs === undefined && scope.deadlineAt === Infinity) return;
  const start = now();
  if (allowedMs !== undefined && start + allowedMs < scope.deadlineAt) {
    scope.deadlineAt = start + allowedMs;
  } else {
    scope.allowedMs = undefined;
  }
  arm(scope, scope.deadlineAt - start);
}

/** Moves a scope, and all within it, below another one. */
export function moveScope(scope: CancelScope, parent: ScopeNode): void {
  leaveTree(scope);
  scope.link = undefined;
  scope.parent = parent;
  attach(parent, scope);
  if (parent.error !== undefined && scope.error === undefined) sweep(scope, parent.error);
}

/** How the scope's opener sees an error with which its work ended. Asked before the scope ends. */
export function failureOf(scope: CancelScope, error: unknown): unknown {
  if (!isOurs(scope, error)) return error;
  const outer = outerNode(scope);
  return outer === undefined ? (scope.timeout ?? scope.error) : outer.refusal;
}

/** Cancels the groups that were left open in the scope; what to wait for, if there are any. */
export function leaveOpenGroups(scope: CancelScope): Promise<unknown> | undefined {
  let open: (() => Promise<void>)[] | undefined;
  for (let member = scope.first; member !== undefined; member = member.after) {
    const { abandon } = member as CancelScope;
    if (abandon !== undefined) (open ??= []).push(abandon);
  }
  return open && Promise.all(open.map((abandon) => abandon()));
}

function settle(failed: boolean, outcome: unknown): unknown {
  if (failed) throw outcome;
  return outcome;
}

/** Ends the scope, and gives its outcome when all that hangs on it has ended too. */
export function finish(scope: CancelScope, failed: boolean, outcome: unknown): unknown {
  const rest = leaveOpenGroups(scope);
  if (rest !== undefined) return rest.then(() => finish(scope, failed, outcome));
  endScope(scope);
  const hop = spend();
  if (hop !== undefined) return hop.then(() => settle(failed, outcome));
  return settle(failed, outcome);
}

/**
 * Ends a scope. Stray code that still runs in it is in its nearest open ancestor from now on, unless
 * it ended cancelled. What still waits in it stays within reach of an outer cancellation.
 */
export function endScope(scope: CancelScope): void {
  scope.timer?.cancel();
  scope.watch?.cancel();
  if (isPast(scope)) scope.hasExpired = true;
  scope.ended = true;
  // What is left in it has no opener any more whom the shield could serve.
  scope.shielded = false;
  const outer = scope.error === undefined ? outerNode(scope) : undefined;
  if (outer !== undefined) sweep(scope, outer.error!);
  if (scope.first !== undefined || scope.controller !== undefined) handOut(scope);
  if (scope.first === undefined || scope.error !== undefined) leaveTree(scope);
}
