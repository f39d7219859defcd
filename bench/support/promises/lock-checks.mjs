// What a lock promises: that nobody has it who does not know, and nobody beside its holder.
import { bytesEach } from "./bytes.mjs";
import { aborted, contexts } from "./calls.mjs";
import { left } from "./listeners.mjs";
import { overtaken } from "./newcomer.mjs";
import { each, ended, figure, lacks, no, turns, watched, yes } from "./verdict.mjs";

const SHORT_MS = 10;

async function gaveUp({ lock, unlock, timed }, way) {
  const held = await lock();
  const impatient = await ended(watched(timed[way](SHORT_MS)));
  if (!impatient.rejected) return no("nobody is told");
  unlock(held);
  await turns();
  const next = await ended(watched(lock()));
  return next.settled ? yes("the next one gets it") : no("nobody gets it any more");
}

async function heavyGaveUp({ take, takeIn }) {
  await take(1);
  const impatient = await ended(watched(takeIn(SHORT_MS, 2)));
  if (!impatient.rejected) return no("nobody is told");
  const light = await ended(watched(take(1)));
  return light.settled ? yes("the next one gets in") : no("the next one waits behind it");
}

/** As by a `finally` too many, when the next one has it. */
async function releasedTwice({ lock, unlock }) {
  const first = await lock();
  const next = watched(lock());
  const beside = watched(lock());
  unlock(first);
  await ended(next);
  unlock(first);
  await turns();
  return (await ended(beside)).settled ? no("two have it") : yes("it counts once");
}

export const lockChecks = {
  "who gave up in time does not get the lock later": ({ make }) =>
    each(make().timed, (_, way) => gaveUp(make(), way)),
  "a heavy one who gave up in time is in nobody's way": ({ make }) => {
    const { weighted } = make();
    return weighted === undefined ? lacks("knows no weights") : heavyGaveUp(weighted());
  },
  "released twice: nobody gets in beside the holder": ({ make }) => releasedTwice(make()),
  "who waits aborts: it leaves the line": ({ make }) => {
    const lock = make();
    return lock.runWith === undefined ? lacks("takes no signal") : aborted(lock);
  },
  "who waited runs in its own async context": ({ make }) => contexts(make().run),
  "listeners on a long-lived signal do not pile up": ({ make }) => {
    const { run, runWith } = make();
    return runWith === undefined ? lacks("takes no signal") : left(run, runWith);
  },
  "a newcomer does not overtake who waits": ({ make }) => overtaken(() => make().run),
  "bytes that one holds who waits for the lock": async ({ make, byFunction }) => {
    const bytes = await bytesEach(() => make()[byFunction ? "run" : "lock"], 10_000);
    return figure(String(bytes));
  },
};
