// Builds the documentation site of site/, or serves it while it is worked on:
// node scripts/site.mjs build | dev | preview. Installs its packages where they are missing.

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tool.mjs";

const folder = join(root, "site");
const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

function npm(...parameters) {
  const { status } = spawnSync("npm", parameters, {
    cwd: folder,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(status ?? 1);
}

const [command = "build"] = process.argv.slice(2);
const installed = modified(join(folder, "node_modules/.package-lock.json"));
if (installed < modified(join(folder, "package-lock.json"))) npm("ci");
npm("run", command);
