import { runtime } from "../internal/runtime.ts";
import type { CancelScope } from "./scope.ts";
import type { Link, Member, ScopeNode } from "./tree.ts";
import type { Wait } from "./wait.ts";

// By their fields, since they may be another copy's.
function isWait(member: Member): member is Wait {
  return "line" in member;
}

function isNode(member: Member): member is ScopeNode {
  return "shielded" in member;
}

function age(since: number): string {
  // Under a virtual clock real ages mean nothing.
  if (runtime.clock !== undefined) return "";
  return `, ${((runtime.time() - since) / 1000).toFixed(1)} s`;
}

function nameOf(target: unknown): string {
  const name = (target as { name?: unknown } | undefined)?.name;
  return typeof name === "string" ? ` ${JSON.stringify(name)}` : "";
}

function label(member: Member): string {
  if (isWait(member)) {
    return `waits for ${member.line.kind}${nameOf(member.line.target)}${age(member.since)}`;
  }
  const node = member as CancelScope;
  if (node.foreign !== undefined) return "signal from outside";
  const task: { status?: string; since?: number } | undefined = node.task;
  const states = [
    task?.status,
    node.error !== undefined && "cancelled",
    node.shielded && "shielded",
    node.daemon && "daemon",
  ].filter((state) => typeof state === "string");
  return (
    `${task === undefined ? "scope" : "task"}${nameOf(node)}` +
    (states.length > 0 ? ` (${states.join(", ")})` : "") +
    (task?.since === undefined ? "" : age(task.since))
  );
}

function visible(node: ScopeNode): Member[] {
  const members: Member[] = [];
  for (let member = node.first; member !== undefined; member = member.after) {
    const target = "target" in member ? (member as Link).target : member;
    if (isWait(target) || isNode(target)) members.push(target);
  }
  return members;
}

/** One line for each scope, task and wait; deeper ones indented. Walked without recursion. */
function draw(roots: Member[]): string {
  const lines: string[] = [];
  const stack = roots.map((member) => ({ member, lead: "", last: true, root: true })).toReversed();
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    const { member, lead, last, root } = item;
    lines.push(root ? label(member) : `${lead}${last ? "└─ " : "├─ "}${label(member)}`);
    if (!isNode(member)) continue;
    const inner = root ? "" : `${lead}${last ? "   " : "│  "}`;
    const members = visible(member);
    members.forEach((_, i) => {
      const at = members.length - 1 - i;
      stack.push({ member: members[at]!, lead: inner, last: i === 0, root: false });
    });
  }
  return lines.join("\n");
}

/**
 * Draws what runs and what it waits for, as a tree of text: scopes and tasks by name, each wait with the
 * kind of thing it waits for and for how long.
 *
 * @param of A scope; or waits, as a watcher of the runtime record collects them: then every tree that
 * one of them is in.
 */
export function waitTree(of: CancelScope | Iterable<unknown>): string {
  if (!(Symbol.iterator in of)) return draw([of]);
  const roots = new Set<Member>();
  for (const wait of of) {
    let root = wait as Member;
    while (root.owner !== undefined) root = root.owner;
    roots.add(root);
  }
  return draw([...roots]);
}
