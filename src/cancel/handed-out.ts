import type { CancelScope } from "./scope.ts";
import {
  attach,
  detach,
  Link,
  Member,
  openNode,
  scopeKey,
  ScopeNode,
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
  readonly #signal: WeakRef<ScopeSignal>;

  constructor(signal: AbortSignal) {
    super();
    this.#signal = new WeakRef(signal);
    abandoned ??= new FinalizationRegistry((place) => detach(place.deref()));
    abandoned.register(signal, new WeakRef(this));
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

/** The signals that an ended scope has kept, in its place. It holds none of them, nor the scope. */
class Remnant extends ScopeNode {
  readonly name = "signals that outlive their scopes";

  constructor(kept: readonly Member[]) {
    super();
    this.ended = true;
    for (const member of kept) attach(this, member);
  }
}

function isKept(member: Member): boolean {
  const it = member instanceof Link ? member.target : member;
  return it instanceof HandedOut || it instanceof Remnant;
}

/**
 * Keeps an ended scope's signal within reach of the scopes around it, and what it kept itself: an ended
 * scope stays in the tree for what still waits in it, not for signals. They are told already if it ended
 * cancelled.
 */
export function handOut(scope: CancelScope): void {
  const above = [openNode(scope.parent), openNode(scope.link?.node)].filter(
    (node) => node !== undefined,
  );
  const cancelled = above.find(({ error }) => error !== undefined);
  if (cancelled !== undefined && scope.error === undefined) sweep(scope, cancelled.error!);
  const kept: Member[] = [];
  for (let member = scope.first; member !== undefined; member = member.after) {
    if (isKept(member)) kept.push(member);
  }
  for (const member of kept) detach(member);
  const [one, other] = above;
  if (one === undefined || scope.error !== undefined) return;
  if (scope.controller !== undefined) {
    for (const node of above) attach(node, new HandedOut(scope.controller.signal));
  }
  // In one step for all, however many there are and however many scopes end one around the other.
  if (kept.length === 1 && other === undefined) attach(one, kept[0]!);
  else if (kept.length > 0) {
    const remnant = new Remnant(kept);
    attach(one, remnant);
    if (other !== undefined) remnant.link = new Link(remnant, other);
  }
}
