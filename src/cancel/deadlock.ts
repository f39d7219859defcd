/** The proof that a wait for a lock could never end: those who hold it wait themselves, in a circle. */
import { DeadlockError } from "./errors.ts";
import { runtime } from "../internal/runtime.ts";
import { currentFrame, type Frame, type Held } from "./frame.ts";
import type { CancelScope } from "./scope.ts";
import type { Section } from "./section.ts";
import { type SlotLine, weightOf } from "./slots.ts";
import type { ScopeNode } from "./tree.ts";
import { fail, type Wait } from "./wait.ts";

function quoted(name: unknown): string {
  return typeof name === "string" ? ` ${JSON.stringify(name)}` : "";
}

function lockName({ line }: Held): string {
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
  // One of several in a select may end by another.
  if ("rivals" in wait) return false;
  // Nor is one that ends by a time of its own.
  if ((wait.payload as { timed?: boolean } | undefined)?.timed === true) return false;
  for (let at = node as CancelScope | undefined; at !== undefined;) {
    if (at.foreign !== undefined || at.link !== undefined || at.deadlineAt < Infinity) return false;
    at = at.parent as CancelScope | undefined;
  }
  return true;
}

/** More sections than these are not looked at: then nothing is proved. */
const MOST_FRAMES = 1_000;

/** The lock that a wait is for; `undefined` if it is for something else. */
function lockOf(wait: Wait): Section | undefined {
  return (wait.line as Partial<SlotLine>).slots as Section | undefined;
}

class Proof {
  /** Sections that cannot end before the wait in question does: at first those around it, and all others. */
  readonly #stuck = new Set<Frame>();
  /** Those that are in doubt. */
  readonly #doubtful: Frame[] = [];
  readonly #lock: Section;
  readonly #weight: number;

  constructor(frame: Frame, lock: Section, weight: number) {
    this.#lock = lock;
    this.#weight = weight;
    for (let at: Frame | undefined = frame; at !== undefined; at = at.outer) this.#stuck.add(at);
  }

  /** Whether nobody could ever hand over so many places. */
  holds(): boolean {
    if (this.#isFutile(this.#lock, this.#weight)) return true;
    if (!this.#collect()) return false;
    // All are taken for stuck, and those taken out that are not, until no more are found.
    for (let found = true; found;) {
      if (!this.#isFutile(this.#lock, this.#weight)) return false;
      found = false;
      for (const frame of this.#doubtful) {
        if (this.#stuck.has(frame) && !this.#isStuck(frame)) found = this.#stuck.delete(frame);
      }
    }
    return true;
  }

  /** Finds the sections that are waited for, directly or not; `false` if there are too many. */
  #collect(): boolean {
    const locks = new Set<Held>([this.#lock]);
    for (const lock of locks) {
      if (lock.whole !== undefined) locks.add(lock.whole);
      for (const frame of lock.frames) {
        if (this.#stuck.has(frame)) continue;
        if (this.#doubtful.length === MOST_FRAMES) return false;
        this.#stuck.add(frame);
        this.#doubtful.push(frame);
        for (const wait of frame.waits) {
          const next = lockOf(wait);
          if (next !== undefined && isFirm(wait, frame.node)) locks.add(next);
        }
      }
    }
    return true;
  }

  #isFutile(lock: Held, weight: number): boolean {
    if (lock.whole !== undefined && this.#isFutile(lock.whole, weight)) return true;
    let left = lock.most;
    let holders = 0;
    for (const frame of lock.frames) {
      if (!this.#stuck.has(frame)) continue;
      left -= frame.weight;
      holders++;
    }
    if (holders === 0) return false;
    const head = lock.line.first;
    return (
      weight > left ||
      // All places, of however many.
      weight === Infinity ||
      (head !== undefined && weightOf(head) > left && isFirm(head, head.owner))
    );
  }

  #isStuck(frame: Frame): boolean {
    return frame.waits.some((wait) => {
      const lock = lockOf(wait);
      return lock !== undefined && isFirm(wait, frame.node) && this.#isFutile(lock, weightOf(wait));
    });
  }

  /** Who holds what, and who waits for what. */
  get steps(): string {
    const steps: string[] = [];
    const locks = new Set<Held>([this.#lock]);
    for (const lock of locks) {
      if (lock.whole !== undefined) locks.add(lock.whole);
      const holders = lock.frames.filter((frame) => this.#stuck.has(frame));
      if (holders.length === 0) continue;
      const names = new Set(holders.map(holderName));
      steps.push(`${lockName(lock)} is held by ${[...names].join(", ")}`);
      for (const frame of holders) {
        if (!this.#doubtful.includes(frame)) continue;
        for (const wait of frame.waits) {
          const next = lockOf(wait);
          if (next === undefined || !wait.pending) continue;
          steps.push(`${holderName(frame)} waits for ${lockName(next)}`);
          locks.add(next);
        }
      }
    }
    return [...new Set(steps)].join("; ");
  }
}

/** Ends a wait that is awaited in a section, if it would never end. */
function refuse(action: string, wait: Wait, frame: Frame): void {
  if (!wait.pending || runtime.detector?.on !== true) return;
  const lock = lockOf(wait)!;
  const proof = new Proof(frame, lock, weightOf(wait));
  if (!proof.holds()) {
    frame.remember(wait);
    return;
  }
  const message = `Cannot ${action}: ${holderName(frame)} would wait for ever for ${lockName(lock)}: ${proof.steps}`;
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
function watchPromise(
  promise: Promise<unknown>,
  awaited: (frame: Frame | undefined) => void,
): void {
  let derives = false;
  const derive = (make: () => Promise<unknown>): Promise<unknown> => {
    const before = derives;
    derives = true;
    try {
      return make();
    } finally {
      derives = before;
    }
  };
  const then = (...reactions: Parameters<Promise<unknown>["then"]>): Promise<unknown> => {
    const derived = derive(() => Promise.prototype.then.apply(promise, reactions as never));
    watchPromise(derived, awaited);
    return derived;
  };
  void Object.defineProperties(promise, {
    constructor: {
      configurable: true,
      get: () => {
        if (!derives) awaited(currentFrame());
        return Promise;
      },
    },
    // Reads `constructor` by itself before it calls `then`.
    finally: {
      configurable: true,
      value: (fn: () => void) => derive(() => Promise.prototype.finally.call(promise, fn)),
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
