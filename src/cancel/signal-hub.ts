/** How foreign AbortSignals enter the tree: one node, and one listener at most, for each signal. */
import { seen } from "../internal/arguments.ts";
import { runtime } from "../internal/runtime.ts";
import { CancelledError } from "./errors.ts";
import { openNode, ScopeNode, scopeKey, type ScopeSignal, sweep } from "./tree.ts";

/**
 * The node of a foreign signal. It listens while anything waits on the signal and not longer, so that
 * a signal that lives as long as the process gathers nothing.
 */
export class SignalHub extends ScopeNode {
  declare readonly foreign: AbortSignal;

  /** Waits that were given the signal reject with its reason as it is. */
  override get refusal(): unknown {
    return this.foreign.reason;
  }

  override swept(): void {
    for (let member = this.first; member !== undefined; member = member.after) {
      member.swept();
    }
  }

  override occupied(): void {
    if (this.error === undefined) this.foreign.addEventListener("abort", this);
  }

  override vacated(): undefined {
    this.foreign.removeEventListener("abort", this);
  }

  override handleEvent(): void {
    if (this.error !== undefined) return;
    sweep(this, new CancelledError(this.foreign.reason));
    // It has told all there is to tell, also to members that stay.
    this.vacated();
  }
}

/**
 * The node that stands for a signal: the scope itself for a signal made by a scope, without a
 * listener; else its hub. An ended scope's signal stands for the nearest one still open.
 *
 * @throws {TypeError} If it is no AbortSignal.
 */
export function nodeOf(signal: AbortSignal): ScopeNode | undefined {
  let node = ((signal as ScopeSignal)[scopeKey] ?? runtime.hubs.get(signal)) as
    | ScopeNode
    | undefined;
  if (node === undefined) {
    node = new SignalHub(signal);
    runtime.hubs.set(signal, node);
  }
  // It looks at the state of the signal, too: the abort event may be on its way to the hub still.
  return openNode(node);
}

/** @throws {TypeError} If `signal` is not an AbortSignal. */
export function checkSignal(signal: unknown): asserts signal is AbortSignal {
  if (
    typeof (signal as AbortSignal | null)?.aborted !== "boolean" ||
    typeof (signal as AbortSignal).addEventListener !== "function"
  ) {
    throw new TypeError(`Cannot wait: "signal" must be an AbortSignal, received ${seen(signal)}`);
  }
}
