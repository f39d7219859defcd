// What a bounded map promises when an item fails, when its caller aborts or its reader leaves.
import { setTimeout as sleep } from "node:timers/promises";

import { noop } from "../work.mjs";
import { falsyFailures } from "./falsy.mjs";
import { left } from "./listeners.mjs";
import { gapDuring } from "./stall.mjs";
import { each, ended, lacks, no, turns, watched, yes } from "./verdict.mjs";

const ITEMS = 1_000;
const CALLS = 500_000;
const WORK_MS = 60;
const SOON_MS = 20;
const APART_MS = 20;

/** Items and what has become of them. The work for item `soon` ends before all other, and may fail. */
function job({ soon, fails = false }) {
  const state = { begun: 0, running: 0, pulled: 0, told: 0, closed: false };
  const work = async (item, signal) => {
    state.begun++;
    state.running++;
    let runs = true;
    signal?.addEventListener("abort", () => {
      if (runs) state.told++;
    });
    await sleep(item === soon ? SOON_MS : WORK_MS + (item % 3) * APART_MS);
    state.running--;
    runs = false;
    if (fails && item === soon) throw new Error("fails");
    return item;
  };
  function* sync() {
    try {
      while (state.pulled < ITEMS) yield state.pulled++;
    } finally {
      state.closed = true;
    }
  }
  async function* async() {
    yield* sync();
  }
  return { state, work, sources: { "an iterable": sync, "an async iterable": async } };
}

/** Maps until the second item fails, and gives what was true at that moment. */
async function failed({ map }) {
  const { state, work, sources } = job({ soon: 1, fails: true });
  await map(sources["an iterable"](), work).catch(noop);
  await turns(1);
  const then = { ...state };
  await sleep(3 * WORK_MS);
  return { then, later: state };
}

async function closedSource(map, make, state, work) {
  await map(make(), work).catch(noop);
  await sleep(WORK_MS);
  if (state.pulled === ITEMS) return no(`reads all ${ITEMS} items before it begins`);
  return state.closed ? yes(`after ${state.pulled} items`) : no("stays open");
}

async function brokenOff(stream, kind) {
  const { state, work, sources } = job({ soon: 0 });
  for await (const _ of stream(sources[kind](), work)) break;
  await turns(1);
  const { running, closed, begun } = state;
  await sleep(3 * WORK_MS);
  const faults = [
    closed ? undefined : state.closed ? "its source is closed later" : "its source stays open",
    running > 0 ? `${running} still run` : undefined,
    state.begun > begun ? `${state.begun - begun} more begin` : undefined,
  ].filter(Boolean);
  return faults.length === 0 ? yes("all is over when the loop is") : no(faults.join(", "));
}

async function aborted({ map }) {
  const { state, work, sources } = job({});
  const controller = new AbortController();
  const mapped = watched(map(sources["an iterable"](), work, controller.signal));
  await sleep(SOON_MS);
  controller.abort();
  await ended(mapped);
  const { told, begun, running } = state;
  await sleep(3 * WORK_MS);
  if (!mapped.rejected) return no("goes on");
  if (state.begun > begun) return no(`${state.begun - begun} more begin`);
  const still = running > 0 ? `, ${running} still run when it rejects` : ", and waited for";
  return told > 0 ? yes(`what runs is told${still}`) : no(`what runs is not told${still}`);
}

const numbers = function* () {
  for (let i = 0; i < CALLS; i++) yield i;
};

export const mapChecks = {
  "an item fails: what still runs is waited for": async (contender) => {
    const { then } = await failed(contender);
    return then.running === 0 ? yes("nothing runs on") : no(`${then.running} still run`);
  },
  "an item fails: what still runs is told": async (contender) => {
    const { later } = await failed(contender);
    return later.told > 0 ? yes("its signal aborts") : no("nobody is told");
  },
  "an item fails: nothing more begins": async (contender) => {
    const { then, later } = await failed(contender);
    const more = later.begun - then.begun;
    return more === 0 ? yes("") : no(`${more} more begin`);
  },
  "an item fails: the source is closed": ({ map, source }) => {
    const { sources } = job({});
    const kinds = source === "sync" ? { "an iterable": 0 } : sources;
    return each(kinds, (_, kind) => {
      const { state, work, sources: made } = job({ soon: 1, fails: true });
      return closedSource(map, made[kind], state, work);
    });
  },
  "its caller aborts: what runs is told, nothing more begins": (contender) =>
    contender.signals ? aborted(contender) : lacks("takes no signal"),
  "the reader of a stream breaks off: the source is closed, nothing runs on": ({ stream }) => {
    if (stream === undefined) return lacks("gives no stream");
    return each(job({}).sources, (_, kind) => brokenOff(stream, kind));
  },
  "listeners on a long-lived signal do not pile up": ({ map, signals }) => {
    if (!signals) return lacks("takes no signal");
    return left(undefined, (fn, signal) => map([1], fn, signal));
  },
  "while instant calls go through: a timer at least every 20 ms": ({ map, plain = map }) =>
    gapDuring(() => plain(numbers(), async () => {}), CALLS),
  'a rejection with undefined, null, 0, "" or false stays one': ({ map }) =>
    falsyFailures((fn) => map([1], fn)),
};
