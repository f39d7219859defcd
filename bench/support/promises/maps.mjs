// The bounded maps that are compared, each used as its manual says, three items at a time.
//
// - `map(items, fn, signal)`: a promise of the results, where `fn` gets the item, and a signal from those
//   that have one; `signals`: whether the map takes one;
// - `stream(items, fn)`: the results as an async iterable;
// - `source`: "sync" where items are given as an iterable only.
import { Readable } from "node:stream";

import { map, mapStream } from "../../../dist/index.js";
import { peer } from "../peers.mjs";

const [pMap, pLimit, caolan, effect] = await Promise.all(
  ["p-map", "p-limit", "async", "effect"].map(peer),
);
const concurrency = 3;

const readable = (items, fn, signal) =>
  Readable.from(items).map((item, each) => fn(item, each.signal), { concurrency, signal });

function withEffect() {
  const { Effect, Stream } = effect;
  const one = (fn) => (item) =>
    Effect.tryPromise({ try: (signal) => fn(item, signal), catch: (error) => error });
  const source = (items) =>
    Symbol.iterator in items
      ? Stream.fromIterable(items)
      : Stream.fromAsyncIterable(items, (error) => error);
  return {
    name: "effect",
    source: "sync",
    signals: true,
    map: (items, fn, signal) =>
      Effect.runPromise(Effect.forEach(items, one(fn), { concurrency }), { signal }),
    stream: (items, fn) =>
      Stream.toAsyncIterable(Stream.mapEffect(source(items), one(fn), { concurrency })),
  };
}

export const maps = [
  {
    name: "corral map, mapStream",
    signals: true,
    map: (items, fn, signal) =>
      map(items, (item, _, scope) => fn(item, scope.signal), { concurrency, signal }),
    stream: (items, fn) =>
      mapStream(items, (item, _, scope) => fn(item, scope.signal), { concurrency }),
    // A scope makes its signal when it is asked for; work that does not hear of it does not ask.
    plain: (items, fn) => map(items, (item) => fn(item), { concurrency }),
  },
  pMap && {
    name: "p-map",
    signals: true,
    map: (items, fn, signal) => pMap.default(items, (item) => fn(item), { concurrency, signal }),
    stream: (items, fn) => pMap.pMapIterable(items, (item) => fn(item), { concurrency }),
  },
  pLimit && {
    name: "p-limit, limit.map",
    source: "sync",
    map: (items, fn) => pLimit.default(concurrency).map(items, (item) => fn(item)),
  },
  caolan && {
    name: "async.mapLimit",
    map: (items, fn) => caolan.default.mapLimit(items, concurrency, async (item) => fn(item)),
  },
  {
    name: "Readable.map of Node",
    signals: true,
    map: (items, fn, signal) => readable(items, fn, signal).toArray(),
    stream: readable,
  },
  effect && withEffect(),
].filter(Boolean);
