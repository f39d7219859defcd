// The caches that are compared, each used as its manual says, on one loader that returns a promise.
//
// `make` takes what `import` gave and `{ load, capacity, ttlMs, signals }`, where `load` gets the key, and
// something with a `signal` if the package has one (and `signals` asks for it); it gives
// - `get(key)`: a promise of the value;
// - `getWith(key, signal)`, `delete(key)`, `clear()`, `set(key, value)`: where the package has them;
// - `walk(keys)` and `together(key, count)`: where a package has a way of its own to ask for several keys
//   one after the other, or for one key many times at once.
import { AsyncLru, memoize } from "../../dist/index.js";
import { peer } from "./peers.mjs";

export const contenders = {
  "corral memoize": {
    expires: true,
    make: (_, { load, capacity, ttlMs }) => {
      const get = memoize(load, { max: capacity, ttlMs });
      return {
        get,
        getWith: (key, signal) => get(key, { signal }),
        delete: (key) => get.cache.delete(key),
        clear: () => get.cache.clear(),
        set: (key, value) => get.cache.set(key, value),
      };
    },
  },
  "corral AsyncLru": {
    expires: true,
    make: (_, { load, capacity, ttlMs }) => {
      const cache = new AsyncLru({ load, max: capacity, ttlMs });
      return {
        get: (key) => cache.get(key),
        getWith: (key, signal) => cache.get(key, { signal }),
        delete: (key) => cache.delete(key),
        clear: () => cache.clear(),
        set: (key, value) => cache.set(key, value),
      };
    },
  },
  "lru-cache.fetch": {
    package: "lru-cache",
    expires: true,
    make: ({ LRUCache }, { load, capacity, ttlMs }) => {
      const cache = new LRUCache({
        max: capacity,
        ttl: ttlMs,
        fetchMethod: (key, _, fetch) => load(key, fetch),
      });
      return {
        get: (key) => cache.fetch(key),
        getWith: (key, signal) => cache.fetch(key, { signal }),
        delete: (key) => cache.delete(key),
        clear: () => cache.clear(),
        set: (key, value) => cache.set(key, value),
      };
    },
  },
  "p-memoize (unbounded)": {
    package: "p-memoize",
    unbounded: true,
    make: ({ default: pMemoize, pMemoizeClear }, { load }) => {
      const get = pMemoize(load);
      return { get, clear: () => pMemoizeClear(get) };
    },
  },
  "p-memoize on quick-lru": {
    package: "p-memoize",
    with: "quick-lru",
    expires: true,
    make: (
      { default: pMemoize, pMemoizeClear },
      { load, capacity, ttlMs },
      { default: QuickLRU },
    ) => {
      const get = pMemoize(load, { cache: new QuickLRU({ maxSize: capacity, maxAge: ttlMs }) });
      return { get, clear: () => pMemoizeClear(get) };
    },
  },
  "quick-lru, by hand": {
    package: "quick-lru",
    expires: true,
    make: ({ default: QuickLRU }, { load, capacity, ttlMs }) => {
      const cache = new QuickLRU({ maxSize: capacity, maxAge: ttlMs });
      const get = (key) => {
        let promise = cache.get(key);
        if (promise === undefined) {
          promise = load(key);
          cache.set(key, promise);
          promise.catch(() => cache.delete(key));
        }
        return promise;
      };
      return {
        get,
        delete: (key) => cache.delete(key),
        clear: () => cache.clear(),
        set: (key, value) => cache.set(key, Promise.resolve(value)),
      };
    },
  },
  // Without a ttl it keeps nothing.
  "async-cache-dedupe": {
    package: "async-cache-dedupe",
    expires: true,
    make: ({ createCache }, { load, capacity, ttlMs = 600_000 }) => {
      const seconds = Math.ceil(ttlMs / 1000);
      const cache = createCache({
        ttl: seconds,
        storage: { type: "memory", options: { size: capacity } },
      }).define("load", (key) => load(key));
      return {
        get: cache.load,
        delete: (key) => cache.clear("load", key),
        set: (key, value) => cache.set("load", `load~${key}`, value, seconds),
        clear: () => cache.clear(),
      };
    },
  },
  "dataloader (unbounded)": {
    package: "dataloader",
    unbounded: true,
    make: ({ default: DataLoader }, { load }) => {
      const loader = new DataLoader((keys) => Promise.all(keys.map((key) => load(key))));
      return {
        get: (key) => loader.load(key),
        delete: (key) => loader.clear(key),
        clear: () => loader.clearAll(),
        set: (key, value) => loader.clear(key).prime(key, value),
      };
    },
  },
  // It clones what it hands out unless told otherwise; no other does.
  "cacheable.getOrSet": {
    package: "cacheable",
    expires: true,
    make: ({ Cacheable, createKeyv }, { load, capacity, ttlMs }) => {
      const primary = createKeyv({ lruSize: capacity, useClone: false });
      const cache = new Cacheable({ primary, ttl: ttlMs });
      return {
        get: (key) => cache.getOrSet(key, () => load(key)),
        delete: (key) => cache.delete(key),
        clear: () => cache.clear(),
        set: (key, value) => cache.set(key, value),
      };
    },
  },
  "cacheable.wrap": {
    package: "cacheable",
    expires: true,
    make: ({ Cacheable, createKeyv }, { load, capacity, ttlMs }) => {
      const primary = createKeyv({ lruSize: capacity, useClone: false });
      const cache = new Cacheable({ primary, ttl: ttlMs });
      return { get: cache.wrap(load, { keyPrefix: "bench" }), clear: () => cache.clear() };
    },
  },
  "effect 4 Cache": {
    package: "effect",
    expires: true,
    make: ({ Cache, Effect }, { load, capacity, ttlMs, signals = false }) => {
      const cache = Effect.runSync(
        Cache.make({
          capacity,
          timeToLive: ttlMs,
          // A controller is made for each load whose function has a parameter.
          lookup: (key) =>
            Effect.promise(signals ? (signal) => load(key, { signal }) : () => load(key)),
        }),
      );
      return {
        get: (key) => Effect.runPromise(Cache.get(cache, key)),
        getWith: (key, signal) => Effect.runPromise(Cache.get(cache, key), { signal }),
        delete: (key) => Effect.runPromise(Cache.invalidate(cache, key)),
        clear: () => Effect.runPromise(Cache.invalidateAll(cache)),
        set: (key, value) => Effect.runPromise(Cache.set(cache, key, value)),
        // All in one fiber, or in one that forks the others: what a program written in Effect pays.
        walk: (keys) =>
          Effect.runPromise(
            Effect.gen(function* () {
              let value;
              for (let i = 0; i < keys.length; i++) value = yield* Cache.get(cache, keys[i]);
              return value;
            }),
          ),
        together: (key, count) => {
          const all = new Array(count).fill(Cache.get(cache, key));
          return Effect.runPromise(Effect.all(all, { concurrency: "unbounded" }));
        },
      };
    },
  },
};

/** Asks for all of them, one after the other, and gives the last value. */
const walk = (get) => async (keys) => {
  let value;
  for (let i = 0; i < keys.length; i++) value = await get(keys[i]);
  return value;
};

/** Asks for one key so many times at once. */
export const together = (count, ask) => {
  const results = new Array(count);
  for (let i = 0; i < count; i++) results[i] = ask(i);
  return Promise.all(results);
};

export const withWalks = (cache) => ({
  walk: walk(cache.get),
  together: (key, count) => together(count, () => cache.get(key)),
  ...cache,
});

/** Gives `settings => cache`, or `undefined` where this runtime is too old for the package. */
export async function maker({ package: name, with: other, make }) {
  const [module, second] = await Promise.all(
    [name, other].map((each) => (each === undefined ? {} : peer(each))),
  );
  if (module === undefined || second === undefined) return undefined;
  return (settings) => withWalks(make(module, settings, second));
}
