/**
 * Gathers a real site: serves the files of the installed packages with faults, crawls them with
 * limits, retries and deadlines, and prints how that went; or gathers the user's own URLs.
 */

import { main, TimeoutError } from "corral";
import { parseCommand, usage, UsageError, type Command } from "./arguments.ts";
import { gatherPages } from "./crawl/gather.ts";
import { LineFile } from "./report/line-file.ts";
import { showProgress } from "./report/progress.ts";
import { summaryHeadings, summaryRow } from "./report/summary.ts";
import { Tally } from "./report/tally.ts";
import { compareCrawls } from "./rounds/compare.ts";

async function gather({ limits, urls, out }: Command & { kind: "gather" }): Promise<boolean> {
  const tally = new Tally(0);
  await using lines = await LineFile.open(out);
  const work = (): Promise<void> =>
    gatherPages(urls, limits, tally, (outcome) => lines.write(outcome));
  try {
    // Lines and progress would overwrite each other on a terminal.
    if (out === undefined && process.stdout.isTTY) await work();
    else await showProgress(() => tally.progress, work);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    console.error(`The deadline has passed: ${error.message}`);
  } finally {
    tally.stop();
    const left = urls.length - tally.arrived.size - tally.failures.size;
    if (left > 0) console.error(`Pages not fetched: ${left}`);
    console.error(`${summaryHeadings()}\n${summaryRow(`of ${urls.length}`, tally.stats())}`);
  }
  return tally.arrived.size === urls.length;
}

async function run(signal: AbortSignal): Promise<boolean> {
  const command = await parseCommand(process.argv.slice(2));
  switch (command.kind) {
    case "help":
      process.stdout.write(usage);
      return true;
    case "gather":
      return gather(command);
    case "site": {
      const { limits, quick } = command;
      const size = quick ? { maxFiles: 300, rounds: 1 } : { maxFiles: 2200, rounds: 3 };
      return compareCrawls({ ...size, limits, judgeStalls: !quick, signal });
    }
  }
}

/** Says what went wrong if that is no fault of the program, such as a file that cannot be written. */
function explain(error: unknown): string | undefined {
  if (error instanceof UsageError) return `${error.message}\n\n${usage}`;
  // The errors of the system, and no others, have a number beside their code.
  return error instanceof Error && "errno" in error ? `${error.message}\n` : undefined;
}

await main(async (scope) => {
  try {
    if (!(await run(scope.signal))) process.exitCode = 1;
  } catch (error) {
    const explanation = explain(error);
    if (explanation === undefined) throw error;
    process.stderr.write(explanation);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
});
