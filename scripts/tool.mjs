// What the scripts of this folder share: where the checkout is, and running one of its tools.

import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "..");

/** Runs an installed command line tool in the checkout; ends this process when it fails. */
export function run(tool, ...parameters) {
  const { status } = spawnSync(join(root, "node_modules/.bin", tool), parameters, {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
