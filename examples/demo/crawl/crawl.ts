import { taskGroup } from "corral";
import type { Tally } from "../report/tally.ts";
import { createFetcher } from "./fetcher.ts";
import { readHtml, type FetchLimits } from "./page.ts";

/**
 * Fetches the page `start` and every page that can be reached from it, and counts them in `tally`.
 *
 * Each page is a child of one group, which ends with its last child: there is no queue to watch
 * and no count of workers to keep. A page that fails is counted; it does not stop the others.
 *
 * @throws {TimeoutError} If the deadline has passed.
 */
export async function crawl(start: string, limits: FetchLimits, tally: Tally): Promise<void> {
  const fetchPage = createFetcher(limits, readHtml);
  const seen = new Set<string>();

  await taskGroup(
    (group) => {
      const visit = (url: string): void => {
        if (seen.has(url)) return;
        seen.add(url);
        tally.found++;
        group.spawn(
          async () => {
            const outcome = await fetchPage(url);
            tally.count(outcome);
            outcome.links?.forEach(visit);
          },
          { name: url },
        );
      };
      visit(start);
    },
    { name: "crawl", timeoutMs: limits.deadlineMs },
  );
}
