// Builds `dist/` from `src/`: what tsc emits, made to stand on its own.

import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { buildSync } from "esbuild";
import { root, run } from "./tool.mjs";

const dist = join(root, "dist");
const helpers = join(dist, "internal/tslib.js");

/** The specifier of a static import or export, or of `import("…")` in a type. */
const specifiers =
  /(?<=^(?:import|export)\b[^"'\n]*\bfrom ["']|^import ["'])[^"'\n]+|(?<=\bimport\(["'])[^"'\n]+/gm;

rmSync(dist, { recursive: true, force: true });
run("tsc", "-p", "tsconfig.build.json");

const files = readdirSync(dist, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:js|d\.ts)$/.test(name))
  .map((name) => join(dist, name));

const helperNames = new Set();
for (const file of files) {
  const emitted = readFileSync(file, "utf8");
  for (const [, names] of emitted.matchAll(/^import \{(.+)\} from "tslib";$/gm)) {
    for (const name of names.split(",")) helperNames.add(name.trim());
  }
  const toHelpers = relative(dirname(file), helpers);
  const finished = emitted.replace(specifiers, (specifier) => {
    if (specifier === "tslib") return toHelpers.startsWith(".") ? toHelpers : `./${toHelpers}`;
    // tsc rewrites the extension in what runs, but not in declarations.
    return specifier.startsWith(".") ? specifier.replace(/\.ts$/, ".js") : specifier;
  });
  if (finished !== emitted) writeFileSync(file, finished);
}

if (helperNames.size > 0) {
  buildSync({
    stdin: {
      contents: `export { ${[...helperNames].join(", ")} } from "tslib";`,
      resolveDir: root,
    },
    bundle: true,
    format: "esm",
    target: "es2022",
    outfile: helpers,
  });
}

/** What may be imported besides, and where: an optional peer in the entry that is built on it. */
const peers = { "http/undici": "undici" };

// Nothing else that is published may need a package or a runtime's own modules to load.
const foreign = [];
for (const file of files) {
  const peer =
    peers[
      relative(dist, file)
        .replace(/\.(?:js|d\.ts)$/, "")
        .replaceAll("\\", "/")
    ];
  const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const found = [...code.matchAll(specifiers)].map(([specifier]) => specifier);
  found.push(
    ...[...code.matchAll(/^\/\/\/ <reference (?!lib=).*$/gm)].map(([directive]) => directive),
  );
  for (const specifier of found) {
    if (specifier !== peer && !specifier.startsWith("."))
      foreign.push(`${relative(root, file)}: ${specifier}`);
  }
}
if (foreign.length > 0) {
  console.error(`Cannot publish dist: imports from outside\n  ${foreign.join("\n  ")}`);
  process.exit(1);
}
