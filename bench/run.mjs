#!/usr/bin/env node
// npm run bench [-- name …] [--node all|24|20|current|/path/to/node] [--check] [--rounds n] [--time ms]
//               [--only cases] [--table titles] [--report]
//
// Installs the peers where they are missing, builds the library where dist is older than src, runs
// each bench file in a process of its own and keeps the figures in results/. `--report` alone measures
// nothing, and makes docs/benchmarks.md of what is there; with names it does so in the end.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");
const NAMES = [
  "limit",
  "map",
  "keyed",
  "rate",
  "retry",
  "mutex",
  "channel",
  "spawn",
  "cancel",
  "memory",
  "timeout",
  "flat-heap",
  "starvation",
  "liveness",
  "cache",
  "cache-memory",
  "cache-promises",
  "promises",
  "http",
  "db",
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    node: { type: "string" },
    check: { type: "boolean", default: false },
    rounds: { type: "string" },
    time: { type: "string" },
    only: { type: "string" },
    table: { type: "string" },
    report: { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 || values.report ? positionals : NAMES;
for (const name of names) {
  if (!NAMES.includes(name)) fail(`no benchmark "${name}"; there are ${NAMES.join(", ")}`);
}

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}

function npm(args, cwd) {
  console.log(`bench: npm ${args.join(" ")}`);
  execFileSync("npm", args, { cwd, stdio: "inherit", shell: process.platform === "win32" });
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function newestIn(folder) {
  return Math.max(
    0,
    ...readdirSync(folder, { recursive: true }).map((name) => modified(join(folder, name))),
  );
}

if (
  modified(join(here, "node_modules/.package-lock.json")) <
  modified(join(here, "package-lock.json"))
) {
  npm(["ci"], here);
}
if (modified(join(root, "dist/index.js")) < newestIn(join(root, "src"))) {
  npm(["run", "build"], root);
}

/** Those that the tests of the other runtimes have brought. */
function brought(major) {
  const name = `node-${major}-${process.platform}-${process.arch}`;
  return [join(root, "runtimes/node_modules", name, "bin/node")].find(existsSync);
}

/**
 * The Node to measure with: 24 comes with the peers, any other is the one that runs this, one of `runtimes/` or a
 * path.
 */
function nodeBinary(wanted) {
  const bundled = ["node", "node.exe"]
    .map((name) => join(here, "node_modules/node/bin", name))
    .find(existsSync);
  if (wanted === "current") return process.execPath;
  if (wanted === undefined || wanted === "24") {
    if (bundled !== undefined) return bundled;
    if (process.version.startsWith("v24.")) return process.execPath;
    if (wanted === undefined) {
      console.log(`bench: Node 24 is not in bench/node_modules, measuring with ${process.version}`);
      return process.execPath;
    }
    fail("Node 24 is not installed in bench/node_modules");
  }
  if (existsSync(wanted)) return wanted;
  if (process.version.startsWith(`v${wanted}.`)) return process.execPath;
  const binary = brought(wanted);
  if (binary !== undefined) return binary;
  return fail(`run this with Node ${wanted}, or give --node the path of its binary`);
}

/** One of each major version. */
function allBinaries() {
  const own = Number(process.version.slice(1).split(".")[0]);
  const all = new Map([[own, process.execPath]]);
  for (const major of [20, 22, 26]) {
    const binary = brought(major);
    if (binary !== undefined && major !== own) all.set(major, binary);
  }
  if (own !== 24) all.set(24, nodeBinary("24"));
  return [...all].toSorted(([a], [b]) => a - b).map(([, binary]) => binary);
}

const versionOf = (binary) => execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
const flags = ["rounds", "time", "only", "table"].flatMap((name) =>
  values[name] === undefined ? [] : [`--${name}`, values[name]],
);

/** Runs one file and gives what it recorded, and whether it ended well. */
function measure(binary, name) {
  return new Promise((resolve) => {
    const recorded = [];
    const child = spawn(binary, ["--expose-gc", join(here, `${name}.mjs`), ...flags], {
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      // The detection of deadlocks is for development; mutex.mjs shows what it costs.
      env: { NODE_ENV: "production", ...process.env },
    });
    child.on("message", (message) => recorded.push(message));
    const date = new Date().toISOString();
    child.on("exit", (code) => resolve({ name, date, ended: code === 0, recorded }));
  });
}

async function measureAll(binary) {
  const version = versionOf(binary);
  console.log(`bench: Node ${version}`);
  const results = [];
  for (const name of names) results.push(await measure(binary, name));

  mkdirSync(join(here, "results"), { recursive: true });
  const file = join(here, "results", `${version}.json`);
  // A run of some cases or tables alone says nothing about the rest.
  if (values.only === undefined && values.table === undefined && results.length > 0) {
    const before = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).results : [];
    const all = new Map([...before, ...results].map((result) => [result.name, result]));
    const kept = NAMES.flatMap((name) => all.get(name) ?? []);
    writeFileSync(file, `${JSON.stringify({ version, results: kept }, undefined, 2)}\n`);
  }

  const goals = results
    .flatMap(({ recorded }) => recorded)
    .filter((entry) => entry.goal !== undefined);
  const missed = goals.filter(({ met }) => !met);
  const broken = results.filter(({ ended }) => !ended).map(({ name }) => name);
  console.log(
    `\nbench: ${goals.length - missed.length} of ${goals.length} goals met; figures in bench/results/${version}.json`,
  );
  for (const { goal, detail } of missed) console.log(`  missed: ${goal}: ${detail}`);
  if (broken.length > 0) console.log(`  ended with an error: ${broken.join(", ")}`);
  // The goals hold on Node 24.
  const counts = values.node !== "all" || version.startsWith("v24.");
  if (broken.length > 0 || (values.check && counts && missed.length > 0)) process.exitCode = 1;
}

const binaries = values.node === "all" ? allBinaries() : [nodeBinary(values.node)];
if (names.length > 0) for (const binary of binaries) await measureAll(binary);
if (values.report) await import("./report.mjs");
