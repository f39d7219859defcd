import { runtime } from "../../src/internal/runtime.ts";

const sleep = globalThis.setTimeout;

/** Longer than a page takes to tell of a rejection. */
const SOON_MS = 20;

/** See test/support/unhandled.ts. A page tells in a task of its own, after turns of the event loop. */
export async function unhandledDuring(fn) {
  const unhandled = [];
  const hear = (rejection) => {
    rejection.preventDefault();
    rejection.stopImmediatePropagation();
    unhandled.push(rejection.reason);
  };
  // The test runner listens too; who captures hears first.
  addEventListener("unhandledrejection", hear, { capture: true });
  try {
    await fn();
    const told = new Promise((resolve) => void sleep(resolve, SOON_MS));
    await (runtime.clock?.external(told) ?? told);
  } finally {
    removeEventListener("unhandledrejection", hear, { capture: true });
  }
  return unhandled;
}
