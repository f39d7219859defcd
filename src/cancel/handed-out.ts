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

// Weakly, too: what the registry holds would be alive, and with it, by the scopes that it is in, their errors
// and their signals' listeners, whatever holds the signal.
let abandoned: FinalizationRegistry<WeakRef<HandedOut>> | undefined;

/**
 * A signal that outlives its scope, in the place of the scope: kept within reach while somebody holds
 * it, and not longer. The signal holds its scope, not the other way round.
 */
class HandedOut extends Member {
  readonly signal: WeakRef<ScopeSignal>;

  constructor(signal: AbortSignal) {
    super();
    this.signal = new WeakRef(signal);
    abandoned ??= new FinalizationRegistry((place) => detach(place.deref()));
    abandoned.register(signal, new WeakRef(this));
  }

  override reach(under: Sweep): void {
    const scope = this.signal.deref()?.[scopeKey];
    if (scope === undefined || scope.error !== undefined) return;
    // One that still holds a stray wait is in the tree itself, and reached there.
    if (scope.owner !== undefined || scope.link?.owner !== undefined) return;
    scope.error = under.error;
    under.heard.push(scope);
  }
}

/**
 * Keeps an ended scope's signal within reach of the scopes around it, and what it kept itself: an ended
 * scope stays in the tree for what still waits in it, not for signals. They are told already if it ended
 * cancelled.
 */
export function handOut(scope: CancelScope): void {
  const above = [openNode(scope.parent), openNode(scope.link?.node)];
  const cancelled = above.find((node) => node?.error !== undefined);
  if (cancelled !== undefined && scope.error === undefined) sweep(scope, cancelled.error!);
  const keep = (signal: AbortSignal | undefined): void => {
    if (signal === undefined || scope.error !== undefined) return;
    for (const node of above) if (node !== undefined) attach(node, new HandedOut(signal));
  };
  for (let member = scope.first; member !== undefined;) {
    const { after } = member;
    if (member instanceof HandedOut) {
      keep(member.signal.deref());
      detach(member);
    }
    member = after;
  }
  keep(scope.controller?.signal);
}
