// What test files find where Node has globals; see test-globals-plugin.mjs.
import { runtime } from "../../src/internal/runtime.ts";

/** See node-timers-promises.mjs. */
export function setImmediate(fn, ...args) {
  runtime.later(() => fn(...args));
}

/**
 * As far as tests need one beside `unhandledDuring`: they hear of no rejection and no warning. The test
 * runner does, and fails.
 */
export const process = {
  env: { CORRAL_MODE: "explicit", CORRAL_RUNTIME: "chromium" },
  on() {},
  off() {},
};
