// Runs the conformance tests and writes docs/conformance.md from those that passed. With `--check`,
// fails if the page differs from what would be written.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startVitest } from "vitest/node";
import { ConformanceReporter } from "./conformance-reporter.mjs";
import { root } from "./tool.mjs";

const page = join(root, "docs/conformance.md");
const reporter = new ConformanceReporter();

const vitest = await startVitest("test", ["test/conformance/"], {
  root,
  watch: false,
  project: ["ambient"],
  passWithNoTests: true,
  reporters: ["dot", reporter],
});
await vitest.close();
if (process.exitCode) process.exit();

const written = existsSync(page) ? readFileSync(page, "utf8") : "";
const current = reporter.rows.length === 0 ? "" : reporter.toMarkdown();

if (!process.argv.includes("--check")) {
  mkdirSync(join(root, "docs"), { recursive: true });
  writeFileSync(page, current);
} else if (written !== current) {
  const options = { input: current, stdio: ["pipe", "inherit", "inherit"] };
  spawnSync("git", ["diff", "--no-index", existsSync(page) ? page : "/dev/null", "-"], options);
  console.error("docs/conformance.md is out of date: run `npm run conformance`");
  process.exitCode = 1;
}
