import { settledHeap } from "../heap.mjs";
import { median } from "../statistics.mjs";
import { noop } from "../work.mjs";

const ROUNDS = 3;
// The line itself: nobody else may have it.
let alive;

/** Bytes of heap that a call holds that waits in line: `make` gives a way to make calls, one at a time. */
export async function bytesEach(make, count) {
  const never = new Promise(noop);
  const held = new Array(count).fill(undefined);
  const measured = [];
  // The first one warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const run = make();
    alive = [run, run(() => never)];
    const before = await settledHeap();
    for (let i = 0; i < count; i++) held[i] = run(noop);
    measured.push(((await settledHeap()) - before) / count);
    held.fill(undefined);
  }
  alive = undefined;
  return Math.round(median(measured.slice(1)));
}
