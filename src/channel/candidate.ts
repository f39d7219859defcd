import { deliver } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import { Wait, type WaitQueue, withdraw } from "../cancel/wait.ts";

/** Which clause of a `select` has won, and what it gave. */
export interface Choice<K, T> {
  readonly key: K;
  readonly value: T;
}

/**
 * One of several waits of which only one is granted: the first one that is takes all others out of their
 * lines in the same step, so nobody can grant a second one. They share one promise, and one place in the
 * tree: a cancellation finds all of them.
 */
export class Candidate extends Wait {
  readonly rivals: Candidate[];
  readonly #clause: Clause<unknown>;
  readonly #key: unknown;

  constructor(key: unknown, clause: Clause<unknown>, rivals: Candidate[]) {
    super(clause.line as WaitQueue, clause.payload);
    this.#key = key;
    this.#clause = clause;
    this.rivals = rivals;
    const [leader] = rivals;
    if (leader !== undefined) {
      this.promise = leader.promise;
      (this as { resolve: Wait["resolve"] }).resolve = leader.resolve;
    }
    rivals.push(this);
  }

  /** How many of the others wait in a line. */
  rivalsIn(line: WaitQueue): number {
    return this.rivals.filter((rival) => rival.pending && rival.line === line).length;
  }

  override commit(value: unknown, failed: boolean): void {
    const losers = this.rivals.filter((rival) => rival !== this && rival.pending);
    for (const loser of losers) withdraw(loser);
    const choice: Choice<unknown, unknown> = { key: this.#key, value };
    deliver(this.resolve, failed ? value : choice);
    for (const loser of losers) loser.leave();
  }

  override leave(): void {
    this.#clause.left?.(this);
  }
}

/** Whether two waits belong to one `select`, which must not deal with itself. */
export function areRivals(a: Wait, b: Wait): boolean {
  return a instanceof Candidate && b instanceof Candidate && a.rivals === b.rivals;
}
