// Bounded maps: over an array, and over an async iterable that has a value ready each time.
import * as corral from "../dist/index.js";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";
import { micro, noop, workerLoop } from "./support/work.mjs";

const COUNT = 1000;
const concurrency = 10;
const [pMap, caolan, effect] = await Promise.all(["p-map", "async", "effect"].map(peer));
const items = Array.from({ length: COUNT }, (_, i) => i);

async function overArray(title, fn, most) {
  const goals = {
    "corral map": { times: most, leads: { "p-map": 2.5, "async.mapLimit": 1 } },
  };
  const perItem = async (item) => fn(item);
  const cases = {
    "worker loop (floor)": () => workerLoop(COUNT, concurrency, perItem),
    "Promise.all, no limit": () => Promise.all(items.map(perItem)),
    "corral map": () => corral.map(items, perItem, { concurrency }),
  };
  if (corral.forEach)
    cases["corral forEach"] = () => corral.forEach(items, perItem, { concurrency });
  if (caolan) cases["async.mapLimit"] = () => caolan.default.mapLimit(items, concurrency, perItem);
  if (pMap) cases["p-map"] = () => pMap.default(items, perItem, { concurrency });
  if (effect) {
    const { Effect } = effect;
    const each = (item) => Effect.promise(() => perItem(item));
    cases["effect 4 forEach"] = () =>
      Effect.runPromise(Effect.forEach(items, each, { concurrency }));
  }
  await table(title, { ops: COUNT, goals }, cases);
}

async function overAsyncIterable(title, fn) {
  const goals = {
    "corral map": { times: 2, leads: { "p-map": 1.5 } },
    "corral mapStream": { times: 2, leads: { pMapIterable: 2 } },
  };
  async function* source() {
    for (let i = 0; i < COUNT; i++) yield i;
  }
  const perItem = async (item) => fn(item);
  const drain = async (iterable) => {
    for await (const item of iterable) void item;
  };
  const cases = {
    "for await, one at a time (floor)": async () => {
      for await (const item of source()) await perItem(item);
    },
    "corral map": () => corral.map(source(), perItem, { concurrency }),
  };
  if (corral.mapStream) {
    cases["corral mapStream"] = () => drain(corral.mapStream(source(), perItem, { concurrency }));
  }
  if (caolan)
    cases["async.mapLimit"] = () => caolan.default.mapLimit(source(), concurrency, perItem);
  if (pMap) {
    cases["p-map"] = () => pMap.default(source(), perItem, { concurrency });
    cases["pMapIterable"] = () => drain(pMap.pMapIterable(source(), perItem, { concurrency }));
  }
  if (effect) {
    const { Effect, Stream } = effect;
    const each = (item) => Effect.promise(() => perItem(item));
    cases["effect 4 Stream.mapEffect"] = () =>
      Effect.runPromise(
        Stream.runDrain(
          Stream.mapEffect(
            Stream.fromAsyncIterable(source(), (error) => error),
            each,
            { concurrency },
          ),
        ),
      );
  }
  await table(title, { ops: COUNT, goals }, cases);
}

await overArray("map: array of 1000, empty work", noop, 1.25);
await overArray("map: array of 1000, work of one microtask", micro, 1.25);
await overAsyncIterable("map: async iterable of 1000, empty work", noop);
await overAsyncIterable("map: async iterable of 1000, work of one microtask", micro);
