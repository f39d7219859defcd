import { TimeoutError } from "corral";
import { crawl } from "../crawl/crawl.ts";
import type { FetchLimits } from "../crawl/page.ts";
import { showProgress } from "../report/progress.ts";
import { summaryHeadings, summaryRow } from "../report/summary.ts";
import { Tally } from "../report/tally.ts";
import { readCorpus, type Corpus } from "../site/corpus.ts";
import { checkRounds, checkStalls } from "./checks.ts";
import { PlainProcess } from "./plain-process.ts";
import { origins, runRound, type Round } from "./round.ts";

/** How much of the demo is run. */
export interface CompareOptions {
  readonly limits: FetchLimits;
  readonly maxFiles: number;
  readonly rounds: number;
  /** Whether the stalls of the event loop decide too. Few pages say nothing about them. */
  readonly judgeStalls: boolean;
  readonly signal: AbortSignal;
}

/** Pages until stalls are measured, for the code to be compiled and warm. */
const warmUpPages = 200;

/**
 * Crawls the demo's site with corral, then with plain `fetch`, and prints the figures.
 *
 * @returns Whether all held that the demo promises.
 */
export async function compareCrawls(options: CompareOptions): Promise<boolean> {
  const { limits, maxFiles, rounds, judgeStalls, signal } = options;
  const corpus = await readCorpus(maxFiles);
  console.log(
    `A site of ${corpus.files.size} files of ${corpus.packages} packages on ${origins} origins, ` +
      "at times slow, failing, breaking off or silent.\n" +
      `At most ${limits.concurrency} requests at once, ${limits.perOrigin} an origin; ` +
      `${limits.timeoutMs} ms for an attempt, ${limits.deadlineMs} ms in all.\n` +
      `Latencies with retries; stalls of the event loop after ${warmUpPages} pages, by the clock ` +
      "and less the time taken by other programs.\n",
  );
  console.log(summaryHeadings());

  const corral: Round[] = [];
  for (let i = 1; i <= rounds; i++) {
    await corralRound(corpus, limits, (result) => {
      console.log(summaryRow(`corral ${i}`, result));
      corral.push(result);
    });
  }

  using plainProcess = new PlainProcess(signal);
  const plain: Round[] = [];
  for (let i = 1; i <= rounds; i++) {
    const round = await showProgress(
      () => `plain fetch ${i}, in a process of its own`,
      () => plainProcess.run({ maxFiles, warmUpPages, limits }),
    );
    console.log(summaryRow(`plain fetch ${i}`, round));
    plain.push(round);
  }

  const checks = checkRounds(corral, limits);
  if (judgeStalls) checks.push(...checkStalls(corral, plain));
  console.log();
  for (const { held, text } of checks) console.log(`${held ? "ok    " : "FAILED"} ${text}`);
  return checks.every(({ held }) => held);
}

async function corralRound(
  corpus: Corpus,
  limits: FetchLimits,
  onEnd: (round: Round) => void,
): Promise<void> {
  const tally = new Tally(warmUpPages);
  let round: Round | undefined;
  try {
    await showProgress(
      () => tally.progress,
      () =>
        runRound(crawl, corpus, limits, tally, (ended) => {
          round = ended;
        }),
    );
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    // The pages that are missing speak for themselves.
    console.log(`The deadline has passed: ${error.message}`);
  } finally {
    // Not before: the line of progress is still there while the round ends.
    if (round) onEnd(round);
  }
}
