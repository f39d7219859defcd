/**
 * Waits that are refused at once because they could not be over before a deadline. For the scope whose
 * deadline it is that is as good as its expiry, to which waiting would have come.
 */
import { type Runtime, runtime } from "../internal/runtime.ts";
import { TimeoutError } from "./errors.ts";
import type { CancelScope } from "./scope.ts";
import type { ScopeNode } from "./tree.ts";

const record = runtime as Runtime & { outOfTime?: WeakMap<object, CancelScope> };

/** The error for a wait at these places, of whose deadlines `deadline` is the least. */
export function outOfTime(
  deadline: number,
  places: readonly (ScopeNode | undefined)[],
): TimeoutError {
  // As when they expire: of several scopes that do so at the same time it is the outermost.
  let owner: CancelScope | undefined;
  const nodes = new Set(places);
  for (const node of nodes) {
    if (node === undefined) continue;
    const scope = node as CancelScope;
    if (!scope.ended && scope.deadlineAt === deadline) owner = scope;
    if (!node.shielded) nodes.add(node.parent).add(node.link?.node);
  }
  const error = new TimeoutError(deadline, undefined, owner?.name);
  record.outOfTime ??= new WeakMap();
  if (owner !== undefined) record.outOfTime.set(error, owner);
  return error;
}

/** Whether the scope's own deadline, and nothing else, has made its function fail so. */
export function isOutOfTime(scope: CancelScope, error: unknown): boolean {
  const failures = runtime.failures.get(error as object) ?? [error];
  return failures.every((one) => record.outOfTime?.get(one as object) === scope);
}
