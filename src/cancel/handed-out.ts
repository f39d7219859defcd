import { runtime } from "../internal/runtime.ts";
import type { CancelScope } from "./scope.ts";
import { attach, detach, Member, openNode, sweep, type Sweep } from "./tree.ts";

let abandoned: FinalizationRegistry<HandedOut> | undefined;

/** A signal that outlives its scope: kept within reach while somebody holds it, and not longer. */
class HandedOut extends Member {
  readonly signal: WeakRef<AbortSignal>;

  constructor(signal: AbortSignal) {
    super();
    this.signal = new WeakRef(signal);
    abandoned ??= new FinalizationRegistry(detach);
    abandoned.register(signal, this);
  }

  override reach(under: Sweep): void {
    const signal = this.signal.deref();
    const controller = signal && runtime.controllers.get(signal);
    if (controller !== undefined) under.controllers.push(controller);
  }
}

/** Keeps an ended scope's signal within reach of the scopes around it. */
export function handOut(scope: CancelScope): void {
  const { signal } = scope.controller!;
  const above = scope.owner ?? openNode(scope.parent);
  // Nobody is left who could abort it.
  if (above === undefined) return;
  if (above.error !== undefined) {
    sweep(scope, above.error);
    return;
  }
  const handedOut = new HandedOut(signal);
  scope.controller = undefined;
  scope.handedOut = handedOut.signal;
  if (scope.owner === undefined) attach(above, scope);
  attach(scope, handedOut);
}
