// One cache in a process of its own: fills it with so many entries and sends what that took.
// cache-memory.mjs starts it, with the collector exposed: NAME COUNT. A name that
// ends in ", ttl" is for a cache whose entries expire.
import { contenders, maker, withWalks } from "./caches.mjs";
import { nextTurn } from "./work.mjs";

const TTL = ", ttl";
const TTL_MS = 3_600_000;
const [name, count] = [process.argv[2], Number(process.argv[3])];
const keys = Array.from({ length: count }, (_, i) => `user:${i}`);

let loads = 0;
/** A small number, which takes no room of its own: what is measured is the cache. */
const load = async () => {
  await undefined;
  return loads++;
};

const bare = {
  "a Map of values": () => {
    const values = new Map();
    const walk = async (wanted) => {
      let value;
      for (const key of wanted) {
        value = values.get(key);
        if (value === undefined) values.set(key, (value = await load(key)));
      }
      return value;
    };
    return { walk };
  },
  "a Map of promises": () => {
    const promises = new Map();
    const get = (key) => {
      let promise = promises.get(key);
      if (promise === undefined) promises.set(key, (promise = load(key)));
      return promise;
    };
    return withWalks({ get });
  },
};

async function settled() {
  for (let i = 0; i < 3; i++) {
    await nextTurn();
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, buffers: external };
}

const expires = name.endsWith(TTL);
const base = expires ? name.slice(0, -TTL.length) : name;
const make = bare[base] ?? (await maker(contenders[base]));
if (make === undefined) process.exit(3);

const before = await settled();
const started = performance.now();
const cache = make({ load, capacity: count, ttlMs: expires ? TTL_MS : undefined });
await cache.walk(keys);
const fillNs = ((performance.now() - started) * 1e6) / count;
const after = await settled();

for (let i = 0; i < count; i += 1009) {
  if ((await cache.walk([keys[i]])) !== i) throw new Error(`not the value of ${keys[i]}`);
}
if (loads !== count) throw new Error(`${loads} loads for ${count} keys`);
process.send({
  heapBytes: (after.heap - before.heap) / count,
  bytes: (after.heap + after.buffers - before.heap - before.buffers) / count,
  fillNs,
});
process.disconnect();
