import { getEventListeners } from "node:events";

import { gate, no, turns, yes } from "./verdict.mjs";

const FEW = 10;
const MANY = 100;
const LEFT_OF_ALL = 1;
const count = (signal) => getEventListeners(signal, "abort").length;

/** Listeners while `calls` calls wait with one signal, and when all have ended, well or badly. */
async function after(calls, run, runWith) {
  const { signal } = new AbortController();
  const first = gate();
  const holder = run?.(first.work);
  const waiting = Array.from({ length: calls }, (_, i) =>
    runWith(async () => {
      await first.opened;
      if (i % 2 === 1) throw new Error("every other one fails");
      return "value";
    }, signal),
  );
  const all = Promise.allSettled(waiting);
  const atOnce = count(signal);
  await turns();
  const most = Math.max(atOnce, count(signal));
  first.open();
  await holder;
  await all;
  await turns();
  return { most, left: count(signal) };
}

/** Some keep one for all their calls: what counts is whether there are more after more calls. */
export async function left(run, runWith) {
  const few = await after(FEW, run, runWith);
  const many = await after(MANY, run, runWith);
  const said = `${many.left} left of ${MANY} calls, ${many.most} at most`;
  return (many.left <= Math.min(few.left, LEFT_OF_ALL) ? yes : no)(said);
}
