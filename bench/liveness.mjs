// A million instant tasks: how often does a timer of 1 ms fire meanwhile?
import { limit, map, mapStream, WorkQueue } from "../dist/index.js";
import { options } from "./support/options.mjs";
import { peer } from "./support/peers.mjs";
import { goal, heading, printRows, record } from "./support/report.mjs";
import { median } from "./support/statistics.mjs";
import { noop } from "./support/work.mjs";

const TASKS = 1_000_000;
const ROUNDS = 3;
const CONCURRENCY = 10;
const MOST_GAP_MS = 20;
const MOST_OF_CONTROL = 1.5;
const [pLimit, pQueue, pMap, fastq, caolan] = await Promise.all(
  ["p-limit", "p-queue", "p-map", "fastq", "async"].map(peer),
);

/** Ten loops that call again as soon as they are answered. */
const loops = async (call) => {
  let left = TASKS;
  const loop = async () => {
    while (left-- > 0) await call(noop);
  };
  await Promise.all(Array.from({ length: 2 * CONCURRENCY }, loop));
};

function* numbers() {
  for (let i = 0; i < TASKS; i++) yield i;
}

const cases = {
  "idle (control)": () => new Promise((resolve) => setTimeout(resolve, 1_000)),
  "corral limit": () => loops(limit(CONCURRENCY)),
  "corral map": () => map(numbers(), noop, { concurrency: CONCURRENCY }),
  "corral mapStream": async () => {
    for await (const item of mapStream(numbers(), noop, { concurrency: CONCURRENCY })) void item;
  },
  "corral WorkQueue": () => {
    const queue = new WorkQueue({ concurrency: CONCURRENCY });
    return loops((fn) => queue.add(fn));
  },
  "p-limit": pLimit && (() => loops(pLimit.default(CONCURRENCY))),
  "p-queue":
    pQueue &&
    (() => {
      const queue = new pQueue.default({ concurrency: CONCURRENCY });
      return loops((fn) => queue.add(fn));
    }),
  "p-map": pMap && (() => pMap.default(numbers(), noop, { concurrency: CONCURRENCY })),
  "fastq.promise":
    fastq &&
    (() => {
      const queue = fastq.default.promise((task) => task(), CONCURRENCY);
      return loops((fn) => queue.push(fn));
    }),
  "async.mapLimit": caolan && (() => caolan.default.mapLimit(numbers(), CONCURRENCY, noop)),
};

async function gapsWhile(run) {
  const gaps = [];
  let previous = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - previous);
    previous = now;
  }, 1);
  await run();
  gaps.push(performance.now() - previous);
  clearInterval(timer);
  return { worst: Math.max(...gaps), median: median(gaps) };
}

heading(`liveness: gaps of a 1 ms timer during ${TASKS} instant tasks`, process.version);
const rows = [];
for (const [name, run] of Object.entries(cases)) {
  if (run === undefined || (rows.length > 0 && !options.only.test(name))) continue;
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await gapsWhile(run));
  rows.push({
    name,
    worst: Math.min(...rounds.map(({ worst }) => worst)),
    median: Math.min(...rounds.map((round) => round.median)),
  });
}
const ms = (value) => `${value.toFixed(1)} ms`;
printRows(
  [
    ["", 24],
    ["worst gap, best of 3", 22],
    ["median gap", 14],
  ],
  rows.map((row) => [row.name, ms(row.worst), ms(row.median)]),
);
record({ title: "liveness", rows });
const [control] = rows;
for (const { name, worst, median: middle } of rows) {
  if (!name.startsWith("corral")) continue;
  goal(`${name}: a timer at least every ${MOST_GAP_MS} ms`, worst <= MOST_GAP_MS, ms(worst));
  const ratio = middle / control.median;
  goal(
    `${name}: as a rule within ${MOST_OF_CONTROL} times of an idle process`,
    ratio <= MOST_OF_CONTROL,
    `${ratio.toFixed(2)} times`,
  );
}
