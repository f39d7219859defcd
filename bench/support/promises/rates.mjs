// The rate limiters that are compared, each used as its manual says, and what they promise.
//
// `make(perMs)` lets one call begin in so many milliseconds: `run(fn)`, `runWith(fn, signal)`.
import { RateLimiter } from "../../../dist/index.js";
import { peer } from "../peers.mjs";
import { contexts } from "./calls.mjs";
import { left } from "./listeners.mjs";
import { endedWithin, lacks, no, turns, watched, yes } from "./verdict.mjs";

const [pThrottle, pQueue, bottleneck, limiter, asyncSema] = await Promise.all(
  ["p-throttle", "p-queue", "bottleneck", "limiter", "async-sema"].map(peer),
);

const PER_MS = 200;
const SET_BACK_MS = 3_000;

export const rates = [
  {
    name: "corral RateLimiter",
    make: (perMs) => {
      const rate = new RateLimiter({ limit: 1, perMs });
      return {
        run: (fn) => rate.run(fn),
        runWith: (fn, signal) => rate.run(fn, { signal }),
      };
    },
  },
  pThrottle && {
    name: "p-throttle",
    make: (interval) => ({ run: pThrottle.default({ limit: 1, interval })((fn) => fn()) }),
    shared: "its signal is for all calls",
  },
  pQueue && {
    name: "p-queue, interval",
    make: (interval) => {
      const queue = new pQueue.default({ intervalCap: 1, interval });
      return {
        run: (fn) => queue.add(fn),
        runWith: (fn, signal) => queue.add(fn, { signal }),
      };
    },
  },
  bottleneck && {
    name: "bottleneck, minTime",
    make: (minTime) => {
      const queue = new bottleneck.default({ minTime });
      return { run: (fn) => queue.schedule(fn) };
    },
  },
  limiter && {
    name: "limiter",
    make: (interval) => {
      const rate = new limiter.RateLimiter({ tokensPerInterval: 1, interval });
      return { run: (fn) => rate.removeTokens(1).then(fn) };
    },
  },
  asyncSema && {
    name: "async-sema RateLimit",
    make: (timeUnit) => {
      const turn = asyncSema.RateLimit(1, { timeUnit });
      return { run: (fn) => turn().then(fn) };
    },
  },
].filter(Boolean);

const later = (seen) => endedWithin(seen, 5 * PER_MS);

async function abortedWait({ run, runWith }) {
  const begun = [];
  const call = (name) => async () => void begun.push([name, performance.now()]);
  await run(call("first"));
  const controller = new AbortController();
  const leaver = watched(runWith(call("leaver"), controller.signal));
  const next = watched(run(call("next")));
  await turns();
  controller.abort(new Error("left"));
  await turns();
  const atOnce = leaver.settled;
  await Promise.all([leaver, next].map(later));
  const names = begun.map(([name]) => name);
  if (names.includes("leaver")) return no("begins nevertheless");
  if (!atOnce) return no("is told when it would have had its turn");
  const waited = begun[1][1] - begun[0][1];
  return waited < 1.75 * PER_MS ? yes("the next one has its turn") : no("its turn is lost");
}

async function clockSetBack({ run }) {
  const { now } = Date;
  await run(async () => {});
  try {
    Date.now = () => now() - SET_BACK_MS;
    const seen = await later(watched(run(async () => {})));
    return seen.settled
      ? yes("the next call has its turn")
      : no("the next call has to wait for it");
  } finally {
    Date.now = now;
  }
}

export const rateChecks = {
  "a waiting call is aborted: it leaves the line, and takes no turn": ({ make, shared }) => {
    const rate = make(PER_MS);
    if (rate.runWith === undefined) return lacks(shared ?? "takes no signal");
    return abortedWait(rate);
  },
  "a call that waited runs in the async context of its caller": ({ make }) =>
    contexts(make(PER_MS / 10).run),
  "listeners on a long-lived signal do not pile up": ({ make, shared }) => {
    const { runWith } = make(1);
    if (runWith === undefined) return lacks(shared ?? "takes no signal");
    return left(undefined, runWith);
  },
  "the clock of the machine is set back: calls go on": ({ make }) => clockSetBack(make(PER_MS)),
};
