import { test } from "vitest";

/**
 * Whether the suite runs without AsyncLocalStorage, where scopes reach only the waits that are given
 * their signal.
 */
export const explicit: boolean = process.env["CORRAL_MODE"] === "explicit";

/** What to give a wait, so that it belongs to `scope` in both modes. */
export function at(scope: { readonly signal: AbortSignal }): { signal?: AbortSignal } {
  return explicit ? { signal: scope.signal } : {};
}

/** For what only ambient scopes can do; say so in the name: "… (needs ambient scopes)". */
export const ambientTest: typeof test = test.skipIf(explicit) as typeof test;
