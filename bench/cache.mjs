// Async caches: hits, misses that evict, a stampede for one key, and loads gathered into batches.
import { AsyncLru, batch, CancelScope, memoize, s3Fifo, SingleFlight } from "../dist/index.js";
import { contenders, maker, together, withWalks } from "./support/caches.mjs";
import { peer } from "./support/peers.mjs";
import { pythonRows } from "./support/python.mjs";
import { table } from "./support/table.mjs";
import { zipf } from "./support/zipf.mjs";

const KEYS = 10_000;
const LOOKUPS = 16_384;
const CAPACITY = 2_000;
const CALLERS = 10_000;
const TTL_MS = 600_000;
const keys = Array.from({ length: KEYS }, (_, i) => `user:${i}`);
const lookups = zipf(keys, LOOKUPS);

let loads = 0;
const load = async (key) => {
  loads++;
  await undefined;
  return { id: key };
};

const makers = new Map();
for (const [name, contender] of Object.entries(contenders)) {
  makers.set(name, { ...contender, make: await maker(contender) });
}

/** A case for each of those contenders that load here. */
function casesOf(wanted, toCase) {
  const chosen = [...makers].filter(([, one]) => one.make !== undefined && wanted(one));
  return Object.fromEntries(chosen.map(([name, { make }]) => [name, toCase(make)]));
}

function check(right, what) {
  if (!right) throw new Error(`not as it should be: ${what}`);
}

/** Each key once, all of them misses or all of them hits, and each with its own value. */
async function checked(cache, expectedLoads) {
  const before = loads;
  for (const key of keys) check((await cache.walk([key]))?.id === key, `the value of ${key}`);
  check(loads - before === expectedLoads, `${loads - before} loads, not ${expectedLoads}`);
}

/** Filled when it is called first, which is when it warms up. */
const hits = (make, settings, around = (fn) => fn()) => {
  let cache;
  return async () => {
    if (cache === undefined) {
      cache = make({ load, capacity: KEYS, ...settings });
      await checked(cache, KEYS);
      await checked(cache, 0);
    }
    await around(() => cache.walk(lookups));
  };
};

/** What one writes by hand where nothing is ever evicted. */
const inMap = ({ load: make }) => {
  const promises = new Map();
  const get = (key) => {
    let promise = promises.get(key);
    if (promise === undefined) promises.set(key, (promise = make(key)));
    return promise;
  };
  return withWalks({ get });
};

const withS3Fifo = ({ load: make, capacity }) =>
  withWalks({ get: memoize(make, { max: capacity, eviction: s3Fifo }) });

await table(
  `cache: a hit, awaited, ${KEYS} keys`,
  {
    ops: LOOKUPS,
    goals: {
      "corral memoize": { leads: { "lru-cache.fetch": 1.5, "p-memoize (unbounded)": 3 } },
      "corral AsyncLru": { leads: { "lru-cache.fetch": 1.5 } },
    },
  },
  {
    "await map.get(key) (floor)": hits(inMap),
    "corral memoize, s3Fifo": hits(withS3Fifo),
    ...casesOf(
      ({ package: name }) => name !== "async-cache-dedupe",
      (make) => hits(make),
    ),
  },
);
const hitInputs = { keys, lookups };
pythonRows(`cache: a hit, awaited, ${KEYS} keys`, "a hit, awaited", hitInputs);

// By default lru-cache looks at the clock once in a turn of the event loop, however long that lasts.
const EXACT = "lru-cache.fetch, ttlResolution 0";
const makeExact = await maker({
  package: "lru-cache",
  make: ({ LRUCache }, { capacity, ttlMs }) => {
    const fetchMethod = (key) => load(key);
    const cache = new LRUCache({ max: capacity, ttl: ttlMs, ttlResolution: 0, fetchMethod });
    return { get: (key) => cache.fetch(key) };
  },
});
await table(
  `cache: a hit, awaited, ${KEYS} keys with a ttl`,
  {
    ops: LOOKUPS,
    goals: {
      "corral memoize": { leads: { [EXACT]: 1 } },
      "corral AsyncLru": { leads: { [EXACT]: 1 } },
    },
  },
  {
    "await map.get(key), no ttl (floor)": hits(inMap),
    ...casesOf(
      ({ expires }) => expires,
      (make) => hits(make, { ttlMs: TTL_MS }),
    ),
    [EXACT]: makeExact && hits(makeExact, { ttlMs: TTL_MS }),
  },
);

