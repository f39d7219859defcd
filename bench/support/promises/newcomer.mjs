import { nextTurn } from "../work.mjs";
import { ended, gate, no, textOf, watched, yes } from "./verdict.mjs";

// Between the end of a call and the beginning of the next there are microtasks, in which one may come.
const MICROTASKS = 16;

async function comesAfter(microtasks, run) {
  const order = [];
  const first = gate();
  const holder = run(first.work);
  const waiting = watched(run(async () => order.push("waiting")));
  await nextTurn();
  first.open();
  for (let i = 0; i < microtasks; i++) await undefined;
  const newcomer = watched(run(async () => order.push("newcomer")));
  await holder;
  await Promise.all([waiting, newcomer].map(ended));
  return { order, waiting, newcomer };
}

/** Whether one who comes after a call has ended, but before the next has begun, goes before it. */
export async function overtaken(make) {
  const late = [];
  for (let i = 0; i <= MICROTASKS; i++) {
    const { order, waiting, newcomer } = await comesAfter(i, make());
    if (waiting.rejected) return no(`whoever waits is rejected: ${textOf(waiting.outcome)}`);
    if (!waiting.settled || !newcomer.settled) return no("one waits for ever");
    if (order[0] !== "waiting") late.push(i);
  }
  if (late.length === 0) return yes("whenever it comes");
  return no(`when it comes ${late.join(", ")} microtasks after the end of a call`);
}
