// What a limiter promises: that it limits, in whose context it runs a call, what becomes of those who wait.
import { setTimeout as sleep } from "node:timers/promises";

import { noop } from "../work.mjs";
import { bytesEach } from "./bytes.mjs";
import { aborted, contexts } from "./calls.mjs";
import { falsyFailures } from "./falsy.mjs";
import { left } from "./listeners.mjs";
import { overtaken } from "./newcomer.mjs";
import { stall } from "./stall.mjs";
import { each, ended, figure, gate, lacks, no, textOf, turns, watched, yes } from "./verdict.mjs";

const LIMIT = 2;
const CALLS = 6;
const WORK_MS = 60;
const TIMEOUT_MS = 10;

const quietly = (promise) => Promise.resolve(promise).catch(noop);

/** Calls that take too long, whose work does not hear of it, as most work does not. */
async function timedOut(call) {
  const count = { running: 0, most: 0, late: 0, waited: 0 };
  const calls = Array.from({ length: CALLS }, async () => {
    const state = { told: false, ended: false };
    const work = async () => {
      if (state.told) count.late++;
      count.most = Math.max(count.most, ++count.running);
      await sleep(WORK_MS);
      count.running--;
      state.ended = true;
    };
    await quietly(call(work, TIMEOUT_MS));
    state.told = true;
    if (state.ended) count.waited++;
  });
  await Promise.all(calls);
  await sleep(CALLS * WORK_MS);
  const said = [`${count.most} at once`];
  if (count.waited === CALLS) said.push("callers are told when their work has ended");
  if (count.late > 0) said.push(`${count.late} of ${CALLS} begin after their caller was told`);
  return (count.most <= LIMIT ? yes : no)(said.join("; "));
}

async function cleared({ run, clear }, way) {
  const first = gate();
  const holder = watched(run(first.work));
  const ran = [];
  const dropped = ["a", "b"].map((name) => watched(run(async () => ran.push(name))));
  await turns();
  clear[way]();
  first.open();
  await Promise.all([holder, ...dropped].map(ended));
  const pending = dropped.filter(({ settled }) => !settled).length;
  if (pending > 0) return no(`${pending} of 2 never settle`);
  if (ran.length > 0) return no("they run nevertheless");
  return yes(`reject with ${textOf(dropped[0].outcome)}`);
}

async function syncThrow({ run }) {
  const first = gate();
  const holder = run(first.work);
  const thrown = new Error("thrown");
  const throwing = watched(
    run(() => {
      throw thrown;
    }),
  );
  const next = watched(run(async () => "next"));
  first.open();
  await holder;
  await Promise.all([throwing, next].map(ended));
  if (!throwing.rejected) return no("its caller never hears of it");
  if (next.outcome !== "next") return no("its place is lost");
  return yes(throwing.outcome === thrown ? "the same error" : `as ${textOf(throwing.outcome)}`);
}

export const limitChecks = {
  [`a limit of ${LIMIT} after timeouts: never more at once`]: ({ make }) =>
    each(make(LIMIT).timed, timedOut),
  "a call that waited runs in the async context of its caller": ({ make }) => contexts(make(1).run),
  "while instant calls go through: a timer at least every 20 ms": ({ make, slow }) =>
    stall(make(10).run, slow ? 2_000 : 200_000),
  "bytes that a waiting call holds": async ({ make, slow }) => {
    const bytes = await bytesEach(() => make(1).run, slow ? 2_000 : 10_000);
    return figure(String(bytes));
  },
  "listeners on a long-lived signal do not pile up": ({ make }) => {
    const { run, runWith } = make(1);
    if (runWith === undefined) return lacks("takes no signal");
    return left(run, runWith);
  },
  "a waiting call is aborted: it leaves the line": ({ make }) => {
    const limiter = make(1);
    return limiter.runWith === undefined ? lacks("takes no signal") : aborted(limiter);
  },
  "the line is cleared: whoever waited is told": async ({ make, also = {} }) => {
    const verdicts = [];
    for (const [option, of] of Object.entries({ "": make, ...also })) {
      for (const way of Object.keys(of(1).clear ?? {})) {
        const how = option === "" ? way : `${way}, ${option}`;
        verdicts.push({ how, ...(await cleared(of(1), way)) });
      }
    }
    return verdicts.length === 0 ? lacks("has no way to") : verdicts;
  },
  "a newcomer does not overtake who waits": ({ make }) => overtaken(() => make(1).run),
  'a rejection with undefined, null, 0, "" or false stays one': ({ make }) =>
    falsyFailures(make(1).run),
  "a queued function that throws: its caller is told, its place is freed": ({ make }) =>
    syncThrow(make(1)),
};
