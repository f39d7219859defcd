#!/usr/bin/env node
// npm run test:runtimes [-- NAME … | PATH …] [--without-exclusions] [--timeout SECONDS]
//
// Runs the unit suite on each runtime (or on those named), one after the other, and prints
//   name version: N passed, N failed, N skipped
// A PATH (it has a slash) limits it to those test files. The full output is in .reports/.
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, stripVTControlCharacters } from "node:util";
import { exclusionOf, exclusions } from "./exclusions.mjs";
import { runtimes } from "./list.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "..");
const reports = join(here, ".reports");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "without-exclusions": { type: "boolean", default: false },
    timeout: { type: "string", default: "400" },
  },
});
const paths = positionals.filter((word) => word.includes("/"));
const names = positionals.filter((word) => !word.includes("/"));
for (const name of names) {
  if (!runtimes.some((runtime) => runtime.name === name)) {
    const known = runtimes.map((runtime) => runtime.name).join(", ");
    console.error(`runtimes: no runtime "${name}"; there are ${known}`);
    process.exit(2);
  }
}
const wanted = runtimes.filter(({ name }) => names.length === 0 || names.includes(name));
const required = process.env.CORRAL_REQUIRE_SERVICES === "1";

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function install() {
  const installed = join(here, "node_modules/.package-lock.json");
  if (modified(installed) >= modified(join(here, "package-lock.json"))) return;
  console.log("runtimes: npm ci");
  try {
    const shell = process.platform === "win32";
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: here, stdio: "inherit", shell });
  } catch (error) {
    // Each runtime that is missing for that is named below.
    console.log(`runtimes: npm ci has failed: ${error.message}`);
  }
}

/** The number in what a binary says to --version. */
function versionOf(binary) {
  const said = execFileSync(binary, ["--version"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 60_000,
  });
  return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? said.trim();
}

/** Runs a command to its end, or until its time is up. */
function finished(command, env, log) {
  const [binary, ...args] = command;
  const output = openSync(log, "w");
  return new Promise((resolve) => {
    // In a group of its own, so that what it has started can be ended with it.
    const child = spawn(binary, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", output, output],
      detached: true,
    });
    const killGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    };
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        killGroup();
      },
      Number(values.timeout) * 1_000,
    );
    const interrupted = () => {
      killGroup();
      process.exit(130);
    };
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    const end = (why) => {
      clearTimeout(timer);
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      closeSync(output);
      resolve(late ? `has not ended after ${values.timeout} s` : why);
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => {
      end(code === 0 ? undefined : code === null ? `was ended by ${signal}` : `ended with ${code}`);
    });
  });
}

const fileOf = (path) => path.slice(path.lastIndexOf("/test/") + 1);

/** The tests of the files that a runtime does not load, as the Node that runs this lists them. */
const listed = new Map();
function testsIn(files) {
  const unknown = files.filter((file) => !listed.has(file));
  if (unknown.length > 0) {
    for (const file of unknown) listed.set(file, 0);
    const args = [
      "node_modules/vitest/vitest.mjs",
      "list",
      "--json",
      "-c",
      "runtimes/vitest.config.mjs",
    ];
    const env = { ...process.env, CORRAL_RUNTIME: "node" };
    const out = execFileSync(process.execPath, [...args, ...unknown], {
      cwd: root,
      encoding: "utf8",
      env,
      maxBuffer: 2 ** 28,
      timeout: 120_000,
    });
    for (const { file } of JSON.parse(out.slice(out.indexOf("[")))) {
      listed.set(fileOf(file), (listed.get(fileOf(file)) ?? 0) + 1);
    }
  }
  return files.reduce((sum, file) => sum + listed.get(file), 0);
}

const isWithinPaths = (file) => paths.length === 0 || paths.some((path) => file.includes(path));

