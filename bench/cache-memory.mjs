// What an entry of a cache of a million takes, and how long it takes to fill it: each in a process of its own.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

import { contenders } from "./support/caches.mjs";
import { options } from "./support/options.mjs";
import { nameInPython, python } from "./support/python.mjs";
import { heading, ns, printRows, record } from "./support/report.mjs";
import { median, shuffled } from "./support/statistics.mjs";

const ENTRIES = 1_000_000;
const ROUNDS = Math.min(options.rounds, 3);
/** The others keep the same record with a ttl and without, or keep nothing without. */
const WITH_TTL = new Set(["corral memoize", "corral AsyncLru", "lru-cache.fetch"]);
const FLAGS = ["--expose-gc", "--max-old-space-size=8192"];
const script = fileURLToPath(new URL("support/cache-fill.mjs", import.meta.url));

/** What the process has sent, or `undefined` where the package does not load. */
function fill(name) {
  return new Promise((resolve, reject) => {
    let figures;
    const child = fork(script, [name, String(ENTRIES)], { execArgv: FLAGS });
    child.on("message", (message) => (figures = message));
    child.on("exit", (code) => {
      if (code === 0 || code === 3) resolve(figures);
      else reject(new Error(`${name}: ended with code ${code}`));
    });
  });
}

const names = [
  "a Map of values",
  "a Map of promises",
  ...Object.keys(contenders).flatMap((name) =>
    WITH_TTL.has(name) ? [name, `${name}, ttl`] : [name],
  ),
].filter((name) => options.only.test(name));

const measured = new Map(names.map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const name of shuffled(names)) {
    const figures = await fill(name);
    if (figures === undefined) measured.delete(name);
    else measured.get(name)?.push(figures);
  }
}

const rows = [...measured].map(([name, rounds]) => {
  const of = (field) => median(rounds.map((figures) => figures[field]));
  return { name, bytes: of("bytes"), heapBytes: of("heapBytes"), fillNs: of("fillNs") };
});
const inPython = python("memory", { count: ENTRIES });
for (const [name, [bytes, fillNs]] of Object.entries(inPython?.rows ?? {})) {
  rows.push({ name: nameInPython(inPython.version, name), bytes, fillNs });
}

heading(`cache: ${ENTRIES} entries`, `${ROUNDS} rounds, ${process.version}, a process each`);
printRows(
  [
    ["", 46],
    ["bytes each", 12],
    ["in the heap", 13],
    ["to fill, each", 15],
  ],
  rows.map(({ name, bytes, heapBytes, fillNs }) => [
    name,
    bytes.toFixed(0),
    heapBytes?.toFixed(0) ?? "-",
    ns(fillNs),
  ]),
);
record({ title: "cache-memory", rows });
