// Writes the public surface to `api/`: the declarations reachable from the published entries,
// without comments. With `--check`, fails if what is there differs from what would be written.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { root, run } from "./tool.mjs";

const scratch = mkdtempSync(join(tmpdir(), "api-"));
const emitted = join(scratch, "emitted");
const surface = join(scratch, "api");
const committed = join(root, "api");

process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const input = ["-p", "tsconfig.build.json"];
const output = ["--outDir", emitted, "--emitDeclarationOnly", "--declarationMap", "false"];
run("tsc", ...input, ...output, "--removeComments", "--stripInternal");

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const reachable = new Set(
  Object.values(exports)
    .filter((entry) => entry.types !== undefined)
    .map((entry) => join(emitted, relative("dist", entry.types))),
);
for (const file of reachable) {
  const declarations = readFileSync(file, "utf8");
  for (const [, specifier] of declarations.matchAll(/(?:from |import\()"(\.[^"]+)\.ts"/g)) {
    reachable.add(join(dirname(file), `${specifier}.d.ts`));
  }
  cpSync(file, join(surface, relative(emitted, file)));
}

if (process.argv.includes("--check")) {
  const diff = ["diff", "--no-index", "--exit-code", committed, surface];
  if (spawnSync("git", diff, { stdio: "inherit" }).status !== 0) {
    console.error("The public API differs from api/: if that is meant, run `npm run api`");
    process.exitCode = 1;
  }
} else {
  rmSync(committed, { recursive: true, force: true });
  cpSync(surface, committed, { recursive: true });
}
