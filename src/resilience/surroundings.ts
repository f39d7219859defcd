/** What is around a call: the scope that it is made in, and the one of its signal. */
import { currentNode } from "../cancel/ambient.ts";
import { deadlineOf } from "../cancel/deadline-of.ts";
import { isOurs } from "../cancel/ownership.ts";
import { nodeOf } from "../cancel/signal-hub.ts";
import type { ScopeNode } from "../cancel/tree.ts";

function around(signal: AbortSignal | undefined): (ScopeNode | undefined)[] {
  return [currentNode(), signal === undefined ? undefined : nodeOf(signal)];
}

/** Whether anything around is cancelled. */
export function isCut(signal: AbortSignal | undefined): boolean {
  return around(signal).some((node) => node?.error !== undefined);
}

/** Whether the error is a cancellation that came from around. */
export function isCutBy(error: unknown, signal: AbortSignal | undefined): boolean {
  return around(signal).some((node) => node !== undefined && isOurs(node, error));
}

/** The least deadline around, on the clock of `now()`. */
export function deadlineAround(signal: AbortSignal | undefined): number {
  return Math.min(...around(signal).map(deadlineOf));
}
