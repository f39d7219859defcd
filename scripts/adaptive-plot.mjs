// Runs the simulation of the adaptive limits and writes docs/adaptive-limits.svg and the figures in
// docs/adaptive-limits.md. With `--check`, fails if they differ from what would be written. They are the
// same each time: clock and noise are made up.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { root } from "./tool.mjs";

const file = join(root, "docs/adaptive-limits.svg");
const page = join(root, "docs/adaptive-limits.md");

/** Comes before the table of figures in the page. */
const MARK = "<!-- written by scripts/adaptive-plot.mjs -->";

/** The library and the simulation, from their sources, as one module. */
async function load() {
  const folder = mkdtempSync(join(tmpdir(), "corral-plot-"));
  const outfile = join(folder, "simulation.mjs");
  try {
    buildSync({
      stdin: {
        contents: `export * from "corral"; export * from "./test/limit/adaptive-simulation.ts";`,
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

const { AdaptiveLimit, aimd, gradient, randomOf, simulate, summaryOf, vegas } = await load();

const scenario = {
  phases: [
    { fromMs: 0, workers: 20, serviceMs: 100 },
    { fromMs: 20_000, workers: 5, serviceMs: 100 },
    { fromMs: 40_000, workers: 40, serviceMs: 100 },
  ],
  untilMs: 60_000,
  callers: 200,
  queue: 40,
  noise: 0.3,
};

const algorithms = [
  { name: "aimd", color: "#d55e00", make: () => aimd() },
  { name: "gradient", color: "#0072b2", make: () => gradient({ random: randomOf(2) }) },
  { name: "vegas", color: "#009e73", make: () => vegas({ random: randomOf(2) }) },
];

/** How long a phase is left alone before its figures are taken. */
const SETTLED_MS = 8_000;

const percent = (share) => `${(share * 100).toFixed(1)} %`;

const WIDTH = 860;
const LEFT = 56;
const RIGHT = 16;
const panels = {
  limit: { top: 56, height: 220, most: 90, step: 20, title: "calls at once" },
  latency: { top: 326, height: 160, most: 1_000, step: 250, title: "mean latency of a call, ms" },
};

const round = (value) => Math.round(value * 10) / 10;
const x = (ms) => round(LEFT + (ms / scenario.untilMs) * (WIDTH - LEFT - RIGHT));
const y = ({ top, height, most }, value) =>
  round(top + height * (1 - Math.min(value, most) / most));

function text(at, below, content, more = "") {
  return `<text x="${at}" y="${below}"${more}>${content}</text>`;
}

function line(points, color, more = "") {
  const path = points.map(([across, down]) => `${across},${down}`).join(" ");
  return `<polyline points="${path}" stroke="${color}"${more}/>`;
}

/** The frame of a panel: its title, and lines at round values. */
function frame(panel) {
  const parts = [text(LEFT, panel.top - 10, panel.title, ' font-weight="bold"')];
  for (let value = 0; value <= panel.most; value += panel.step) {
    const down = y(panel, value);
    const right = WIDTH - RIGHT;
    parts.push(
      `<line x1="${LEFT}" y1="${down}" x2="${right}" y2="${down}" stroke="#ddd"/>`,
      text(LEFT - 8, down + 4, value, ' text-anchor="end"'),
    );
  }
  for (let ms = 0; ms <= scenario.untilMs; ms += 10_000) {
    const below = panel.top + panel.height + 16;
    parts.push(text(x(ms), below, `${ms / 1_000} s`, ' text-anchor="middle"'));
  }
  return parts;
}

/** The workers of the server, as steps. */
function capacity() {
  const steps = scenario.phases.flatMap(({ fromMs, workers }, i) => {
    const untilMs = scenario.phases[i + 1]?.fromMs ?? scenario.untilMs;
    const down = y(panels.limit, workers);
    return [
      [x(fromMs), down],
      [x(untilMs), down],
    ];
  });
  return line(steps, "#333", ' stroke-width="1.5" stroke-dasharray="6 4"');
}

function legend() {
  const entries = [
    { name: "workers of the server", color: "#333", dashes: ' stroke-dasharray="6 4"' },
    ...algorithms,
  ];
  return entries.flatMap(({ name, color, dashes = "" }, i) => {
    const at = LEFT + [0, 190, 270, 370][i];
    return [
      `<line x1="${at}" y1="16" x2="${at + 24}" y2="16" stroke="${color}" stroke-width="2"${dashes}/>`,
      text(at + 30, 20, name),
    ];
  });
}

const parts = [...frame(panels.limit), ...frame(panels.latency), capacity(), ...legend()];
const rows = [
  "| algorithm | workers | capacity used | latency, times 100 ms | refused |",
  "|---|---|---|---|---|",
];
for (const { name, color, make } of algorithms) {
  // One after the other: there is one virtual clock in a process.
  const points = await simulate(scenario, () => new AdaptiveLimit({ algorithm: make() }));
  const curve = (panel, of) => {
    const seen = points.map((point) => [x(point.atMs), y(panel, of(point))]);
    parts.push(line(seen, color, ' stroke-width="1.5"'));
  };
  curve(panels.limit, (point) => point.limit);
  curve(panels.latency, (point) => point.latencyMs);
  scenario.phases.forEach(({ fromMs, workers }, i) => {
    const untilMs = scenario.phases[i + 1]?.fromMs ?? scenario.untilMs;
    const { throughput, latency, refused } = summaryOf(points, fromMs + SETTLED_MS, untilMs);
    const cells = [
      `\`${name}\``,
      workers,
      percent(throughput),
      latency.toFixed(2),
      percent(refused),
    ];
    rows.push(`| ${cells.join(" | ")} |`);
  });
}

const plot = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} 512" font-family="sans-serif" font-size="12" fill="none">`,
  "<title>Three adaptive limits on a server whose capacity changes</title>",
  `<rect width="${WIDTH}" height="512" fill="#fff"/>`,
  ...parts.map((part) => part.replace("<text", '<text fill="#333"')),
  "</svg>\n",
].join("\n");

const table = `${MARK}\n\n${rows.join("\n")}\n`;
const written = readFileSync(page, "utf8");
const current = written.replace(new RegExp(`${MARK}\\n\\n(?:\\|.*\\n)*`), () => table);

if (!process.argv.includes("--check")) {
  writeFileSync(file, plot);
  writeFileSync(page, current);
} else if (current !== written || readFileSync(file, "utf8") !== plot) {
  console.error("docs/adaptive-limits is out of date: run `node scripts/adaptive-plot.mjs`");
  process.exitCode = 1;
}
