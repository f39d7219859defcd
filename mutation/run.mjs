#!/usr/bin/env node
// npm run mutation [-- internal | cancel | sync | FILE …] [--survivors] [--report]
//
// Changes the code of the kernel (src/internal, src/cancel) and of the primitives (src/sync) in one place
// at a time, and looks whether the tests see it. With --survivors only what they did not see the last
// time; --report runs nothing. What became of each change is kept in .reports/, file by file; the
// scores are of all that is there, and the command fails if one of them is below the bound.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keep, kept, rangesOfSurvivors } from "./results.mjs";
import { summarize } from "./summary.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");
const LAYERS = ["internal", "cancel", "sync"];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    survivors: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
});

const filesOf = (layer) =>
  readdirSync(join(root, "src", layer))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `src/${layer}/${name}`);

const known = LAYERS.flatMap(filesOf);
/** The files of each run: a layer, or all that were named one by one. */
const named = positionals.filter((word) => !LAYERS.includes(word));
const wanted =
  positionals.length === 0 ? LAYERS : positionals.filter((word) => !named.includes(word));
const runs = [...wanted.map(filesOf), named].filter((files) => files.length > 0);
for (const file of named) {
  if (known.includes(file)) continue;
  console.error(`mutation: no layer (${LAYERS.join(", ")}) and no file of one: "${file}"`);
  process.exit(2);
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function install() {
  const installed = join(here, "node_modules/.package-lock.json");
  if (modified(installed) >= modified(join(here, "package-lock.json"))) return;
  console.log("mutation: npm ci");
  const shell = process.platform === "win32";
  execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: here, stdio: "inherit", shell });
}

if (!values.report) {
  install();
  process.chdir(root);
  const { mutate } = await import("./mutate.mjs");
  for (const files of runs) {
    const ranges = values.survivors ? rangesOfSurvivors(files) : files;
    if (ranges.length > 0) keep(files, await mutate(ranges), { only: values.survivors });
  }
}
if (!summarize(kept(known))) process.exitCode = 1;
