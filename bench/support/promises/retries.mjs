// The retries that are compared, each used as its manual says, and what they promise.
//
// `retry(fn, { delayMs, signal })` calls up to three times, where `fn` gets a signal from those that have
// one; `signals`: whether it takes one.
import { setTimeout as sleep } from "node:timers/promises";

import { retry } from "../../../dist/index.js";
import { peer } from "../peers.mjs";
import { falsyFailures } from "./falsy.mjs";
import { left } from "./listeners.mjs";
import { ended, lacks, no, watched, yes } from "./verdict.mjs";

const [pRetry, caolan, cockatiel, toolkit, effect] = await Promise.all(
  ["p-retry", "async", "cockatiel", "es-toolkit", "effect"].map(peer),
);

const attempts = 3;
const LONG_MS = 500;
const SOON_MS = 100;

export const retries = [
  {
    name: "corral retry",
    signals: true,
    retry: (fn, { delayMs, signal }) =>
      retry((attempt) => fn(attempt.signal), { attempts, backoff: () => delayMs, signal }),
  },
  pRetry && {
    name: "p-retry",
    signals: true,
    retry: (fn, { delayMs, signal }) =>
      pRetry.default(() => fn(), { retries: attempts - 1, minTimeout: delayMs, factor: 1, signal }),
  },
  caolan && {
    name: "async.retry",
    retry: (fn, { delayMs }) =>
      caolan.default.retry({ times: attempts, interval: delayMs }, async () => fn()),
  },
  cockatiel && {
    name: "cockatiel",
    signals: true,
    retry: (fn, { delayMs, signal }) => {
      const { ConstantBackoff, handleAll } = cockatiel;
      const backoff = new ConstantBackoff(delayMs);
      const policy = cockatiel.retry(handleAll, { maxAttempts: attempts - 1, backoff });
      return policy.execute((context) => fn(context.signal), signal);
    },
  },
  toolkit && {
    name: "es-toolkit",
    signals: true,
    retry: (fn, { delayMs, signal }) =>
      toolkit.retry(() => fn(), { retries: attempts - 1, delay: delayMs, signal }),
  },
  effect && {
    name: "effect",
    signals: true,
    retry: (fn, { delayMs, signal }) => {
      const { Effect, Schedule } = effect;
      const program = Effect.tryPromise({ try: (its) => fn(its), catch: (error) => error });
      const schedule = Schedule.spaced(delayMs);
      return Effect.runPromise(Effect.retry(program, { times: attempts - 1, schedule }), {
        signal,
      });
    },
  },
].filter(Boolean);

async function abortedPause({ retry: again }) {
  let calls = 0;
  const failing = async () => {
    calls++;
    throw new Error("not yet");
  };
  const controller = new AbortController();
  const seen = watched(again(failing, { delayMs: LONG_MS, signal: controller.signal }));
  await sleep(SOON_MS);
  controller.abort(new Error("left"));
  await sleep(SOON_MS);
  const atOnce = seen.settled;
  await sleep(LONG_MS);
  if (calls > 1) return no("calls again after the abort");
  return atOnce ? yes("rejects at once") : no(`waits for the end of the pause`);
}

async function toldAttempt({ retry: again }) {
  let told = false;
  const controller = new AbortController();
  const work = (signal) =>
    new Promise((resolve) => {
      signal?.addEventListener("abort", () => {
        told = true;
        resolve();
      });
      setTimeout(resolve, SOON_MS);
    });
  const seen = watched(again(work, { delayMs: 0, signal: controller.signal }));
  await sleep(1);
  controller.abort(new Error("left"));
  await ended(seen);
  return told ? yes("its signal aborts") : no("it is not told");
}

export const retryChecks = {
  "aborted in a pause: it ends at once, and calls no more": (contender) =>
    contender.signals ? abortedPause(contender) : lacks("takes no signal"),
  "aborted in an attempt: the attempt is told": (contender) =>
    contender.signals ? toldAttempt(contender) : lacks("takes no signal"),
  "listeners on a long-lived signal do not pile up": ({ retry: again, signals }) => {
    if (!signals) return lacks("takes no signal");
    return left(undefined, (fn, signal) => again(fn, { delayMs: 0, signal }));
  },
  'a last rejection with undefined, null, 0, "" or false stays one': ({ retry: again }) =>
    falsyFailures((fn) => again(fn, { delayMs: 0 })),
};
