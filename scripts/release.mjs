// Prepares a release: `npm run release -- 1.2.3` sets the version, dates the changelog, commits and tags.
// Nothing is sent: pushing the tag lets the workflow publish it, with provenance. `--verify 1.2.3` only
// checks that the checkout is that release.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./tool.mjs";

const MANIFESTS = ["package.json", "package-lock.json", "jsr.json"];
const verify = process.argv[2] === "--verify";
const version = process.argv[verify ? 3 : 2];

function stop(why) {
  console.error(`release: ${why}`);
  process.exit(1);
}

function git(...parameters) {
  const { status, stdout, stderr } = spawnSync("git", parameters, { cwd: root, encoding: "utf8" });
  if (status !== 0) stop(`git ${parameters.join(" ")}: ${stderr}`);
  return stdout.trim();
}

function json(file) {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}

if (!/^\d+\.\d+\.\d+(-[\da-z.-]+)?$/.test(version ?? "")) {
  stop(`expected a version such as 1.2.3, received ${version ?? "none"}`);
}
const changelogFile = join(root, "CHANGELOG.md");
const changelog = readFileSync(changelogFile, "utf8");

const unreleased = `## ${version} (unreleased)`;

if (json("package.json").repository === undefined) {
  stop("package.json names no repository, without which npm takes no package with provenance");
}

if (verify) {
  for (const file of MANIFESTS) {
    if (json(file).version !== version) stop(`${file} has the version ${json(file).version}`);
  }
  const dated = changelog.includes(`## ${version} (`) && !changelog.includes(unreleased);
  if (!dated) stop("CHANGELOG.md has no date for it");
  console.log(`release: the checkout is ${version}`);
} else {
  if (git("status", "--porcelain") !== "") stop("there are changes that are not committed");
  if (git("tag", "--list", `v${version}`) !== "") stop(`there is a tag v${version} already`);
  if (!changelog.includes(unreleased)) stop(`CHANGELOG.md has no "${unreleased}"`);
  const check = spawnSync("npm", ["run", "check"], { cwd: root, stdio: "inherit" });
  if (check.status !== 0) stop("npm run check failed");

  for (const file of MANIFESTS) {
    const manifest = json(file);
    manifest.version = version;
    if (manifest.packages?.[""] !== undefined) manifest.packages[""].version = version;
    writeFileSync(join(root, file), `${JSON.stringify(manifest, undefined, 2)}\n`);
  }
  run("oxfmt", ...MANIFESTS);
  const [today] = new Date().toISOString().split("T");
  writeFileSync(changelogFile, changelog.replace(unreleased, `## ${version} (${today})`));
  git("commit", "--quiet", "-am", `release: ${version}`);
  git("tag", "-a", `v${version}`, "-m", version);
  console.log(`release: committed and tagged v${version}; \`git push --follow-tags\` publishes it`);
}
