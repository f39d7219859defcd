import { ended, no, textOf, watched, yes } from "./verdict.mjs";

const FALSY = [undefined, null, 0, "", false];

/** Whether a failure stays one, whatever it fails with. `run(fn)` calls `fn` once, or again and again. */
export async function falsyFailures(run) {
  const lost = [];
  let changed;
  for (const reason of FALSY) {
    const { rejected, outcome } = await ended(watched(run(() => Promise.reject(reason))));
    if (!rejected) lost.push(String(reason) || '""');
    else if (!Object.is(outcome, reason)) changed = textOf(outcome);
  }
  if (lost.length > 0) return no(`resolves after a rejection with ${lost.join(", ")}`);
  return yes(changed === undefined ? "the same value" : `as ${changed}`);
}
