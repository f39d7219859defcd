import { isThenable } from "../internal/arguments.ts";
import { now } from "./clock.ts";
import { report, textOf } from "./report.ts";
import { CancelScope } from "./scope.ts";

/** How long a callback of the user, or a disposal, may take: it is cleanup that the library owns. */
const CLEANUP_MS = 5_000;

/**
 * Calls a function of the user that must not break what calls it, shielded, so that it can wait where
 * all is cancelled. What it throws is reported.
 */
export function callback(name: string, fn: () => unknown): void {
  const failed = (error: unknown): void =>
    report("warning", {
      kind: "callback",
      message: `${name} threw: ${textOf(error)}`,
      detail: error,
    });
  const run = (scope: CancelScope): unknown => {
    let result: unknown;
    try {
      result = fn();
    } catch (error) {
      failed(error);
    }
    // Most do not wait, and need no timer.
    if (isThenable(result)) {
      scope.deadline = now() + CLEANUP_MS;
      scope.allowedMs = CLEANUP_MS;
    }
    return result;
  };
  new CancelScope({ shield: true, name }).run(run).catch(failed);
}
