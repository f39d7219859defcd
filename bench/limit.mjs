// Limiters, submit style: everything is handed over at once, ten or a hundred run at a time.
import { CancelScope, limit, WorkQueue } from "../dist/index.js";
import { bareLimit } from "./support/bare-limit.mjs";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";
import { micro, nextTurn, noop, workerLoop } from "./support/work.mjs";

let CONCURRENCY = 10;
const [pLimit, pQueue, fastq, asyncSema, caolan] = await Promise.all(
  ["p-limit", "p-queue", "fastq", "async-sema", "async"].map(peer),
);

const all = (count, submit) => {
  const results = new Array(count);
  for (let i = 0; i < count; i++) results[i] = submit();
  return Promise.all(results);
};

function peers(count, fn) {
  const cases = {};
  if (pLimit) {
    const run = pLimit.default(CONCURRENCY);
    cases["p-limit"] = () => all(count, () => run(fn));
  }
  if (fastq) {
    const queue = fastq.default.promise((task) => task(), CONCURRENCY);
    cases["fastq.promise"] = () => all(count, () => queue.push(fn));
  }
  if (asyncSema) {
    const semaphore = new asyncSema.Sema(CONCURRENCY);
    const held = async () => {
      await semaphore.acquire();
      try {
        return await fn();
      } finally {
        semaphore.release();
      }
    };
    cases["async-sema"] = () => all(count, held);
  }
  if (caolan) {
    const queue = caolan.default.queue(async (task) => task(), CONCURRENCY);
    cases["async.queue"] = () => all(count, () => queue.pushAsync(fn));
  }
  if (pQueue) {
    const queue = new pQueue.default({ concurrency: CONCURRENCY });
    cases["p-queue"] = () => all(count, () => queue.add(fn));
  }
  return cases;
}

async function submit(title, count, fn, { withQueue, ...settings }) {
  const run = limit(CONCURRENCY);
  const bare = bareLimit(CONCURRENCY);
  const queue = new WorkQueue({ concurrency: CONCURRENCY });
  await table(
    title,
    { ops: count, ...settings },
    {
      "worker loop (floor)": () => workerLoop(count, CONCURRENCY, fn),
      "Promise.all, no limit": () => all(count, fn),
      "a bare limit by hand": () => all(count, () => bare(fn)),
      "corral limit": () => all(count, () => run(fn)),
      ...peers(count, fn),
      // It opens a scope for each job, and so makes each promise of the process dearer on Node 20 and 22.
      ...(withQueue && { "corral WorkQueue": () => all(count, () => queue.add(fn)) }),
    },
  );
}

const goals = (most, leads) => ({ goals: { "corral limit": { times: most, leads } } });
await submit(
  "limit: batches of 1000, empty tasks",
  1000,
  noop,
  goals(7, { "p-limit": 2, "async-sema": 1.25 }),
);
await submit(
  "limit: batches of 1000, tasks of one microtask",
  1000,
  micro,
  goals(3.9, { "p-limit": 2, "async-sema": 1.25 }),
);
await submit("limit: 100k up front, empty tasks", 100_000, noop, {
  timeMs: 0,
  ...goals(13, { "p-limit": 2, "async-sema": 1.1 }),
});
await submit("limit: 100k up front, tasks of one microtask", 100_000, micro, {
  timeMs: 0,
  ...goals(11, { "p-limit": 1.9, "async-sema": 1.1 }),
});

await submit("limit: batches of 1000, tasks of one turn", 1000, nextTurn, {});
CONCURRENCY = 100;
await submit("limit: 100 at a time, batches of 1000, empty tasks", 1000, noop, {});
await submit("limit: 100 at a time, batches of 1000, one microtask", 1000, micro, {});
await submit("limit: 100 at a time, batches of 1000, one turn", 1000, nextTurn, {});
CONCURRENCY = 10;

{
  const count = 1000;
  const run = limit(CONCURRENCY);
  const cases = {
    "await fn() (floor)": async () => {
      for (let i = 0; i < count; i++) await micro();
    },
    "corral limit": async () => {
      for (let i = 0; i < count; i++) await run(micro);
    },
  };
  if (pLimit) {
    const limited = pLimit.default(CONCURRENCY);
    cases["p-limit"] = async () => {
      for (let i = 0; i < count; i++) await limited(micro);
    };
  }
  if (fastq) {
    const queue = fastq.default.promise((task) => task(), CONCURRENCY);
    cases["fastq.promise"] = async () => {
      for (let i = 0; i < count; i++) await queue.push(micro);
    };
  }
  if (asyncSema) {
    const semaphore = new asyncSema.Sema(CONCURRENCY);
    cases["async-sema"] = async () => {
      for (let i = 0; i < count; i++) {
        await semaphore.acquire();
        try {
          await micro();
        } finally {
          semaphore.release();
        }
      }
    };
  }
  if (pQueue) {
    const queue = new pQueue.default({ concurrency: CONCURRENCY });
    cases["p-queue"] = async () => {
      for (let i = 0; i < count; i++) await queue.add(micro);
    };
  }
  const most = goals(1.7, { "p-limit": 4.5 });
  await table("limit: uncontended, one after the other", { ops: count, ...most }, cases);
}

// Last, because on Node 20 and 22 the first scope makes every promise of the process dearer.
{
  const count = 1000;
  const run = limit(CONCURRENCY);
  const { signal } = new AbortController();
  await table(
    "limit: batches of 1000, cancellable",
    { ops: count },
    {
      "worker loop (floor)": () => workerLoop(count, CONCURRENCY, micro),
      "corral limit": () => all(count, () => run(micro)),
      "corral limit in a scope": () => new CancelScope().run(() => all(count, () => run(micro))),
      "corral limit, { signal }": () => all(count, () => run(micro, { signal })),
      ...(pQueue && {
        "p-queue, { signal } each": (() => {
          const queue = new pQueue.default({ concurrency: CONCURRENCY });
          return () => all(count, () => queue.add(micro, { signal: new AbortController().signal }));
        })(),
      }),
    },
  );
}

// A queue with priorities, too.
await submit("work queue: batches of 1000, tasks of one microtask", 1000, micro, {
  withQueue: true,
});
