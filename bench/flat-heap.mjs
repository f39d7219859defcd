// Ten million children of one group, one after the other: what has ended leaves nothing behind.
import { taskGroup } from "../dist/index.js";
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
record({ title: "flat-heap", rows });
