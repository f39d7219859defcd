import type { TallyStats } from "./tally.ts";

const headings = [
  "",
  "pages",
  "failed",
  "MB",
  "retries",
  "seconds",
  "p50 ms",
  "p90 ms",
  "p99 ms",
  "max ms",
  "stall p99.9",
  "worst ms",
  "own p99.9",
  "worst ms",
];
const widths = [15, 6, 7, 7, 8, 8, 8, 8, 8, 8, 13, 10, 11, 10];

/** The line above the rows of a summary. */
export function summaryHeadings(): string {
  return layOutRow(headings);
}

/**
 * One crawl as a row: its pages, bytes and retries, the latencies of its pages in milliseconds,
 * retries included, and the stalls of the event loop.
 */
export function summaryRow(label: string, stats: TallyStats): string {
  const { latency, stalls } = stats;
  return layOutRow([
    label,
    String(stats.pages),
    String(stats.failed),
    (stats.bytes / 1e6).toFixed(1),
    String(stats.retries),
    stats.seconds.toFixed(1),
    latency.p50.toFixed(0),
    latency.p90.toFixed(0),
    latency.p99.toFixed(0),
    latency.max.toFixed(0),
    ...[stalls?.clock, stalls?.own].flatMap((delay) => [
      delay?.p999.toFixed(1) ?? "-",
      delay?.worst.toFixed(1) ?? "-",
    ]),
  ]);
}

function layOutRow(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    .join("");
}
