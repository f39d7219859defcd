// Prints what an application pays for parts of the library, minified and gzipped, and fails when
// one is over its budget. An entry with `over` is what it adds to an application that already has
// that other entry.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const entries = JSON.parse(readFileSync(new URL("size-budgets.json", import.meta.url), "utf8"));
const codeOf = (name) => entries.find((entry) => entry.name === name).code;

function gzipped(code) {
  const { outputFiles } = buildSync({
    stdin: { contents: code, resolveDir: import.meta.dirname, loader: "js" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    write: false,
    logLevel: "silent",
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

function measure({ code, over }) {
  if (over === undefined) return gzipped(code);
  return gzipped(`${codeOf(over)}\n${code}`) - gzipped(codeOf(over));
}

const rows = entries.map((entry) => {
  try {
    const bytes = measure(entry);
    return { ...entry, bytes, verdict: bytes <= entry.budget ? "" : "over budget" };
  } catch (error) {
    return { ...entry, bytes: "", verdict: error.errors?.[0]?.text ?? String(error) };
  }
});

const width = Math.max(...entries.map(({ name, over = "" }) => name.length + over.length)) + 6;
console.log(`${"entry".padEnd(width)}${"bytes".padStart(7)}${"budget".padStart(8)}`);
for (const { name, over, bytes, budget, verdict } of rows) {
  const label = over === undefined ? name : `${name} over ${over}`;
  const numbers = `${String(bytes).padStart(7)}${String(budget).padStart(8)}`;
  console.log(`${label.padEnd(width)}${numbers}  ${verdict}`.trimEnd());
}
if (rows.some(({ verdict }) => verdict !== "")) process.exitCode = 1;
