import { report, textOf } from "./report.ts";
import { shield } from "./shield.ts";

/** How long a callback of the user, or a disposal, may take: it is cleanup that the library owns. */
const CLEANUP_MS = 5_000;

/**
 * Calls a function of the user that must not break what calls it, shielded, so that it can wait where
 * all is cancelled. What it throws is reported.
 */
export function callback(name: string, fn: () => unknown): void {
  shield(fn, { timeoutMs: CLEANUP_MS, name }).catch((error: unknown) =>
    report("warning", {
      kind: "callback",
      message: `${name} threw: ${textOf(error)}`,
      detail: error,
    }),
  );
}
