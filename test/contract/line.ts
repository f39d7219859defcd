import type { Clause, WaitOptions } from "corral";

/**
 * What a method waits for:
 *
 * - `unit`: there are so many of it; one ends one wait, and is kept when nobody waits;
 * - `notice`: one ends one wait, and is lost when nobody waits;
 * - `opening`: ends all waits, and there are none from then on;
 * - `round`: ends all waits of the moment;
 * - `own`: each call waits for something of its own.
 */
export type Gives = "unit" | "notice" | "opening" | "round" | "own";

/** Something at which each call has to wait. */
export interface Line {
  /**
   * Calls the method. `enter` is called when the wait is over and has given something; without it
   * nobody handles the promise.
   */
  call(options?: WaitOptions, enter?: () => void): Promise<unknown>;
  /** Gives the first what it waits for, or all of them. */
  wake(): unknown;
  /** How many wait. */
  waiting(): number;
  /** How much of the platform's it keeps: timers. */
  readonly leftovers?: () => number;
  /** How many units there are that nobody has. */
  readonly free?: (() => number) | undefined;
  /** Told what a call has given that was called with `enter`. */
  readonly keep?: ((value: unknown) => void) | undefined;
  /** To wait for the same among others. */
  readonly clause?: (() => Clause<unknown>) | undefined;
  /** Takes down what it has put up. */
  readonly close?: (() => void) | undefined;
}

/** One method that waits, as the contract has to know it. */
export interface WaitingMethod {
  /** As `index.ts` exports it: `sleep`, `Semaphore.acquire`. */
  readonly member: string;
  /** Which of several ways to call it, or to wake it. */
  readonly variant?: string | undefined;
  readonly gives: Gives;
  /**
   * What becomes of one that is cancelled after it was given what it waits for, in the same step: it
   * keeps that, or returns it and rejects.
   */
  readonly late: "keeps" | "returns";
  /** Whether a call begins to wait some microtasks after it. */
  readonly beginsLater?: true;
  /** Whether `wake()` hands over some microtasks after it. */
  readonly wakesLater?: true;
  /** Whether a cancelled call first ends work of its own. */
  readonly endsLater?: true;
  /** Whether something listens to the signal when the wait is over: what runs, or a signal given to others. */
  readonly listensOn?: true;
  /** Whether it calls a function of its caller's when it has waited. */
  readonly calls?: true;
  /** Whether it calls that in a scope of its own, within its caller's. */
  readonly opensScope?: true;
  /** The other method that takes the options, and throws when they are wrong. */
  readonly optionsOf?: string;
  readonly open: () => Line;
}

/** How the tests name a method. */
export function nameOf({ member, variant }: WaitingMethod): string {
  const call = member.endsWith(")") ? member : `${member}()`;
  return variant === undefined ? call : `${call} ${variant}`;
}

function ignore(): void {}

/** A line whose method gives what it waits for. */
export function plain(
  method: (options: WaitOptions | undefined) => Promise<unknown>,
  rest: Omit<Line, "call">,
): Line {
  return {
    ...rest,
    call: (options, enter) => {
      const called = method(options);
      if (enter !== undefined) {
        void called.then((value) => {
          rest.keep?.(value);
          enter();
        }, ignore);
      }
      return called;
    },
  };
}

/** Options with something added; what are no options stays as it is. */
export function plus<T>(options: WaitOptions | undefined, more: T): T & WaitOptions {
  const bad =
    options !== undefined &&
    (typeof options !== "object" || options === null || "aborted" in options);
  return bad ? (options as T & WaitOptions) : { ...options, ...more };
}
