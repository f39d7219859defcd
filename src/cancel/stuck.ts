import { seen } from "../internal/arguments.ts";
import { setTimer } from "./clock.ts";
import { report } from "./report.ts";
import type { CancelScope } from "./scope.ts";
import type { ScopeNode } from "./tree.ts";

/** After this long, a cancelled scope whose function has not ended is reported, once. */
const STUCK_MS = 1_000;

export function watchOver(scope: CancelScope): void {
  if (!scope.opened || scope.ended || scope.watch !== undefined) return;
  scope.watch = setTimer(STUCK_MS, stuck, scope, "passive");
}

function stuck(scope: CancelScope): void {
  const names: string[] = [];
  const nodes: ScopeNode[] = [scope];
  for (let i = 0; i < nodes.length && names.length < 10; i++) {
    let inner = false;
    for (let member = nodes[i]!.first; member !== undefined; member = member.after) {
      if ("shielded" in member && !(member as ScopeNode).ended) {
        nodes.push(member as ScopeNode);
        inner = true;
      }
    }
    if (!inner) names.push(seen((nodes[i] as CancelScope).name ?? "a scope without a name"));
  }
  report("warning", {
    kind: "stuck",
    message: `${names.join(", ")} has not ended ${STUCK_MS} ms after its cancellation`,
    detail: scope,
  });
}
