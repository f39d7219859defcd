// The timeouts that are compared, each used as its manual says, and what they promise.
//
// `ways`: `(fn, ms, signal) => promise` each, where `fn` gets a signal from those that have one; `signals`:
// whether the caller may abort.
import { setTimeout as sleep } from "node:timers/promises";

import { timeout } from "../../../dist/index.js";
import { peer } from "../peers.mjs";
import { noop } from "../work.mjs";
import { falsyFailures } from "./falsy.mjs";
import { left } from "./listeners.mjs";
import { each, ended, lacks, no, watched, yes } from "./verdict.mjs";

const [pTimeout, caolan, cockatiel, toolkit, effect] = await Promise.all(
  ["p-timeout", "async", "cockatiel", "es-toolkit", "effect"].map(peer),
);

const SHORT_MS = 10;
const WORK_MS = 60;
const MINUTE_MS = 60_000;
// A timer of the platform that is asked for more fires at once.
const BEYOND_TIMERS_MS = 2 ** 31;

const ofCockatiel = (strategy) => (fn, ms, signal) =>
  cockatiel
    .timeout(ms, cockatiel.TimeoutStrategy[strategy])
    .execute((context) => fn(context.signal), signal);

const ofEffect = (as) => (fn, ms, signal) => {
  const { Effect } = effect;
  const program = Effect.tryPromise({ try: (its) => fn(its), catch: (error) => error });
  return Effect.runPromise(Effect.timeout(as(program), ms), { signal });
};

export const timeouts = [
  {
    name: "corral timeout",
    signals: true,
    ways: { "": (fn, ms, signal) => timeout(ms, (scope) => fn(scope.signal), { signal }) },
  },
  pTimeout && {
    name: "p-timeout",
    signals: true,
    ways: {
      "": (fn, ms, signal) => pTimeout.default(fn(), { milliseconds: ms, signal }),
      // It calls that of a promise which has one.
      "cancel() of the promise": (fn, ms, signal) => {
        const controller = new AbortController();
        const promise = Object.assign(fn(controller.signal), { cancel: () => controller.abort() });
        return pTimeout.default(promise, { milliseconds: ms, signal });
      },
    },
  },
  caolan && {
    name: "async.timeout",
    ways: {
      "": (fn, ms) =>
        new Promise((resolve, reject) =>
          caolan.default.timeout(
            async () => fn(),
            ms,
          )((error, value) => (error ? reject(error) : resolve(value))),
        ),
    },
  },
  cockatiel && {
    name: "cockatiel",
    signals: true,
    ways: { aggressive: ofCockatiel("Aggressive"), cooperative: ofCockatiel("Cooperative") },
  },
  toolkit && {
    name: "es-toolkit withTimeout",
    ways: { "": (fn, ms) => toolkit.withTimeout(() => fn(), ms) },
  },
  effect && {
    name: "effect",
    signals: true,
    ways: {
      "": ofEffect((program) => program),
      uninterruptible: ofEffect((program) => effect.Effect.uninterruptible(program)),
    },
  },
].filter(Boolean);

async function told(way) {
  let heard = false;
  const work = async (signal) => {
    signal?.addEventListener("abort", () => (heard = true));
    await sleep(WORK_MS);
  };
  await ended(watched(way(work, SHORT_MS)));
  return heard ? yes("its signal aborts") : no("nobody is told");
}

async function waitedFor(way) {
  let over = false;
  const work = async () => {
    await sleep(WORK_MS);
    over = true;
  };
  await ended(watched(way(work, SHORT_MS)));
  return over ? yes("the caller is told when it has ended") : no("it still runs");
}

async function failsLate(way) {
  const work = async () => {
    await sleep(WORK_MS);
    throw new Error("late");
  };
  await way(work, SHORT_MS).catch(noop);
  await sleep(2 * WORK_MS);
  return yes("");
}

async function beyondTimers(way) {
  const work = () => sleep(WORK_MS, "done");
  const { rejected } = await ended(watched(way(work, BEYOND_TIMERS_MS)));
  return rejected ? no("is up at once") : yes("the work has its time");
}

export const timeoutChecks = {
  "time is up: the work is told": ({ ways }) => each(ways, told),
  "time is up: work that cannot stop has ended when its caller goes on": ({ ways }) =>
    each(ways, waitedFor),
  "work that fails after its time: no unhandled rejection": ({ ways }) => each(ways, failsLate),
  "a time of 2 ** 31 ms, 25 days: is not up at once": ({ ways }) => each(ways, beyondTimers),
  "listeners on a long-lived signal do not pile up": ({ ways, signals }) => {
    if (!signals) return lacks("takes no signal");
    return each(ways, (way) => left(undefined, (fn, signal) => way(fn, MINUTE_MS, signal)));
  },
  'a rejection with undefined, null, 0, "" or false stays one': ({ ways }) =>
    each(ways, (way) => falsyFailures((fn) => way(fn, MINUTE_MS))),
};
