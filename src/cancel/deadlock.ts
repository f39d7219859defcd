/** The proof that a wait for a lock could never end: those who hold it wait themselves, in a circle. */
import { DeadlockError } from "./errors.ts";
import { currentFrame, type Frame } from "./frame.ts";
import type { CancelScope } from "./scope.ts";
import type { Section } from "./section.ts";
import { type SlotLine, weightOf } from "./slots.ts";
import type { ScopeNode } from "./tree.ts";
import { fail, type Wait } from "./wait.ts";

function quoted(name: unknown): string {
  return typeof name === "string" ? ` ${JSON.stringify(name)}` : "";
}

function lockName({ line }: Section): string {
  return `the ${line.kind}${quoted((line.target as { name?: unknown } | undefined)?.name)}`;
}

/** The nearest task, else the nearest scope with a name. */
function holderName(frame: Frame): string {
  for (let node = frame.node as CancelScope | undefined; node !== undefined;) {
    if (node.task !== undefined) return `task${quoted(node.name)}`;
    if (node.name !== undefined) return `scope${quoted(node.name)}`;
    node = node.parent as CancelScope | undefined;
  }
  return "its caller";
}

/**
 * Whether a wait of a section ends only by being granted: it was made in the scope in which the section
 * was entered, and neither a deadline nor a signal from outside can end it.
 */
function isFirm(wait: Wait, node: ScopeNode | undefined): boolean {
  if (!wait.pending || wait.owner !== node || wait.link !== undefined) return false;
  for (let at = node as CancelScope | undefined; at !== undefined;) {
    if (at.foreign !== undefined || at.link !== undefined || at.deadlineAt < Infinity) return false;
    at = at.parent as CancelScope | undefined;
  }
  return true;
}

class Proof {
  /** Sections that cannot end before the wait in question does. */
  readonly #stuck = new Set<Frame>();
  /** Sections that were found to be able to. */
  readonly #free = new Set<Frame>();
  readonly steps: string[] = [];

  constructor(frame: Frame) {
    for (let at: Frame | undefined = frame; at !== undefined; at = at.outer) this.#stuck.add(at);
  }

  /** Whether nobody could ever hand over so many places. */
  holds(lock: Section, weight: number): boolean {
    let left = lock.total;
    const holders: string[] = [];
    for (const frame of lock.frames) {
      if (!this.#isStuck(frame)) continue;
      left -= frame.weight;
      holders.push(holderName(frame));
    }
    if (holders.length === 0) return false;
    const head = lock.line.first;
    const blocked = head !== undefined && weightOf(head) > left && isFirm(head, head.owner);
    if (weight <= left && !blocked) return false;
    this.steps.unshift(`${lockName(lock)} is held by ${[...new Set(holders)].join(", ")}`);
    return true;
  }

  #isStuck(frame: Frame): boolean {
    if (this.#stuck.has(frame)) return true;
    if (this.#free.has(frame)) return false;
    // Assumed, since in a circle each one is stuck because all are.
    this.#stuck.add(frame);
    for (const wait of frame.waits) {
      if (!isFirm(wait, frame.node)) continue;
      const lock = (wait.line as SlotLine).slots as Section;
      if (!this.holds(lock, weightOf(wait))) continue;
      this.steps.unshift(`${holderName(frame)} waits for ${lockName(lock)}`);
      return true;
    }
    this.#stuck.delete(frame);
    this.#free.add(frame);
    return false;
  }
}

/** Ends a wait that is awaited in a section, if it would never end. */
function refuse(action: string, wait: Wait, frame: Frame): void {
  if (!wait.pending) return;
  const lock = (wait.line as SlotLine).slots as Section;
  const proof = new Proof(frame);
  if (!proof.holds(lock, weightOf(wait))) {
    frame.remember(wait);
    return;
  }
  const message = `Cannot ${action}: ${holderName(frame)} would wait for ever for ${lockName(lock)}: ${proof.steps.join("; ")}`;
  fail(wait, new DeadlockError(message));
  lock.left(wait);
}

/**
 * Watches who awaits the promise of a wait that was begun in a section. It is no deadlock that a section
 * calls for later what it holds itself; it is one when the section awaits that.
 */
export function watchForDeadlock<T>(action: string, wait: Wait<T>): void {
  if (currentFrame() === undefined || !wait.pending) return;
  watchPromise(wait.promise, (frame) => {
    if (frame !== undefined) refuse(action, wait as Wait, frame);
  });
}

/**
 * Calls back when a promise, or one that is derived from it, is awaited: `await`, `Promise.all` and the
 * like read its `constructor`. An async function that returns it reads `then`, and calls that in a later
 * microtask, which tells it from the user's call of `then`.
 */
function watchPromise(promise: Promise<unknown>, awaited: (frame: Frame | undefined) => void): void {
  let derives = false;
  const then = (...reactions: Parameters<Promise<unknown>["then"]>): Promise<unknown> => {
    derives = true;
    try {
      const derived = Promise.prototype.then.apply(promise, reactions as never);
      watchPromise(derived, awaited);
      return derived;
    } finally {
      derives = false;
    }
  };
  Object.defineProperties(promise, {
    constructor: {
      configurable: true,
      get: () => {
        if (!derives) awaited(currentFrame());
        return Promise;
      },
    },
    // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
    then: {
      configurable: true,
      get: () => {
        const frame = currentFrame();
        let later = false;
        queueMicrotask(() => (later = true));
        return (...reactions: Parameters<typeof then>) => {
          if (later) awaited(frame);
          return then(...reactions);
        };
      },
    },
  });
}