/** What each exclusion has left out, in the order of their list. */
function leftOut(kind, tests) {
  const rows = exclusions.filter(({ on }) => on.includes(kind));
  const counts = new Map(rows.map((row) => [row, 0]));
  for (const { file, name, status } of tests) {
    const row = status === "skipped" ? exclusionOf(kind, file, name) : undefined;
    if (row !== undefined) counts.set(row, counts.get(row) + 1);
  }
  for (const row of rows.filter(({ tests: some }) => some === undefined)) {
    counts.set(row, testsIn(row.files.filter(isWithinPaths)));
  }
  return rows.map((row) => ({ row, count: counts.get(row) }));
}

const short = (text) =>
  stripVTControlCharacters(text).trim().split("\n").slice(0, 3).join("\n        ").slice(0, 600);

/** Runs the tests on one runtime and prints how they went. Gives whether all is well. */
async function testOn({ name, title, kind, find, command, config }) {
  const { binary, missing } = find();
  if (binary === undefined) {
    console.log(`${name}: not run: ${missing}`);
    return !required;
  }
  const label = `${title} ${versionOf(binary)}`;
  const report = join(reports, `${name}.json`);
  const log = join(reports, `${name}.log`);
  rmSync(report, { force: true });
  const began = performance.now();
  // The report of the tests has no errors that belong to none of them; the log has.
  const args = ["run", "--config", config, "--reporter=default", "--reporter=json"];
  args.push(`--outputFile.json=${report}`, ...paths);
  const env = {
    CORRAL_RUNTIME: kind,
    ...(kind === "chromium" ? { CHROMIUM: binary } : {}),
    ...(values["without-exclusions"] ? { CORRAL_WITHOUT_EXCLUSIONS: "1" } : {}),
  };
  const broken = await finished([...command(binary), ...args], env, log);
  const seconds = Math.round((performance.now() - began) / 1_000);

  const { testResults = [], success = false } = existsSync(report)
    ? JSON.parse(readFileSync(report, "utf8"))
    : {};
  const tests = testResults.flatMap(({ name: path, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title: last, status, failureMessages }) => ({
      file: fileOf(path),
      name: [...ancestorTitles, last].join(" "),
      status: ["passed", "failed"].includes(status) ? status : "skipped",
      message: failureMessages?.[0] ?? "",
    })),
  );
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  const failures = [
    ...tests
      .filter(({ status }) => status === "failed")
      .map(({ file, name: test, message }) => `${file} > ${test}\n        ${short(message)}`),
    ...unloaded.map(
      ({ name: path, message }) => `${fileOf(path)}\n        ${short(message ?? "")}`,
    ),
  ];
  const rows = values["without-exclusions"] ? [] : leftOut(kind, tests);
  const stale =
    paths.length === 0 && broken === undefined ? rows.filter(({ count }) => count === 0) : [];
  const notLoaded = rows
    .filter(({ row }) => row.tests === undefined)
    .reduce((sum, { count }) => sum + count, 0);
  const passed = tests.filter(({ status }) => status === "passed").length;
  const skipped = tests.filter(({ status }) => status === "skipped").length + notLoaded;

  for (const { row, count } of rows.filter((entry) => entry.count > 0)) {
    console.log(`    ${count} left out on ${kind}: ${row.reason}`);
  }
  for (const { row } of stale) {
    console.log(
      `    FAILED: the exclusion leaves out nothing: ${row.files.join(", ")}: ${row.reason}`,
    );
  }
  for (const failure of failures) console.log(`    FAILED: ${failure}`);
  const other =
    failures.length === 0 && stale.length === 0
      ? (broken ?? (success ? undefined : "is no success"))
      : undefined;
  if (other !== undefined) {
    console.log(`    FAILED: the test runner ${other}; the end of ${log}:`);
    const lines = stripVTControlCharacters(readFileSync(log, "utf8")).trim().split("\n").slice(-30);
    console.log(lines.map((line) => `        ${line}`).join("\n"));
  }
  const failed = failures.length + stale.length + (other === undefined ? 0 : 1);
  console.log(`${label}: ${passed} passed, ${failed} failed, ${skipped} skipped (${seconds} s)`);
  return failed === 0 && passed > 0;
}

install();
mkdirSync(reports, { recursive: true });
let well = true;
for (const runtime of wanted) well = (await testOn(runtime)) && well;
if (!well) process.exitCode = 1;