{
  const [lru, quick] = await Promise.all(["lru-cache", "quick-lru"].map(peer));
  const values = new Map(keys.map((key) => [key, { id: key }]));
  const filled = (cache) => {
    for (const [key, value] of values) cache.set(key, value);
    return cache;
  };
  const sync = (get) => {
    for (const key of keys) check(get(key)?.id === key, `the value of ${key}`);
    return () => {
      let found = 0;
      for (let i = 0; i < lookups.length; i++) if (get(lookups[i]) !== undefined) found++;
      check(found === LOOKUPS, "misses");
    };
  };
  const ours = (ttlMs) => {
    const cache = filled(new AsyncLru({ load, max: KEYS, ttlMs }));
    return sync((key) => cache.peek(key));
  };
  const theirs = (ttl) => {
    const cache = filled(new lru.LRUCache({ max: KEYS, ttl }));
    return sync((key) => cache.get(key));
  };
  const quickly = (maxAge) => {
    const cache = filled(new quick.default({ maxSize: KEYS, maxAge }));
    return sync((key) => cache.get(key));
  };
  await table(
    `cache: a hit, sync, ${KEYS} keys`,
    {
      ops: LOOKUPS,
      goals: {
        "corral AsyncLru.peek": { leads: { "lru-cache.get": 0.95 } },
        "corral AsyncLru.peek, ttl": { leads: { "lru-cache.get, ttl": 0.95 } },
      },
    },
    {
      "map.get(key) (floor)": sync((key) => values.get(key)),
      "corral AsyncLru.peek": ours(),
      "lru-cache.get": lru && theirs(),
      "quick-lru.get": quick && quickly(),
      "corral AsyncLru.peek, ttl": ours(TTL_MS),
      "lru-cache.get, ttl": lru && theirs(TTL_MS),
      "quick-lru.get, maxAge": quick && quickly(TTL_MS),
    },
  );
  pythonRows(`cache: a hit, sync, ${KEYS} keys`, "a hit, sync", hitInputs);
}

/** All keys in turn, so that a cache of a fifth of them never has the next one. */
const misses = (make, around = (fn) => fn()) => {
  let cache;
  return async () => {
    if (cache === undefined) {
      cache = make({ load, capacity: CAPACITY });
      await checked(cache, KEYS);
      await checked(cache, KEYS);
    }
    await around(() => cache.walk(keys));
  };
};
/** One that never evicts is made anew for each walk: else it would only have hits. */
const missesOfNew = (make) => async () => {
  const before = loads;
  await make({ load }).walk(keys);
  check(loads - before === KEYS, "hits");
};
const readingSignal = ({ capacity }) => {
  const cache = new AsyncLru({ load: (key, scope) => load(key, scope.signal), max: capacity });
  return withWalks({ get: (key) => cache.get(key) });
};

await table(
  `cache: a miss that evicts, capacity ${CAPACITY}`,
  {
    ops: KEYS,
    goals: {
      "corral memoize": { leads: { "lru-cache.fetch": 3, "p-memoize (unbounded)": 2 } },
      "corral AsyncLru": { leads: { "lru-cache.fetch": 3 } },
    },
  },
  {
    "await load(key) (floor)": () => withWalks({ get: load }).walk(keys),
    "corral AsyncLru, scope.signal read": misses(readingSignal),
    "corral memoize, s3Fifo": misses(withS3Fifo),
    ...casesOf(({ unbounded }) => !unbounded, misses),
    ...casesOf(({ unbounded }) => unbounded, missesOfNew),
  },
);
pythonRows(`cache: a miss that evicts, capacity ${CAPACITY}`, "a miss that evicts", {
  keys,
  capacity: CAPACITY,
});

let stampedes = 0;
/** A new key each time. `ask` gives what `together(key, count)` gives. */
const stampede = (ask) => async () => {
  const before = loads;
  const values = await ask(`stampede:${stampedes++}`, CALLERS);
  check(loads - before === 1 && values.length === CALLERS, `${loads - before} loads for one key`);
};
const signals = Array.from({ length: CALLERS }, () => new AbortController().signal);
const stampedeOf = (make) => stampede(make({ load, capacity: CAPACITY }).together);
/** Each caller has a signal that could take it away. */
const withSignals = (make) => {
  const { getWith } = make({ load, capacity: CAPACITY, signals: true });
  return stampede((key) => together(CALLERS, (i) => getWith(key, signals[i])));
};
const flights = new SingleFlight();
const shared = (key, count) => {
  const promise = load(key);
  return together(count, () => promise);
};

