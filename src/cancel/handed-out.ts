import type { CancelScope } from "./scope.ts";
import {
  attach,
  detach,
  Member,
  openNode,
  scopeKey,
  type ScopeSignal,
  sweep,
  type Sweep,
} from "./tree.ts";

let abandoned: FinalizationRegistry<HandedOut> | undefined;

/**
 * A signal that outlives its scope, in the place of the scope: kept within reach while somebody holds
 * it, and not longer. The signal holds its scope, not the other way round.
 */
class HandedOut extends Member {
  readonly #signal: WeakRef<ScopeSignal>;

  constructor(signal: AbortSignal) {
    super();
    this.#signal = new WeakRef(signal);
    abandoned ??= new FinalizationRegistry(detach);
    abandoned.register(signal, this);
  }

  override reach(under: Sweep): void {
    const scope = this.#signal.deref()?.[scopeKey];
    if (scope === undefined || scope.error !== undefined) return;
    // One that still holds a stray wait is in the tree itself, and reached there.
    if (scope.owner !== undefined || scope.link?.owner !== undefined) return;
    scope.error = under.error;
    under.heard.push(scope);
  }
}

/** Keeps an ended scope's signal within reach of the scopes around it. */
export function handOut(scope: CancelScope): void {
  const { signal } = scope.controller!;
  const above = [openNode(scope.parent), openNode(scope.link?.node)];
  const cancelled = above.find((node) => node?.error !== undefined);
  if (cancelled !== undefined) {
    sweep(scope, cancelled.error!);
    return;
  }
  for (const node of above) if (node !== undefined) attach(node, new HandedOut(signal));
}
