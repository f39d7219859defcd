// What becomes of calls that wait in a line, whatever the line is for.
import { AsyncLocalStorage } from "node:async_hooks";

import { ended, gate, no, turns, watched, yes } from "./verdict.mjs";

/** In which async context those run who had to wait. `run(fn)` makes a call, one at a time. */
export async function contexts(run) {
  const storage = new AsyncLocalStorage();
  const first = gate();
  const seen = [];
  const holder = storage.run("holder", () => run(first.work));
  const calls = ["a", "b", "c"].map((name) =>
    storage.run(name, () => run(async () => seen.push([name, storage.getStore()]))),
  );
  await turns();
  first.open();
  await Promise.all([holder, ...calls]);
  const lost = seen.filter(([name, store]) => name !== store);
  if (lost.length === 0) return yes("each in that of its caller");
  return no(`${lost.length} of 3 ran in that of ${lost[0][1] ?? "nobody"}`);
}

/** One who waits aborts: `runWith(fn, signal)` makes the call. */
export async function aborted({ run, runWith }) {
  const first = gate();
  const holder = run(first.work);
  const controller = new AbortController();
  const ran = [];
  const leaver = watched(runWith(async () => ran.push("leaver"), controller.signal));
  const next = watched(run(async () => ran.push("next")));
  await turns();
  controller.abort(new Error("left"));
  await turns();
  const atOnce = leaver.rejected === true;
  first.open();
  await holder;
  await Promise.all([leaver, next].map(ended));
  if (ran.includes("leaver")) return no("runs nevertheless");
  if (next.outcome === undefined) return no("the next one waits for ever");
  return atOnce
    ? yes("rejects at once, never runs")
    : no("is told when it would have had its turn");
}
