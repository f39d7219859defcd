/**
 * The tree of scopes, and how a cancellation goes through it.
 *
 * A scope is cancelled in effect when it was cancelled itself or, unless it is shielded, when its
 * parent is. The answer is kept in each node (`error`), so that every wait reads one field. A
 * cancellation marks the whole subtree, then settles its waits, then aborts the signals that were
 * handed out: user code runs in the third step only and sees the final state.
 *
 * The fields are plain because two copies of the library in one process share the tree; each object
 * brings the methods of its own copy.
 */
import { runtime } from "../internal/runtime.ts";
import { CancelledError } from "./errors.ts";

/** Where a signal that a scope has made keeps that scope. */
export const scopeKey: unique symbol = Symbol.for("corral.scope.1") as never;

export type ScopeSignal = AbortSignal & { readonly [scopeKey]?: ScopeNode };

/** One cancellation on its way through the tree. */
export interface Sweep {
  readonly error: CancelledError;
  /** Nodes to visit: a parent always before its children. */
  readonly nodes: ScopeNode[];
  /** What waits in them, each once. */
  readonly waits: Swept[];
  /** Whether `waits` is in the order in which the waits began. */
  sorted: boolean;
  /** Scopes whose signals were handed out, outermost first. */
  readonly heard: ScopeNode[];
}

/** A wait that a sweep has found; see `wait.ts`. */
export interface Swept {
  readonly order: number;
  reject(): void;
  leave(): void;
}

/** Something that a cancellation of its owner reaches: a wait, a scope within, a signal handed out. */
export abstract class Member {
  /** @internal */
  owner: ScopeNode | undefined = undefined;
  /** @internal */
  before: Member | undefined = undefined;
  /** @internal */
  after: Member | undefined = undefined;

  /** @internal Answers the cancellation of the `node` in whose list this is. */
  abstract reach(under: Sweep, node: ScopeNode): void;

  /** @internal Called after a sweep that began here, or at a signal that cancels it. */
  swept(): void {}
}

/** A second place in the tree for what two nodes can cancel: an ambient scope and a signal. */
export class Link extends Member {
  declare readonly target: Member;
  /** The node in whose list it is, or was. */
  declare readonly node: ScopeNode;

  constructor(target: Member, node: ScopeNode) {
    super();
    this.target = target;
    this.node = node;
    attach(node, this);
  }

  override reach(under: Sweep, node: ScopeNode): void {
    this.target.reach(under, node);
  }

  override swept(): void {
    this.target.swept();
  }
}

/** A node of the tree: a scope, or the hub of a foreign signal. */
export class ScopeNode extends Member {
  // The members, in the order in which they came: waits and inner scopes.
  /** @internal */
  first: Member | undefined = undefined;
  /** @internal */
  last: Member | undefined = undefined;
  /** @internal Where stray code goes when this has ended. Stays set for that. */
  parent: ScopeNode | undefined = undefined;
  /** @internal The second parent, when the scope took a signal beside its ambient one. */
  link: Link | undefined = undefined;
  /** @internal Set once it is cancelled in effect; never unset. All waits in it reject with it. */
  error: CancelledError | undefined = undefined;
  /** @internal A rejected promise of it, made for the first wait that needs one. */
  rejection: Promise<never> | undefined = undefined;
  /** @internal Whether it was cancelled itself, be it after an outer cancellation. */
  selfCancelled = false;
  /** @internal */
  shielded = false;
  /** @internal Whether what waits in it keeps the process alive: not so for daemons. */
  daemon = false;
  /** @internal */
  ended = false;
  /** @internal */
  controller: AbortController | undefined = undefined;
  /** @internal The section of a lock that it was opened in; see `frame.ts`. */
  frame: object | undefined = undefined;
  /** @internal The foreign signal that this node stands for, if it is a hub. */
  declare readonly foreign: AbortSignal | undefined;

  constructor(foreign?: AbortSignal) {
    super();
    this.foreign = foreign;
  }

  /** @internal */
  override reach(under: Sweep): void {
    if (!this.shielded && this.error === undefined) under.nodes.push(this);
  }

  /** @internal What a wait in it rejects with. */
  get refusal(): unknown {
    return this.error;
  }

