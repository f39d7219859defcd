import type { FetchLimits } from "../crawl/page.ts";
import type { Delay } from "../report/stalls.ts";
import type { Fault } from "../site/faults.ts";
import type { Round } from "./round.ts";

/** Something that the demo promises, and whether it held. */
export interface Check {
  readonly held: boolean;
  readonly text: string;
}

/** What must hold for each round of corral's crawl. */
export function checkRounds(rounds: readonly Round[], limits: FetchLimits): Check[] {
  const missing = sum(rounds.map((round) => round.missing));
  const peak = Math.max(...rounds.map(({ site }) => site.peak));
  const peakOfOrigin = Math.max(...rounds.map(({ site }) => site.peakOfOrigin));
  const faults = (kind: Fault["kind"]): number => sum(rounds.map(({ site }) => site.faults[kind]));
  return [
    {
      held: missing === 0,
      text:
        `every page arrived whole: ${missing} missing after ${faults("slow")} slow answers, ` +
        `${faults("unavailable")} with 503, ${faults("dropped")} broken off, ${faults("silent")} never given`,
    },
    {
      held: peak <= limits.concurrency,
      text: `the server saw at most ${peak} requests at once, limit ${limits.concurrency}`,
    },
    {
      held: peakOfOrigin <= limits.perOrigin,
      text: `an origin saw at most ${peakOfOrigin} requests at once, limit ${limits.perOrigin}`,
    },
  ];
}

const maxStallMs = 20;
const maxRatio = 1.5;

/**
 * What must hold for the stalls of the event loop, each figure being the best of its rounds.
 *
 * The program's own stalls are judged: what else runs on the machine is no fault of either crawl.
 */
export function checkStalls(corral: readonly Round[], plain: readonly Round[]): Check[] {
  const p999 = best(corral, "p999");
  const worst = best(corral, "worst");
  const plainWorst = best(plain, "worst");
  return [
    {
      held: p999 <= maxStallMs,
      text: `own stalls of the event loop, 99.9th percentile: ${p999.toFixed(1)} ms, limit ${maxStallMs} ms`,
    },
    {
      held: worst <= plainWorst * maxRatio,
      text:
        `own stalls of the event loop, worst: ${worst.toFixed(1)} ms, plain fetch ${plainWorst.toFixed(1)} ms, ` +
        `ratio ${(worst / plainWorst).toFixed(2)}, limit ${maxRatio}`,
    },
  ];
}

function best(rounds: readonly Round[], figure: keyof Delay): number {
  return Math.min(...rounds.map(({ stalls }) => stalls?.own[figure] ?? Infinity));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
