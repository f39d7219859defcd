import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect } from "vitest";
import { ambientTest } from "../support/mode.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "corral-ambient-"));
  buildSync({
    entryPoints: [fileURLToPath(new URL("../../src/index.ts", import.meta.url))],
    bundle: true,
    format: "cjs",
    target: "es2022",
    outfile: join(folder, "corral.cjs"),
  });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** How many async hooks are active after each step: on Node 20 and 22, an ambient scope is one. */
function activeHooks(steps: string): string[] {
  const file = join(folder, "program.cjs");
  writeFileSync(
    file,
    `const { getHookArrays } = require("internal/async_hooks");
     const { cancellable, checkpoint, detached, limit, sleep, timeout } = require("./corral.cjs");
     const tell = (step) => console.log(step + " " + getHookArrays()[0].length);
     (async () => { ${steps} })();`,
  );
  const out = execFileSync(process.execPath, ["--expose-internals", file], { encoding: "utf8" });
  return out.trim().split("\n");
}

// From Node 24 on the storage needs no hook, so there is nothing to see.
const hooked = Number(process.versions.node.split(".")[0]) < 24;

ambientTest.runIf(hooked)(
  "code that opens no scope activates no async hook; the first scope does (needs ambient scopes)",
  () => {
    const seen = activeHooks(`
      tell("loaded");
      const { signal } = new AbortController();
      await sleep(1, { signal });
      await Promise.all([1, 2, 3].map((i) => limit(1)(() => i, { signal })));
      await cancellable(Promise.resolve(), { signal });
      await checkpoint();
      detached(() => 1);
      tell("waited");
      await timeout(5, () => 1);
      tell("scope");
    `);
    expect(seen).toEqual(["loaded 0", "waited 0", "scope 1"]);
  },
);
