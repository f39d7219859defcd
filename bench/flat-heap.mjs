// Ten million children of one group, one after the other, and ten million items of a generator: what has
// ended leaves nothing behind.
import { forEach, mapStream, taskGroup } from "../dist/index.js";
import { options } from "./support/options.mjs";
import { goal, heading, printRows, record } from "./support/report.mjs";
import { collect } from "./support/table.mjs";
import { micro, nextTurn } from "./support/work.mjs";

const TOTAL = 10_000_000;
const STEP = 1_000_000;
const BATCH = 1000;
const MOST_BYTES = 4 << 20;

const variants = {
  spawn: (group) => group.spawn(micro),
  "spawn, signal read": (group) =>
    group.spawn((task) => {
      void task.scope.signal;
      return micro();
    }),
  "spawn, one in ten cancelled": (group, i) =>
    group.spawn(async (task) => {
      if (i % 10 === 0) {
        task.cancel();
        task.scope.throwIfCancelled();
      }
      await micro();
    }),
};

/** What weak references and finalizers held goes a turn after the collection that found it. */
async function heapUsed() {
  for (let i = 0; i < 3; i++) {
    await nextTurn();
    collect();
  }
  return process.memoryUsage().heapUsed;
}

/** Heap after each step; the first step is the base, for it also fills caches and compiles. */
function run(spawn, total) {
  return taskGroup(async (group) => {
    const heap = [];
    const started = performance.now();
    for (let i = 0; i < total;) {
      let last;
      for (let j = 0; j < BATCH; j++) last = spawn(group, i++);
      await last;
      if (i % STEP === 0) {
        heap.push(await heapUsed());
      }
    }
    return { heap, size: group.size, ns: ((performance.now() - started) * 1e6) / total };
  });
}

heading("flat heap: MB after each million children of one group", process.version);
const mb = (bytes) => (bytes / 2 ** 20).toFixed(1);
const rows = [];
for (const [name, spawn] of Object.entries(variants)) {
  if (!options.only.test(name)) continue;
  const { heap, size, ns } = await run(spawn, name === "spawn" ? TOTAL : TOTAL / 2);
  const growth = Math.max(...heap) - heap[0];
  rows.push({ name, heap, growth, size, ns });
  printRows([["", 32], ...heap.map((_, i) => [`${i + 1}M`, 7])], [[name, ...heap.map(mb)]]);
  const flat = growth <= MOST_BYTES && size === 0;
  goal(
    `${name}: grows by <= ${mb(MOST_BYTES)} MB`,
    flat,
    `${mb(growth)} MB, ${size} children left, ${ns.toFixed(0)} ns each`,
  );
  if (!flat) process.exitCode = 1;
}

/** Heap after each million items of a generator, each of which is worked on. */
async function overGenerator(work) {
  const heap = [];
  function* items() {
    for (let i = 1; i <= TOTAL; i++) yield { i };
  }
  const started = performance.now();
  await work(items(), async ({ i }) => {
    await micro();
    if (i % STEP === 0) heap.push(await heapUsed());
  });
  return { heap, ns: ((performance.now() - started) * 1e6) / TOTAL };
}

const concurrency = 10;
const streams = {
  "forEach over a generator": (items, fn) => forEach(items, fn, { concurrency }),
  "mapStream over a generator": async (items, fn) => {
    for await (const result of mapStream(items, fn, { concurrency })) void result;
  },
};
for (const [name, work] of Object.entries(streams)) {
  if (!options.only.test(name)) continue;
  const { heap, ns } = await overGenerator(work);
  const growth = Math.max(...heap) - heap[0];
  rows.push({ name, heap, growth, ns });
  printRows([["", 32], ...heap.map((_, i) => [`${i + 1}M`, 7])], [[name, ...heap.map(mb)]]);
  const flat = growth <= MOST_BYTES;
  goal(
    `${name}: grows by <= ${mb(MOST_BYTES)} MB`,
    flat,
    `${mb(growth)} MB, ${ns.toFixed(0)} ns each`,
  );
  if (!flat) process.exitCode = 1;
}
record({ title: "flat-heap", rows });
