// Runs the eviction policies of the cache, and some others, over made-up traces and writes the tables of
// docs/eviction.md. With `--check`, fails if they differ from what would be written. They are the same each
// time: the traces come from seeds. With a number, prints the tables for traces of so many requests instead.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { root } from "./tool.mjs";

const page = join(root, "docs/eviction.md");

/** Around the tables in the page. */
const BEGIN = "<!-- written by scripts/hit-ratios.mjs -->";
const END = "<!-- end of what it writes -->";

/** What the caches hold, as shares of all that is asked for. */
const CAPACITIES = [0.01, 0.05, 0.1, 0.25];

/** The policies, the traces and what drives them, from their sources, as one module. */
async function load() {
  const folder = mkdtempSync(join(tmpdir(), "corral-hits-"));
  const outfile = join(folder, "policies.mjs");
  try {
    buildSync({
      stdin: {
        contents: ["policies", "policy-cache", "policy-optimum", "policy-traces"]
          .map((name) => `export * from "./test/cache/${name}.ts";`)
          .join("\n"),
        resolveDir: root,
        loader: "ts",
      },
      alias: {
        corral: join(root, "src/index.ts"),
        "corral/testing": join(root, "src/testing/index.ts"),
      },
      bundle: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      outfile,
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const { optimum, policies, PolicyCache, traces } = await load();

function hitsOf(policy, { keys, sizes }, capacity) {
  const cache = new PolicyCache(policy, capacity);
  let hits = 0;
  for (const key of keys) if (cache.request(key, sizes?.[key]) === "hit") hits++;
  return hits;
}

const percent = (share) => (share * 100).toFixed(1);
const row = (...cells) => `| ${cells.join(" | ")} |`;
const names = policies.map(({ name }) => name);

const [option] = process.argv.slice(2);
const requested = Number(option) > 0 ? Number(option) : undefined;
const all = traces(requested);
const ratios = [
  row("requests", "capacity", ...names, "optimum"),
  `|---|---:|${"---:|".repeat(names.length + 1)}`,
];
/** For each policy, by how much each of its hit ratios is below the best. */
const losses = names.map(() => []);

for (const trace of all) {
  for (const share of CAPACITIES) {
    const capacity = Math.round(trace.footprint * share);
    const requests = trace.keys.length;
    const hits = policies.map(({ make }) => hitsOf(make(capacity), trace, capacity) / requests);
    const best = Math.max(...hits);
    hits.forEach((ratio, i) => {
      losses[i].push({ loss: best - ratio, at: `${trace.name}, ${share * 100} %` });
    });
    const cells = hits.map((ratio) =>
      percent(ratio) === percent(best) ? `**${percent(ratio)}**` : percent(ratio),
    );
    const most = trace.sizes ? "" : percent(optimum(trace.keys, capacity) / requests);
    ratios.push(row(trace.name, `${share * 100} %`, ...cells, most));
  }
}

const summary = [
  row("policy", "mean loss", "worst loss", "where"),
  "|---|---:|---:|---|",
  ...names.map((name, i) => {
    const mean = losses[i].reduce((sum, { loss }) => sum + loss, 0) / losses[i].length;
    const worst = losses[i].reduce((most, each) => (each.loss > most.loss ? each : most));
    return row(name, percent(mean), percent(worst.loss), worst.at);
  }),
];

const described = [
  row("requests", "what is asked for"),
  "|---|---|",
  ...all.map(({ name, shape }) => row(name, shape)),
];

const parts = [BEGIN, ...[summary, described, ratios].map((lines) => lines.join("\n")), END];
const written = readFileSync(page, "utf8");
const current = written.replace(new RegExp(`${BEGIN}[^]*${END}`), () => parts.join("\n\n"));

if (requested !== undefined) {
  console.log(parts.slice(1, -1).join("\n\n"));
} else if (option !== "--check") {
  writeFileSync(page, current);
} else if (current !== written) {
  console.error("docs/eviction.md is out of date: run `node scripts/hit-ratios.mjs`");
  process.exitCode = 1;
}
