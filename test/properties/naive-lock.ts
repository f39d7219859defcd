import type { Cut, From } from "./callers.ts";
import { NaiveLine, type Waiter } from "./naive-line.ts";

/** Somebody who wants to hold a lock, holds it, or did. */
export interface Claim<W> extends Waiter {
  readonly want: W;
  /** Whether it runs a function in place of getting a permit. */
  readonly runs: boolean;
  /** Whether it was told that it holds the lock. */
  started: boolean;
  /** Whether it was in line. */
  waited: boolean;
}

/** What tells one lock from another. */
export interface Rules<W> {
  /** Whether somebody can come in beside those that hold it. */
  fits(want: W, holders: readonly W[]): boolean;
  /** Whether one has to wait behind the other. */
  related(a: W, b: W): boolean;
  /** Among whom the order is promised: by default all. */
  groupOf?(want: W): unknown;
  /** The name of the error for a claim that is refused at once. */
  refuses?(want: W, all: readonly Claim<W>[]): string | undefined;
  /** What the lock says of itself. */
  figures(holders: readonly Claim<W>[], line: readonly Claim<W>[]): unknown;
}

/** The reference for all that can be held: two lists, searched from their start. */
export class NaiveLock<W> extends NaiveLine<Claim<W>> {
  readonly rules: Rules<W>;
  holders: Claim<W>[] = [];
  /** What each wanted, by its number. */
  readonly #wants: W[] = [];
  /** Granted, and not told yet. */
  #granted: Claim<W>[] = [];

  constructor(rules: Rules<W>) {
    super();
    this.rules = rules;
  }

  claim(want: W, from: From, runs: boolean): Claim<W> {
    this.#wants.push(want);
    return { id: this.count++, want, from, runs, started: false, waited: false };
  }

  override groupOf(id: number): unknown {
    return this.rules.groupOf?.(this.#wants[id]!);
  }

  figures(): unknown {
    return this.rules.figures(this.holders, this.line);
  }

  #fits(claim: Claim<W>, line: readonly Claim<W>[]): boolean {
    const wants = this.holders.map(({ want }) => want);
    const isAhead = (it: Claim<W>): boolean => this.rules.related(it.want, claim.want);
    return this.rules.fits(claim.want, wants) && !line.some(isAhead);
  }

  /** Whether somebody gets in who does not wait. */
  admits(claim: Claim<W>): boolean {
    // Nobody overtakes those who were let in and have yet to begin.
    const starting = this.#granted.filter(({ runs, waited }) => runs && waited);
    return this.#fits(claim, [...this.line, ...starting]);
  }

  arrive(claim: Claim<W>): void {
    const no =
      this.rules.refuses?.(claim.want, [...this.line, ...this.holders]) ?? this.refusal(claim.from);
    if (no !== undefined) {
      this.outcomes[claim.id] = no;
    } else if (this.admits(claim)) {
      this.#grant(claim);
      if (claim.runs) claim.started = true;
    } else {
      claim.waited = true;
      this.line.push(claim);
      this.handOver();
    }
  }

  /** One that does not wait, and gets a permit or nothing. */
  attempt(claim: Claim<W>): string {
    const no = this.rules.refuses?.(claim.want, [...this.line, ...this.holders]);
    if (no !== undefined) return no;
    if (!this.admits(claim)) return "no";
    claim.started = true;
    this.holders.push(claim);
    return "yes";
  }

  #grant(claim: Claim<W>): void {
    this.holders.push(claim);
    this.#granted.push(claim);
    if (!claim.runs) this.outcomes[claim.id] = "served";
  }

  handOver(): void {
    const ahead: Claim<W>[] = [];
    for (const claim of this.line) {
      if (this.#fits(claim, ahead)) this.#grant(claim);
      else ahead.push(claim);
    }
    this.line = ahead;
  }

  leave(claim: Claim<W>): void {
    this.holders = this.holders.filter((it) => it !== claim);
    this.handOver();
  }

  interrupt(by: Cut, early: () => void): void {
    if (!this.cancel(by)) return;
    if ("early" in by && by.early) early();
    this.handOver();
  }

  /** Everybody hears what was granted. */
  settle(): void {
    for (const claim of this.#granted) {
      const no = claim.runs && claim.waited ? this.refusal(claim.from) : undefined;
      if (no === undefined) {
        claim.started = true;
        if (claim.waited) this.order.push(claim.id);
        continue;
      }
      this.outcomes[claim.id] = no;
      this.leave(claim);
    }
    this.#granted = [];
  }

  /** Those who know that they hold it. */
  started(runs: boolean): Claim<W>[] {
    return this.holders.filter((claim) => claim.started && claim.runs === runs);
  }
}
