// Builds the library, compiles the examples against the build, as an application would see it, and
// runs the demo with the parameters given.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { root, run } from "./tool.mjs";

await import("./build.mjs");
run("tsc", "-p", "examples/tsconfig.json");

const demo = join(root, "examples/.out/demo/main.js");
const child = spawn(process.execPath, [demo, ...process.argv.slice(2)], { stdio: "inherit" });
// A signal that only this process gets is for the demo. One from the terminal reaches both.
process.on("SIGTERM", () => child.kill("SIGTERM"));
process.on("SIGINT", () => {});
child.on("exit", (status) => {
  process.exitCode = status ?? 1;
});
