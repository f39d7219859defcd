// Builds the library, compiles the examples against the build, as an application would see it, and
// runs the demo with the parameters given.

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, run } from "./tool.mjs";

await import("./build.mjs");
run("tsc", "-p", "examples/tsconfig.json");

const demo = join(root, "examples/.out/demo/main.js");
const { status } = spawnSync(process.execPath, [demo, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
