import { taskGroup } from "corral";
import type { Tally } from "../report/tally.ts";
import { createFetcher, type Outcome } from "./fetcher.ts";
import { readLength, type FetchLimits } from "./page.ts";

/**
 * Fetches all of `urls`, counts them in `tally`, and hands each outcome on as it comes.
 *
 * @param onOutcome Awaited before the page's task ends. If it rejects, the others are cancelled.
 * @throws {TimeoutError} If the deadline has passed.
 */
export async function gatherPages(
  urls: readonly string[],
  limits: FetchLimits,
  tally: Tally,
  onOutcome: (outcome: Outcome) => Promise<void>,
): Promise<void> {
  const fetchPage = createFetcher(limits, readLength);
  tally.found = urls.length;
  await taskGroup(
    (group) => {
      for (const url of urls) {
        group.spawn(
          async () => {
            const outcome = await fetchPage(url);
            tally.count(outcome);
            await onOutcome(outcome);
          },
          { name: url },
        );
      }
    },
    { name: "gather", timeoutMs: limits.deadlineMs },
  );
}
