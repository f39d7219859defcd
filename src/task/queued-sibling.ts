import type { CancelScope } from "../cancel/scope.ts";
import type { Member, ScopeNode } from "../cancel/tree.ts";
import type { Wait } from "../cancel/wait.ts";
import type { Task } from "./task.ts";

/** Whether a running child only goes on when a queued one of its group has ended. */
function waitsForQueued(child: CancelScope): boolean {
  if (child.deadlineAt < Infinity || child.link !== undefined) return false;
  // Whatever else it waits for may let it go on.
  for (let member: Member | undefined = child.first; member !== undefined; member = member.after) {
    const { line, link } = member as Wait;
    if (line?.kind !== "task" || link !== undefined || "rivals" in member) return false;
    const { status, scope } = line.target as Task<unknown>;
    if (status !== "queued" || scope.parent !== child.parent) return false;
  }
  return child.first !== undefined;
}

/**
 * Whether a queued child of a full group would never start if `place` waited for it: `place` is in a
 * running child, and all others that run wait for queued ones.
 */
export function holdsUp(place: ScopeNode | undefined, queued: CancelScope): boolean {
  const group = queued.parent;
  let caller = place as CancelScope | undefined;
  while (caller !== undefined && caller.parent !== group) {
    caller = caller.parent as CancelScope | undefined;
  }
  if (caller?.task === undefined || caller.daemon) return false;
  for (let member = group!.first; member !== undefined; member = member.after) {
    const child = member as CancelScope;
    const task = child.task as Task<unknown> | undefined;
    if (child === caller || child.daemon || task?.status !== "running") continue;
    if (!waitsForQueued(child)) return false;
  }
  return true;
}
