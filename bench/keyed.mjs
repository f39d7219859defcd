// A limit for each of 10,000 keys, ten calls each, all handed over at once.
import { keyed, limit } from "../dist/index.js";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";
import { micro } from "./support/work.mjs";

const KEYS = 10_000;
const CALLS = 10;
const CONCURRENCY = 2;
const [pLimit, pQueue] = await Promise.all(["p-limit", "p-queue"].map(peer));

const all = (run) => async () => {
  const results = [];
  for (let call = 0; call < CALLS; call++) {
    for (let key = 0; key < KEYS; key++) results.push(run(key, micro));
  }
  await Promise.all(results);
};

/** What one writes by hand: a limiter made for each key, and never forgotten. */
const inMap = (make) => () => {
  const limits = new Map();
  return all((key, fn) => {
    let one = limits.get(key);
    if (one === undefined) limits.set(key, (one = make()));
    return one(fn);
  })();
};

await table(
  `keyed: ${KEYS} keys, ${CALLS} calls each, ${CONCURRENCY} at once for each key`,
  {
    ops: KEYS * CALLS,
    timeMs: 0,
    goals: { "corral keyed": { leads: { "p-limit for each key, in a Map": 1 } } },
  },
  {
    "Promise.all, no limit (floor)": all((_, fn) => fn()),
    "corral keyed": () => {
      const limits = keyed(CONCURRENCY);
      return all((key, fn) => limits.run(key, fn))();
    },
    "corral keyed, 1000 in all": () => {
      const limits = keyed(CONCURRENCY, { total: 1_000 });
      return all((key, fn) => limits.run(key, fn))();
    },
    "corral limit for each key, in a Map": inMap(() => limit(CONCURRENCY)),
    "p-limit for each key, in a Map": pLimit && inMap(() => pLimit.default(CONCURRENCY)),
    "p-queue for each key, in a Map":
      pQueue &&
      inMap(() => {
        const queue = new pQueue.default({ concurrency: CONCURRENCY });
        return (fn) => queue.add(fn);
      }),
  },
);
