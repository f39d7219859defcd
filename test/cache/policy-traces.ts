/**
 * Made-up requests in the shapes that the literature on eviction looks at, the same ones each time. Used by
 * the tests and, for the table, by `scripts/hit-ratios.mjs`.
 */
import { randomOf } from "../limit/adaptive-simulation.ts";

export interface Trace {
  readonly name: string;
  readonly shape: string;
  /** What is asked for, one after the other: keys are integers from 0 on. */
  readonly keys: Int32Array;
  /** What each key takes in a cache; 1 if there are none. */
  readonly sizes?: Int32Array;
  /** What all keys take together. */
  readonly footprint: number;
}

/** Gives the key of each request: any integer. */
type Keys = (request: number) => number;

interface Shape {
  readonly name: string;
  readonly shape: string;
  readonly make: (random: () => number, requests: number) => Keys;
  readonly sized?: boolean;
}

const REQUESTS = 120_000;

/** Draws a rank from 0 on, the more often the lower: as `1 / (rank + 1) ** alpha`. */
function zipf(random: () => number, ranks: number, alpha: number): () => number {
  const sums = new Float64Array(ranks);
  let sum = 0;
  for (let rank = 0; rank < ranks; rank++) sums[rank] = sum += (rank + 1) ** -alpha;
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = ranks - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Draws how long ago, with this mean. */
function age(random: () => number, mean: number): number {
  return Math.floor(-Math.log(1 - random()) * mean);
}

/** Keys that were never asked for, each below 0. */
function unseen(): () => number {
  let last = 0;
  return () => --last;
}

/** Popular keys, and now and then a stretch of others. */
function between(
  popular: () => number,
  every: number,
  length: number,
  other: (at: number) => number,
): Keys {
  return (request) => {
    const at = request % (every + length);
    return at < every ? popular() : other(at - every);
  };
}

function loops(requests: number): Keys {
  const footprint = requests / 10;
  const next = unseen();
  const lengths = [0.011, 0.055, 0.11, 0.275].map((share) => Math.round(footprint * share));
  const once = footprint - lengths.reduce((sum, length) => sum + length);
  const turn = (requests - once) / (2 * lengths.length);
  return (request) => {
    const loop = Math.floor(request / turn);
    if (loop >= 2 * lengths.length) return next();
    const which = loop % lengths.length;
    return which * footprint + (request % lengths[which]!);
  };
}

function sessions(random: () => number): Keys {
  const user = zipf(random, 100_000, 0.8);
  const present = Array.from({ length: 300 }, user);
  return () => {
    const at = Math.floor(random() * present.length);
    if (random() < 1 / 6) present[at] = user();
    return present[at]!;
  };
}

function fading(random: () => number): Keys {
  const rank = zipf(random, 20_000, 1);
  const keys = Array.from({ length: 20_000 }, (_, i) => i);
  let last = keys.length;
  return (request) => {
    // Something new is likely to be among the popular.
    if (request % 10 === 0) keys[Math.floor(random() * random() * keys.length)] = last++;
    return keys[rank()]!;
  };
}

function oltp(random: () => number): Keys {
  const page = zipf(random, 30_000, 0.9);
  let records = 0;
  let scanned = 0;
  return (request) => {
    if (request % 30_000 < 6_000 && random() < 0.5) return -1 - (scanned++ % 30_000);
    const kind = random();
    if (kind < 0.6) return page();
    if (kind < 0.7) records++;
    return 30_000 + Math.max(0, records - age(random, 300));
  };
}

const shapes: readonly Shape[] = [
  ...[0.7, 0.9, 1.1].map((alpha) => ({
    name: `zipf ${alpha}`,
    shape: `100,000 keys, whose popularity falls with the rank to the power of ${alpha}`,
    make: (random: () => number) => zipf(random, 100_000, alpha),
  })),
  {
    name: "one-hit",
    shape: "zipf 0.9, and three of ten requests are for keys that are asked for once, as at a CDN",
    make: (random) => {
      const popular = zipf(random, 40_000, 0.9);
      const next = unseen();
      return () => (random() < 0.3 ? next() : popular());
    },
  },
  {
    name: "crawl",
    shape: "zipf 0.9; after each 20,000 requests 5,000 for keys that never come again",
    make: (random) => between(zipf(random, 50_000, 0.9), 20_000, 5_000, unseen()),
  },
  {
    name: "backup",
    shape: "zipf 0.9; after each 20,000 requests one for each of the same 10,000 keys, in order",
    make: (random) => between(zipf(random, 50_000, 0.9), 20_000, 10_000, (at) => -1 - at),
  },
  {
    name: "loops",
    shape: "one loop after the other, each over a tenth more keys than one of the capacities",
    make: (_random, requests) => loops(requests),
  },
  {
    name: "pools",
    shape: "an index page of 1,000, then one of 50,000 records, as in the LRU-K paper",
    make: (random) => (request) =>
      request % 2 === 0 ? Math.floor(random() * 1_000) : -1 - Math.floor(random() * 50_000),
  },
  {
    name: "oltp",
    shape:
      "zipf 0.9 for index pages, records that are asked for while they are new, now and then a scan",
    make: oltp,
  },
  {
    name: "sessions",
    shape: "300 users at a time, each there for some six requests, zipf 0.8",
    make: sessions,
  },
  {
    name: "moving",
    shape: "keys of a working set that moves on by one key each ten requests",
    make: (random) => (request) => Math.floor(request / 10) - age(random, 2_000),
  },
  {
    name: "switching",
    shape: "zipf 0.8 over 5,000 keys, half of which are others after each 20,000 requests",
    make: (random) => {
      const rank = zipf(random, 5_000, 0.8);
      return (request) => Math.floor(request / 20_000) * 2_500 + ((rank() * 7_919) % 5_000);
    },
  },
  {
    name: "fading",
    shape: "zipf 1 over 20,000 keys; after each 10 requests a new key takes the place of one",
    make: fading,
  },
  {
    name: "sizes",
    shape: "zipf 0.9; keys take 1 to 1,000, most of them little (Pareto 1.2)",
    make: (random) => zipf(random, 50_000, 0.9),
    sized: true,
  },
  {
    name: "sizes, crawl",
    shape: "the same with the scans of crawl",
    make: (random) => between(zipf(random, 50_000, 0.9), 20_000, 5_000, unseen()),
    sized: true,
  },
];

/** All traces, of so many requests each. */
export function traces(requests: number = REQUESTS): Trace[] {
  return shapes.map(({ name, shape, make, sized = false }, seed) => {
    const keyOf = make(randomOf(seed), requests);
    const numbers = new Map<number, number>();
    const keys = Int32Array.from({ length: requests }, (_, request) => {
      const key = keyOf(request);
      let number = numbers.get(key);
      if (number === undefined) numbers.set(key, (number = numbers.size));
      return number;
    });
    if (!sized) return { name, shape, keys, footprint: numbers.size };
    const random = randomOf(1_000 + seed);
    const sizes = Int32Array.from({ length: numbers.size }, () =>
      Math.min(1_000, Math.floor((1 - random()) ** (-1 / 1.2))),
    );
    return { name, shape, keys, sizes, footprint: sizes.reduce((sum, size) => sum + size) };
  });
}
