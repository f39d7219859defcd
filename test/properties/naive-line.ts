import { type Callers, type Cut, type From, SCOPES, SIGNALS } from "./callers.ts";
import { expectFigures } from "./command.ts";

/** Somebody in line. */
export interface Waiter {
  readonly id: number;
  readonly from: From;
}

/** The reference's half: who waits, in a list; what was cancelled; what was told to whom. */
export class NaiveLine<W extends Waiter = Waiter> {
  line: W[] = [];
  readonly outcomes: string[] = [];
  /** Those who waited and were served, in that order. */
  readonly order: number[] = [];
  /** How many calls there were: the next one's id. */
  count = 0;
  readonly #scopes: boolean[] = Array.from({ length: SCOPES }, () => false);
  readonly #signals: boolean[] = Array.from({ length: SIGNALS }, () => false);

  /** What somebody is told who begins to wait. */
  refusal(it: From): string | undefined {
    if (it.scope !== undefined && this.#scopes[it.scope]) return `scope ${it.scope}`;
    if (it.signal !== undefined && this.#signals[it.signal]) return `signal ${it.signal}`;
    return undefined;
  }

  /** Takes those out of the line of whom `who` is true. */
  drop(why: string, who: (waiter: W) => boolean = () => true): void {
    for (const waiter of this.line) if (who(waiter)) this.outcomes[waiter.id] = why;
    this.line = this.line.filter((waiter) => !who(waiter));
  }

  /** @returns Whether it is the first of its kind. */
  cancel(by: Cut): boolean {
    const isScope = "scope" in by;
    const flags = isScope ? this.#scopes : this.#signals;
    const index = isScope ? by.scope : by.signal;
    if (flags[index]) return false;
    flags[index] = true;
    this.cut(
      `${isScope ? "scope" : "signal"} ${index}`,
      ({ from }) => (isScope ? from.scope : from.signal) === index,
    );
    return true;
  }

  /** Ends the waits that a cancellation reaches. */
  cut(why: string, reaches: (waiter: Waiter) => boolean): void {
    this.drop(why, reaches);
  }

  /** What holds on to those who wait: one for each signal and each scope. */
  retained(waiters: readonly Waiter[] = this.line): number {
    const scopes = new Set(waiters.map(({ from }) => from.scope));
    const signals = new Set(waiters.map(({ from }) => from.signal));
    return [...scopes, ...signals].filter((it) => it !== undefined).length;
  }

  /** Among whom the order is promised: by default all. */
  groupOf(_id: number): unknown {
    return undefined;
  }

  /** Asserts that all were told what they had to be, those who waited in the right order. */
  expectHeardBy({ heard, order }: Callers): void {
    const waited = new Set(this.order);
    expectFigures({ real: heard, model: this.outcomes });
    const real = order.filter((id) => waited.has(id));
    for (const group of new Set(this.order.map((id) => this.groupOf(id)))) {
      const isIn = (id: number): boolean => this.groupOf(id) === group;
      expectFigures({ real: real.filter(isIn), model: this.order.filter(isIn) });
    }
  }
}