  /** @internal Called when the first member has come. */
  occupied(): void {}

  /** @internal Where stray code is after its end; the node itself while it stands for two parents. */
  above(): ScopeNode | undefined {
    return this.parent;
  }

  /** @internal Called when a foreign signal has aborted, by whoever sees it first. */
  handleEvent(): void {}

  /**
   * @internal Called when the last member has gone. An ended scope is kept only for those it still holds.
   *
   * @returns What leaves its list, too.
   */
  vacated(): Member | undefined {
    if (!this.ended) return undefined;
    detach(this.link);
    return this;
  }
}

/** Takes a scope out of its parents' lists; stray code still finds its way up by `parent`. */
export function leaveTree(node: ScopeNode): void {
  detach(node);
  detach(node.link);
}

/** Puts a member at the end of a node's list. */
export function attach(node: ScopeNode, member: Member): void {
  member.owner = node;
  const last = node.last;
  member.before = last;
  node.last = member;
  if (last !== undefined) {
    last.after = member;
  } else {
    node.first = member;
    node.occupied();
  }
}

/** Takes a member out of its node's list, wherever in it; does nothing when it is in none. */
export function detach(member: Member | undefined): void {
  // A loop, not a recursion: a deep tree of ended scopes may be held by one last wait.
  while (member !== undefined && member.owner !== undefined) {
    const { owner, before, after }: Member = member;
    if (before === undefined) owner.first = after;
    else before.after = after;
    if (after === undefined) owner.last = before;
    else after.before = before;
    member.owner = member.before = member.after = undefined;
    member = owner.first === undefined ? owner.vacated() : undefined;
  }
}

/** Makes it nobody's duty to handle the promise's rejection. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.then(undefined, ignore);
  return promise;
}

/** A rejected promise that nobody has to handle. */
export function refused(error: unknown): Promise<never> {
  return quiet(Promise.reject(error));
}

export function ignore(): void {}

/** Cancels a node itself; the first time counts. */
export function cancelNode(node: ScopeNode, reason: unknown): void {
  if (node.selfCancelled) return;
  node.selfCancelled = true;
  if (node.error === undefined) sweep(node, new CancelledError(reason));
}

/** Brings a cancellation to a node and to all below it that it can see. */
export function sweep(root: ScopeNode, error: CancelledError): void {
  const nodes = [root];
  const waits: Swept[] = [];
  const heard: ScopeNode[] = [];
  const under: Sweep = { error, nodes, waits, sorted: true, heard };
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (node.error !== undefined) continue;
    node.error = error;
    if (node.controller !== undefined) heard.push(node);
    // Nothing leaves its place before all is marked, so the lists stand still.
    for (let member = node.first; member !== undefined; member = member.after) {
      member.reach(under, node);
    }
  }
  if (!under.sorted) waits.sort((a, b) => a.order - b.order);
  for (const wait of waits) wait.reject();
  for (const wait of waits) wait.leave();
  root.swept();
  if (heard.length === 0) return;
  // A cancellation from inside an abort listener: its signals come after those under way.
  const aborting = runtime.aborting as ScopeNode[];
  const idle = aborting.length === 0;
  for (const node of heard) aborting.push(node);
  if (!idle) return;
  for (let i = 0; i < aborting.length; i++) aborting[i]!.controller!.abort(aborting[i]!.error);
  aborting.length = 0;
}

/**
 * The scope that stray code is in after `node`: the nearest ancestor that is still open. One that
 * ended cancelled stays what it is.
 */
export function openNode(node: ScopeNode | undefined): ScopeNode | undefined {
  while (node !== undefined && node.ended && node.error === undefined) {
    const above = node.above();
    if (above === node) return node;
    node = above;
  }
  if (node?.foreign?.aborted === true) node.handleEvent();
  return node;
}

/** Whether the node's cancellation comes (also) from outside, through no shield. */
export function outerNode(node: ScopeNode): ScopeNode | undefined {
  if (node.shielded) return undefined;
  const { parent, link } = node;
  if (parent?.error !== undefined) return parent;
  return link?.node.error === undefined ? undefined : link.node;
}
