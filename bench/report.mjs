#!/usr/bin/env node
// npm run bench -- --report: makes docs/benchmarks.md, and its charts, of the figures in results/.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, View } from "vega";
import { compile } from "vega-lite";

import { isPromise, promisesSection } from "./support/promises/section.mjs";
import { ns, times } from "./support/report.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const docs = join(here, "../docs");
const charts = join(docs, "benchmarks");

const slug = (title) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** What a case is: the floor, this library, or a peer. */
function kindOf(name) {
  if (name.includes("(floor)")) return "floor";
  return name.startsWith("corral") ? "corral" : "peer";
}

/** A bar for each case, as long as what an operation costs in floors, on a scale of powers. */
async function chart(title, rows) {
  const values = rows.map((row) => ({
    name: row.name,
    cost: row.times,
    label: times(row.times).replace("x", "× "),
    kind: kindOf(row.name),
  }));
  const least = Math.min(0.5, ...values.map(({ cost }) => cost));
  const encoding = {
    y: { field: "name", type: "nominal", sort: null, title: null },
    x: {
      field: "cost",
      type: "quantitative",
      scale: { type: "log", domainMin: least },
      title: "times the floor, logarithmic",
    },
  };
  const gray = "#808080";
  const spec = {
    data: { values },
    width: 420,
    background: "transparent",
    layer: [
      {
        mark: { type: "bar" },
        encoding: {
          ...encoding,
          x2: { datum: least },
          color: {
            field: "kind",
            type: "nominal",
            legend: null,
            scale: {
              domain: ["floor", "corral", "peer"],
              range: ["#9a9a9a", "#2a7f9e", "#c58a3d"],
            },
          },
        },
      },
      {
        mark: { type: "text", align: "left", dx: 4, color: gray },
        encoding: { ...encoding, text: { field: "label" } },
      },
    ],
    config: {
      view: { stroke: null },
      axis: {
        labelColor: gray,
        titleColor: gray,
        gridColor: "#80808040",
        domainColor: gray,
        tickColor: gray,
        labelLimit: 260,
      },
      font: "sans-serif",
    },
  };
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  const svg = await view.toSVG();
  const file = `${slug(title)}.svg`;
  writeFileSync(join(charts, file), `${svg}\n`);
  return file;
}

function tableOf(rows) {
  const lines = rows.map((row) => {
    const spread = row.spread.map((each) => times(each).slice(1)).join(" to ");
    return `| ${row.name} | ${ns(row.ns)} | ${times(row.times).slice(1)} | ${spread} |`;
  });
  return ["| case | median | × floor | spread |", "|---|---:|---:|---:|", ...lines].join("\n");
}

/** What a row of another shape has, as it is. */
function plainOf(rows) {
  const keys = Object.keys(rows[0]).filter((key) => typeof rows[0][key] !== "object");
  const text = (value) => {
    if (typeof value !== "number") return String(value ?? "").replaceAll("|", "\\|");
    if (Number.isInteger(value) || Math.abs(value) >= 100)
      return Math.round(value).toLocaleString("en");
    return value.toPrecision(3);
  };
  return [
    `| ${keys.join(" | ")} |`,
    `|${keys.map((key) => (typeof rows[0][key] === "number" ? "---:" : "---")).join("|")}|`,
    ...rows.map((row) => `| ${keys.map((key) => text(row[key])).join(" | ")} |`),
  ].join("\n");
}

/** Of each table that has a floor what this library costs, and the best of the others, on each version. */
function otherVersions(some) {
  const titles = new Map();
  for (const { version, results } of some) {
    for (const { title, rows = [] } of results.flatMap(({ recorded }) => recorded)) {
      const timed = rows.filter(({ times: each }) => each !== undefined);
      const own = timed.find(({ name }) => kindOf(name) === "corral");
      if (own === undefined) continue;
      // What is written by hand, or has no limit, is no package.
      const peers = timed.filter(
        ({ name }) => kindOf(name) === "peer" && !/by hand|no limit/.test(name),
      );
      const best = peers.toSorted((a, b) => a.times - b.times)[0];
      const said = times(own.times).slice(1);
      const key = title.replace(/  .*/, "");
      if (!titles.has(key)) titles.set(key, new Map());
      titles
        .get(key)
        .set(
          version,
          best === undefined ? said : `${said} (${best.name} ${times(best.times).slice(1)})`,
        );
    }
  }
  if (titles.size === 0) return [];
  const versions = some.map(({ version }) => version);
  return [
    "## Other versions of Node\n",
    "What the first row of this library costs in floors and, in parentheses, the cheapest package.\n",
    [
      `| | ${versions.map((version) => version.slice(1)).join(" | ")} |`,
      `|---|${versions.map(() => "---:").join("|")}|`,
      ...[...titles].map(
        ([title, by]) =>
          `| ${title} | ${versions.map((version) => by.get(version) ?? "").join(" | ")} |`,
      ),
    ].join("\n"),
  ];
}

const files = readdirSync(join(here, "results")).filter((name) => name.endsWith(".json"));
if (files.length === 0) throw new Error("there are no figures yet: run `npm run bench`");
rmSync(charts, { recursive: true, force: true });
mkdirSync(charts, { recursive: true });

const parts = [
  `# Benchmarks

Made by \`npm run bench -- --report\` of the figures of \`npm run bench\`, each bench in a process of its own, with the cases in
turn and in an order shuffled anew for each round. Times are those of one machine with two cores; what counts is the ratio to
the **floor**, the same work by hand without a library, in the same run. The spread is over the rounds. What the figures mean,
and where others are ahead and why, is in [performance](performance.md).
`,
];
const measured = files
  .toSorted()
  .map((file) => JSON.parse(readFileSync(join(here, "results", file), "utf8")));
const isMain = ({ version }) => measured.length === 1 || version.startsWith("v24.");
for (const { version, results } of measured.filter(isMain)) {
  parts.push(`## Node ${version.slice(1)}\n`);
  for (const { name, date, recorded } of results) {
    if (recorded.some(isPromise)) continue;
    parts.push(`### \`${name}\`\n\n${date === undefined ? "" : `${date.slice(0, 10)}.\n`}`);
    for (const { title, rows } of recorded) {
      if (rows === undefined || rows.length === 0) continue;
      parts.push(`#### ${title.replace(/  .*/, "")}\n`);
      if (rows.every((row) => row.spread !== undefined && row.times !== undefined)) {
        const svg = await chart(`${version} ${title}`, rows);
        parts.push(`![What each costs in floors](benchmarks/${svg})\n\n${tableOf(rows)}\n`);
      } else parts.push(`${plainOf(rows)}\n`);
    }
    const goals = recorded.filter(({ goal }) => goal !== undefined);
    if (goals.length > 0) {
      const missed = goals.filter(({ met }) => !met);
      parts.push(
        `${goals.length - missed.length} of ${goals.length} goals met.` +
          (missed.length === 0
            ? "\n"
            : ` Missed:\n\n${missed.map(({ goal, detail }) => `- ${goal}: ${detail}`).join("\n")}\n`),
      );
    }
  }
  parts.push(...promisesSection(results));
}
parts.push(...otherVersions(measured.filter((one) => !isMain(one))));
writeFileSync(join(docs, "benchmarks.md"), parts.join("\n").replaceAll(/\n{3,}/g, "\n\n"));
console.log(`bench: docs/benchmarks.md, of ${files.join(", ")}`);
