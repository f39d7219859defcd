import { getEventListeners } from "node:events";
import fc from "fast-check";
import { CancelScope, type WaitOptions } from "corral";
import { within } from "../../src/cancel/ambient.ts";
import { Wait } from "../../src/cancel/wait.ts";
import { at, explicit } from "../support/mode.ts";

/** How many scopes and signals there are. */
export const SCOPES = 3;
export const SIGNALS = 3;

/** What a caller can be cancelled by: a scope, a signal, both, or nothing. */
export interface From {
  readonly scope: number | undefined;
  readonly signal: number | undefined;
}

const scope = fc.nat(SCOPES - 1);
const signal = fc.nat(SIGNALS - 1);

/** Without ambient scopes a wait is in one place only. */
export const from: fc.Arbitrary<From> = fc
  .record({
    scope: fc.option(scope, { nil: undefined, freq: 2 }),
    signal: fc.option(signal, { nil: undefined, freq: 2 }),
  })
  .map((it) => (explicit && it.signal !== undefined ? { ...it, scope: undefined } : it));

/** A cancellation; `early` for one during which a listener acts that was there before the library's. */
export const cut: fc.Arbitrary<Cut> = fc.oneof(
  fc.record({ scope }),
  fc.record({ signal, early: fc.boolean() }),
);

export type Cut = { readonly scope: number } | { readonly signal: number; readonly early: boolean };

function holdsWait(node: CancelScope): boolean {
  for (let member = node.first; member !== undefined; member = member.after) {
    if (member instanceof Wait) return true;
  }
  return false;
}

/** The real half: scopes, signals, and what each call has told its caller. */
export class Callers {
  readonly heard: string[] = [];
  /** Those who were served, in the order in which they heard. */
  readonly order: number[] = [];
  readonly #scopes = Array.from({ length: SCOPES }, () => new CancelScope());
  readonly #signals = Array.from({ length: SIGNALS }, () => new AbortController());
  #early: (() => void) | undefined;

  constructor() {
    for (const each of this.#signals) {
      each.signal.addEventListener("abort", () => this.#early?.());
    }
  }

  /** Calls `begin` in a scope, and with what cancels it. */
  in<T>(it: From, begin: (options: WaitOptions) => T): T {
    const scopeOf = it.scope === undefined ? undefined : this.#scopes[it.scope]!;
    const own = it.signal === undefined ? {} : { signal: this.#signals[it.signal]!.signal };
    if (scopeOf === undefined) return begin(own);
    return within(scopeOf, () => begin({ ...at(scopeOf), ...own }));
  }

  /** Listens to what a call tells. */
  listen<T>(id: number, promise: Promise<T>, served: (value: T) => string = () => "served"): void {
    this.listenLate(id, promise, (value) => {
      this.order.push(id);
      return served(value);
    });
  }

  /** Listens to a call that tells of its end, not of its turn. */
  listenLate<T>(id: number, promise: Promise<T>, served: (value: T) => string): void {
    promise.then(
      (value) => {
        this.heard[id] = served(value);
      },
      (error: unknown) => {
        this.heard[id] = this.#says(error);
      },
    );
  }

  #says(error: unknown): string {
    const inScope = this.#scopes.findIndex((each) => each.cancelled && each.error === error);
    if (inScope >= 0) return `scope ${inScope}`;
    const bySignal = this.#signals.findIndex(
      ({ signal: each }) => each.aborted && each.reason === error,
    );
    return bySignal >= 0 ? `signal ${bySignal}` : (error as Error).name;
  }

  cut(by: Cut, early?: () => void): void {
    if ("scope" in by) {
      this.#scopes[by.scope]!.cancel();
      return;
    }
    this.#early = by.early ? early : undefined;
    this.#signals[by.signal]!.abort({});
    this.#early = undefined;
  }

  /** How many signals are listened to, and how many scopes hold a wait. */
  retained(): number {
    let count = 0;
    for (const each of this.#signals) count += getEventListeners(each.signal, "abort").length - 1;
    for (const each of this.#scopes) if (holdsWait(each)) count++;
    return count;
  }
}