await table(
  `cache: a stampede of ${CALLERS} calls for one key, each`,
  {
    ops: CALLERS,
    goals: {
      "corral memoize": { leads: { "p-memoize (unbounded)": 1.1, "lru-cache.fetch": 5 } },
      "corral AsyncLru": { leads: { "p-memoize (unbounded)": 1.1, "lru-cache.fetch": 5 } },
    },
  },
  {
    "one promise in Promise.all (floor)": stampede(shared),
    "corral SingleFlight": stampede((key) => {
      const one = () => load(key);
      return together(CALLERS, () => flights.run(key, one));
    }),
    ...casesOf(() => true, stampedeOf),
    "corral AsyncLru, a signal each": withSignals(makers.get("corral AsyncLru").make),
    "lru-cache.fetch, a signal each":
      makers.get("lru-cache.fetch").make && withSignals(makers.get("lru-cache.fetch").make),
  },
);
pythonRows(`cache: a stampede of ${CALLERS} calls for one key, each`, "a stampede", {
  calls: CALLERS,
});

{
  const COUNT = 1000;
  const DISTINCT = 100;
  const dataloader = await peer("dataloader");
  const distinct = keys.slice(0, COUNT);
  const duplicates = Array.from({ length: COUNT }, (_, i) => keys[i % DISTINCT]);
  const loadMany = async (wanted) => wanted.map((key) => ({ id: key }));
  const tick = (wanted, ask) => async () => {
    const values = await together(wanted.length, (i) => ask(wanted[i]));
    check(values.length === COUNT && values[COUNT - 1].id === wanted[COUNT - 1], "the values");
  };
  const cases = (wanted) => {
    const ours = batch(loadMany, { max: COUNT });
    const bare = dataloader && new dataloader.default(loadMany, { cache: false });
    return {
      "await loadMany(keys) (floor)": async () => {
        const values = await loadMany(wanted);
        check(values.length === COUNT, "the values");
      },
      "corral batch": tick(wanted, ours),
      "dataloader, no cache": bare && tick(wanted, (key) => bare.load(key)),
      // One for each request, as its manual says: it never forgets what it has loaded.
      "dataloader, new for each tick":
        dataloader &&
        (() => {
          const loader = new dataloader.default(loadMany);
          return tick(wanted, (key) => loader.load(key))();
        }),
    };
  };
  const settings = {
    ops: COUNT,
    goals: {
      "corral batch": { leads: { "dataloader, no cache": 1, "dataloader, new for each tick": 1 } },
    },
  };
  await table(`cache: ${COUNT} loads of distinct keys in one tick`, settings, cases(distinct));
  await table(`cache: ${COUNT} loads of ${DISTINCT} keys in one tick`, settings, cases(duplicates));
}

// On Node 20 and 22 the first scope makes all promises dearer, so these come last.
const inScope = (fn) => new CancelScope().run(fn);
const within = (run) => () => inScope(run);
const ours = makers.get("corral AsyncLru").make;
const memoized = makers.get("corral memoize").make;
await table(
  "cache: a hit, awaited, in a scope",
  { ops: LOOKUPS },
  {
    "await map.get(key), in a scope (floor)": hits(inMap, {}, inScope),
    "corral memoize, in a scope": hits(memoized, {}, inScope),
    "corral AsyncLru, in a scope": hits(ours, {}, inScope),
  },
);
await table(
  "cache: a miss that evicts, in a scope",
  { ops: KEYS },
  {
    "await load(key), in a scope (floor)": within(() => withWalks({ get: load }).walk(keys)),
    "corral memoize, in a scope": misses(memoized, inScope),
    "corral AsyncLru, in a scope": misses(ours, inScope),
  },
);
await table(
  `cache: a stampede of ${CALLERS} calls in a scope, each`,
  { ops: CALLERS },
  {
    "one promise in Promise.all, in a scope (floor)": within(stampede(shared)),
    "corral memoize, in a scope": within(stampedeOf(memoized)),
    "corral AsyncLru, in a scope": within(stampedeOf(ours)),
    "corral AsyncLru, in a scope, a signal each": within(withSignals(ours)),
  },
);
