/**
 * What is remembered of a function that runs in a section (`mutex.run(fn)`): which lock it holds, in
 * which section it was called, and what it waits for. A call that could never go ahead because of it
 * can then be refused instead of waiting for ever; see `sync/deadlock.ts`.
 */
import { runtime } from "../internal/runtime.ts";
import { currentNode, within } from "./ambient.ts";
import type { ScopeNode } from "./tree.ts";
import type { Wait, WaitQueue } from "./wait.ts";

/** A lock, as far as a proof needs it. */
export interface Held {
  readonly frames: Frame[];
  readonly line: WaitQueue;
  /** The most places that there ever were: as many may come back. */
  readonly most: number;
  /** What its places are part of: who gets one of them gets one of both. */
  readonly whole?: Held | undefined;
}

/** More waits than these of one section are not looked at: with that many, few are the one in doubt. */
const MOST_WAITS = 8;

/** Most sections wait for nothing. */
const NONE: Wait[] = [];

/**
 * It travels with the async context in place of the scope, which it stands for: to the tree it is a
 * scope that has ended, through which everything goes to the one it was entered in.
 */
export class Frame {
  /** The scope that it was entered in. */
  readonly node: ScopeNode | undefined = currentNode();
  /** The section that it was entered in. */
  readonly outer: Frame | undefined = currentFrame();
  /** For {@link currentFrame}, which finds scopes and frames in the storage. */
  readonly frame: this = this;
  readonly lock: Held;
  readonly weight: number;
  #index = 0;
  /** Whether its function has ended. Stray code is in the section around it then. */
  over = false;
  /** What is awaited in it, and in the sections within; also some that was. */
  waits: Wait[] = NONE;

  constructor(lock: Held, weight: number) {
    this.lock = lock;
    this.weight = weight;
  }

  get ended(): true {
    return true;
  }

  get error(): undefined {
    return undefined;
  }

  get foreign(): undefined {
    return undefined;
  }

  above(): ScopeNode | undefined {
    return this.node;
  }

  /** It holds the lock from now on. */
  begin(): void {
    this.#index = this.lock.frames.push(this) - 1;
  }

  /** Its function has ended. */
  finish(): void {
    this.end();
    this.over = true;
    this.waits = NONE;
  }

  /** It no longer holds the lock. */
  end(): void {
    const { frames } = this.lock;
    const last = frames.pop()!;
    if (last === this) return;
    frames[this.#index] = last;
    last.#index = this.#index;
  }

  /** Calls `fn` in the section; what it throws at once is a rejection too. */
  call<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    // Not by call(): each frame here is one for every level of sections that are run in one another.
    const { frame } = runtime;
    runtime.frame = this;
    try {
      // Without an ambient scope nothing travels, and the call itself is all that can be seen.
      const { node } = this;
      return Promise.resolve(node === undefined ? fn() : within(this as unknown as ScopeNode, fn));
    } catch (error) {
      return Promise.reject(error);
    } finally {
      runtime.frame = frame;
    }
  }

  /** Remembers a wait that is awaited in it. */
  remember(wait: Wait): void {
    // oxlint-disable-next-line typescript/no-this-alias -- the first of those that it walks up
    let frame: Frame | undefined = this;
    for (; frame !== undefined; frame = frame.outer) {
      if (frame.waits === NONE) frame.waits = [];
      if (frame.waits.length === MOST_WAITS) frame.waits = frame.waits.filter((w) => w.pending);
      if (frame.waits.length < MOST_WAITS) frame.waits.push(wait);
    }
  }
}

/** The section that the calling code is in, if sections are remembered. */
export function currentFrame(): Frame | undefined {
  let frame = runtime.frame as Frame | undefined;
  if (frame === undefined && runtime.opened) {
    frame = (runtime.storage!.getStore() as { frame?: Frame } | undefined)?.frame;
  }
  while (frame?.over === true) frame = frame.outer;
  return frame;
}
