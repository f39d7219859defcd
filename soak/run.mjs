// Random programs over most primitives, with faults and cancellations, for minutes: `npm run soak -- --minutes 5`.
//
// An episode has a world of primitives, and programs that use them at the same time; it ends with all
// programs done, or cancelled. What must be true at any time is checked as it happens, what must be true in
// the end when the episode is over. Between episodes the heap must not grow. `--seed N` begins with the
// episode that a failure has named; timers are real, so that its order may still differ a little.

import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CancelScope, waitTree } from "../dist/index.js";
import { Program } from "./program.mjs";
import { Random } from "./random.mjs";
import { World } from "./world.mjs";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc");

const { values: flags } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } },
});
const minutes = Number(flags.minutes);
const first = Number(flags.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(minutes > 0) || !Number.isSafeInteger(first)) {
  console.error("soak: expected --minutes of more than 0 and a whole number as --seed");
  process.exit(2);
}

// Until it has come to its end.
process.exitCode = 1;
const failures = [];
const fail = (what) => void failures.push(what);
process.on("unhandledRejection", (error) => fail(`unhandled rejection: ${error?.stack ?? error}`));
process.on("uncaughtExceptionMonitor", (error) => console.error(`soak: ${error?.stack ?? error}`));
process.on("warning", (warning) => fail(`warning: ${warning.stack}`));
// What the library tells as a warning is printed, since nobody has subscribed to it.
console.warn = (...said) => fail(`reported: ${said.join(" ")}`);

/** One signal for the whole run: nothing may stay on it. */
const long = new AbortController();
const steps = new Map();
const END_MS = 2_000;

async function episode(seed) {
  const random = new Random(seed);
  const world = new World(random);
  const root = new CancelScope({ timeoutMs: 5 + random.below(60), signal: long.signal });
  const work = root
    .run(async () => {
      const programs = Array.from({ length: 1 + random.below(6) }, () => {
        const program = new Program(world, 60);
        return program.run(new CancelScope());
      });
      await Promise.all(programs);
    })
    .catch(() => {});
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve("late"), END_MS);
  });
  if ((await Promise.race([work, late])) === "late") {
    fail(`an episode does not end:\n${waitTree(root)}`);
  }
  clearTimeout(timer);
  // What is behind the callers, a stale value that is loaded anew, may last a little longer.
  await new Promise((resolve) => setTimeout(resolve, 8));
  world.sender.close();
  for (let got = next(world); got !== undefined; got = next(world)) {
    world.seen(got.value, "received");
  }
  world.receiver.close();
  for (let got = world.queue.tryGet(); got !== undefined; got = world.queue.tryGet()) {
    world.seen(got.value, "got");
  }
  world.queue.close();
  await world.pool.close({ graceMs: 0 });
  await new Promise((resolve) => setImmediate(resolve));
  world.check();
  for (const what of world.failures) fail(what);
  for (const [kind, count] of world.steps) steps.set(kind, (steps.get(kind) ?? 0) + count);
}

function next(world) {
  try {
    return world.receiver.tryReceive();
  } catch {
    // It is closed and empty.
    return undefined;
  }
}

/** By how much the heap grows over the last half of the samples, in bytes. */
function growth(samples) {
  const half = samples.slice(samples.length >> 1);
  const middle = half.length >> 1;
  return Math.min(...half.slice(middle)) - Math.min(...half.slice(0, middle));
}

const until = performance.now() + minutes * 60_000;
const heap = [];
let episodes = 0;
let status = 0;
for (let seed = first; performance.now() < until; seed = (seed + 1) >>> 0) {
  await episode(seed);
  episodes++;
  if (failures.length > 0) {
    console.error(`soak: episode --seed ${seed} fails:\n${[...new Set(failures)].join("\n")}`);
    status = 1;
    break;
  }
  if (episodes % 50 === 0) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    heap.push(process.memoryUsage().heapUsed);
  }
}

// A signal that was handed out follows those above it for as long as somebody holds it.
for (let i = 0; i < 10; i++) {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
const total = [...steps.values()].reduce((sum, count) => sum + count, 0);
console.log(`soak: ${episodes} episodes from seed ${first}, ${total} steps of ${steps.size} kinds`);
const rarest = [...steps].toSorted(([, a], [, b]) => a - b).slice(0, 3);
console.log(`soak: the rarest: ${rarest.map(([kind, count]) => `${kind} ${count}`).join(", ")}`);
// The record that all copies of the library share has the node that stands for a foreign signal.
const hub = globalThis[Symbol.for("corral.runtime.1")].hubs.get(long.signal);
const members = hub === undefined ? 0 : waitTree(hub).split("\n").length - 1;
console.log(`soak: ${members} scopes are still below the signal of all episodes`);
if (members > 20) {
  console.error("soak: more than those of the last episode");
  status = 1;
}
if (heap.length < 8) console.log("soak: too short to tell whether the heap grows");
else {
  const bytes = growth(heap);
  const [low, high] = [Math.min(...heap), Math.max(...heap)].map((each) =>
    (each / 2 ** 20).toFixed(1),
  );
  console.log(
    `soak: heap ${low} to ${high} MiB, ${(bytes / 1024).toFixed(0)} KiB more in the last quarter`,
  );
  if (bytes > 512 * 1024) {
    console.error("soak: the heap grows");
    status = 1;
  }
}
console.log(status === 0 ? "soak: passed" : "soak: FAILED");
process.exitCode = status;
