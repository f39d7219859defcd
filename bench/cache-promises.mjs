// What caches of promises do where they differ: a caller who leaves, an entry deleted while it loads, a
// loader that asks for its own key. Not a measurement: each cache is run and told what it did.
import { AsyncLocalStorage } from "node:async_hooks";

import { setDeadlockDetection } from "../dist/index.js";
import { contenders, maker } from "./support/caches.mjs";
import { keeps } from "./support/promises/keeps.mjs";
import { left } from "./support/promises/listeners.mjs";
import { ended, lacks, no, textOf, turns, watched, yes } from "./support/promises/verdict.mjs";
import { nextTurn } from "./support/work.mjs";

// As while one develops, which is when a loader that asks for itself is written.
setDeadlockDetection(true);

const MOST_DEPTH = 50;

/** A loader whose loads end when the check says so, or when their signal aborts. */
function held() {
  const calls = [];
  const load = (_, { signal } = {}) =>
    new Promise((resolve, reject) => {
      calls.push({ resolve, reject, signal });
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  return { calls, load };
}

const settings = { capacity: 100, signals: true };

/** An entry is taken away while it loads, and loaded anew before the old load ends. */
async function invalidated(make, invalidate) {
  const { calls, load } = held();
  const cache = make({ ...settings, load });
  const first = watched(cache.get("key"));
  await turns();
  if (invalidate(cache) === false) return undefined;
  await turns();
  const second = watched(cache.get("key"));
  await turns();
  const joined = calls.length === 1;
  calls[1]?.resolve("new");
  await turns();
  calls[0].resolve("old");
  await turns();
  const third = watched(cache.get("key"));
  await turns();
  calls[2]?.resolve("newer");
  await Promise.all([first, second, third].map(ended));
  if (joined) return no("the next caller joins the load that began before");
  if (third.outcome === "old") return no("the old value comes late and is kept");
  if (first.rejected) return no(`its caller is rejected: ${textOf(first.outcome)}`);
  if (second.rejected || !first.settled) return no("a caller is rejected or waits for ever");
  return third.outcome === "new" ? yes("kept the new value") : no("loads once more");
}

/** A loader that asks for the key that it loads. */
async function recursive(make, before) {
  let depth = 0;
  const cache = make({
    ...settings,
    load: async (key) => {
      if (++depth > MOST_DEPTH) throw new Error("loads itself without end");
      if (before !== undefined) await before();
      const value = await cache.get(key);
      return value;
    },
  });
  const seen = await ended(watched(new Promise((resolve) => resolve(cache.get("key")))));
  if (!seen.settled) return no("hangs");
  if (depth > MOST_DEPTH) return no("loads itself without end");
  if (!seen.rejected) return no(`gives ${String(seen.outcome)}`);
  return (depth === 1 ? yes : no)(textOf(seen.outcome));
}

const checks = {
  "the first caller aborts: the second still gets the value": async ({ make }) => {
    const { calls, load } = held();
    const cache = make({ ...settings, load });
    if (cache.getWith === undefined) return lacks("takes no signal");
    const controller = new AbortController();
    const first = watched(cache.getWith("key", controller.signal));
    const second = watched(cache.get("key"));
    await turns();
    controller.abort();
    await turns();
    const atOnce = first.rejected;
    for (const { resolve } of calls) resolve("value");
    await ended(second);
    if (second.rejected) return no(`the second is rejected: ${textOf(second.outcome)}`);
    if (second.outcome !== "value") return no("the second waits for ever");
    return atOnce ? yes(`of ${calls.length} load`) : no("but the first has to wait for the load");
  },
  "all callers abort: the load is told": async ({ make }) => {
    const { calls, load } = held();
    const cache = make({ ...settings, load });
    if (cache.getWith === undefined) return lacks("takes no signal");
    const controllers = [new AbortController(), new AbortController()];
    const callers = controllers.map(({ signal }) => watched(cache.getWith("key", signal)));
    await turns();
    controllers[1].abort();
    await turns();
    if (calls[0].signal?.aborted) return no("told when the second aborts, while the first waits");
    controllers[0].abort();
    await turns();
    const told = calls[0].signal?.aborted === true;
    calls[0].resolve("value");
    await Promise.all(callers.map(ended));
    return told ? yes("its signal aborts") : no("it goes on");
  },
  "deleted while it loads: the late value is not kept": async ({ make }) =>
    (await invalidated(make, (cache) => cache.delete !== undefined && void cache.delete("key"))) ??
    lacks("has no delete"),
  "cleared while it loads: the late value is not kept": async ({ make }) =>
    (await invalidated(make, (cache) => void cache.clear())) ?? lacks("has no clear"),
  "set while it loads: the late value does not replace it": async ({ make }) => {
    const { calls, load } = held();
    const cache = make({ ...settings, load });
    if (cache.set === undefined) return lacks("has no set");
    const first = watched(cache.get("key"));
    await turns();
    cache.set("key", "set");
    await turns();
    calls[0].resolve("old");
    await ended(first);
    const second = watched(cache.get("key"));
    await turns();
    calls[1]?.resolve("loaded again");
    await ended(second);
    if (second.outcome !== "set") return no(`the next caller gets "${second.outcome}"`);
    if (first.rejected) return no(`the caller is rejected: ${textOf(first.outcome)}`);
    return yes("kept what was set");
  },
  "a value that is undefined is kept": async ({ make }) => {
    let calls = 0;
    const cache = make({ ...settings, load: async () => void calls++ });
    await cache.get("key");
    await cache.get("key");
    return calls === 1 ? yes("loaded once") : no("loaded each time");
  },
  "five loads at once with room for two: all are served": async ({ make, unbounded }) => {
    if (unbounded) return lacks("unbounded");
    const { calls, load } = held();
    const cache = make({ ...settings, capacity: 2, load });
    const callers = Array.from({ length: 5 }, (_, i) => watched(cache.get(`key ${i}`)));
    await turns();
    for (const { resolve } of calls) resolve("value");
    await Promise.all(callers.map(ended));
    const failed = callers.filter(({ rejected, outcome }) => rejected || outcome !== "value");
    if (failed.length === 0) return yes("five values");
    return no(`${failed.length} of 5 are rejected: ${textOf(failed[0].outcome)}`);
  },
  "a loader that asks for its own key at once: an error": ({ make }) => recursive(make),
  "a loader that asks for its own key later: an error": ({ make }) => recursive(make, nextTurn),
  "the loader runs in the async context of the owner": async ({ make }) => {
    const storage = new AsyncLocalStorage();
    let seen;
    const load = async () => {
      seen = storage.getStore();
      return "value";
    };
    const cache = storage.run("of the owner", () => make({ ...settings, load }));
    await storage.run("of whoever comes first", () => cache.get("key"));
    return (seen === "of the owner" ? yes : no)(seen ?? "of nobody");
  },
  "a load that fails: all its callers are told, the next one loads": async ({ make }) => {
    let calls = 0;
    const failure = new Error("no such thing");
    const load = async () => {
      await nextTurn();
      if (calls++ === 0) throw failure;
      return "value";
    };
    const cache = make({ ...settings, load });
    const callers = [watched(cache.get("key")), watched(cache.get("key"))];
    await Promise.all(callers.map(ended));
    const next = await ended(watched(cache.get("key")));
    const untold = callers.find(({ outcome }) => outcome !== failure);
    if (untold) return no(`a caller gets ${untold.rejected ? "" : "the value "}${untold.outcome}`);
    if (next.rejected) return no("the error is kept for the next one");
    return yes("loaded again");
  },
  "listeners on a long-lived signal do not pile up": async ({ make }) => {
    let load;
    let keys = 0;
    const cache = make({ ...settings, capacity: 1_000, load: () => load() });
    if (cache.getWith === undefined) return lacks("takes no signal");
    return left(undefined, (fn, signal) => {
      load = fn;
      return cache.getWith(`key ${keys++}`, signal);
    });
  },
};

// The same machinery as getOrSet.
const names = Object.keys(contenders).filter((name) => name !== "cacheable.wrap");
const loaded = [];
for (const name of names) {
  const make = await maker(contenders[name]);
  if (make !== undefined) loaded.push({ name, ...contenders[name], make });
}
await keeps("cache", loaded, checks);
