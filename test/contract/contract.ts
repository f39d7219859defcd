import { describe, test } from "vitest";
import type { CancelScope, WaitOptions } from "corral";
import { at } from "../support/mode.ts";
import { type Line, nameOf, type WaitingMethod } from "./line.ts";
import { settle } from "./settle.ts";
import { waitingMethods } from "./waiting-methods.ts";

type Test = (name: string, body: (line: Line) => Promise<void>) => void;

/** Makes the tests of every method: each gets a line of its own, at which every call waits. */
export function contract(tests: (method: WaitingMethod, it: Test) => void): void {
  describe.each(waitingMethods.map((method): [string, WaitingMethod] => [nameOf(method), method]))(
    "%s",
    (_, method) => {
      tests(method, (name, body) => {
        test(name, async () => {
          const line = method.open();
          // What the line is made of has begun by then.
          await settle();
          try {
            await body(line);
          } finally {
            line.close?.();
          }
        });
      });
    },
  );
}

/** Calls that note in a log how their waits have ended. */
export function callersOf(line: Line): {
  readonly log: string[];
  /** Calls, and lets everything go on that can. */
  readonly call: (name: string, options?: WaitOptions) => Promise<void>;
} {
  const log: string[] = [];
  const call = (name: string, options?: WaitOptions): Promise<void> => {
    line
      .call(options, () => log.push(name))
      .catch((error: unknown) => log.push(`${name}: ${String(error)}`));
    return settle();
  };
  return { log, call };
}

/** What a call rejects with: the promise is waited for, and the reason is in an object. */
export function failureOf(called: Promise<unknown>): Promise<{ readonly reason: unknown }> {
  return called.then(
    (value) => {
      throw new Error(`expected it to reject, but it gave ${String(value)}`);
    },
    (reason: unknown) => ({ reason }),
  );
}

/** Runs `body` in a scope, and hands it options that bring its waits into the scope in both modes. */
export function within(
  scope: CancelScope,
  body: (options: WaitOptions) => Promise<void>,
): Promise<void> {
  return scope.run(() => body(at(scope)));
}
