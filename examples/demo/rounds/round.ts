import type { FetchLimits } from "../crawl/page.ts";
import type { Tally, TallyStats } from "../report/tally.ts";
import type { Corpus } from "../site/corpus.ts";
import { Site, type SiteStats } from "../site/site.ts";

/** A way to crawl a site. */
export type Crawler = (start: string, limits: FetchLimits, tally: Tally) => Promise<void>;

/** The figures of one crawl of the whole site. */
export interface Round extends TallyStats {
  /** How many pages the site has. */
  readonly total: number;
  /** How many of them did not arrive whole. */
  readonly missing: number;
  readonly site: SiteStats;
}

/** On how many origins the site is. */
export const origins = 3;

/**
 * Serves `corpus` on a new site and crawls it.
 *
 * @param onEnd Gets the figures however the crawl ends, also if it is cancelled or fails.
 */
export async function runRound(
  crawler: Crawler,
  corpus: Corpus,
  limits: FetchLimits,
  tally: Tally,
  onEnd: (round: Round) => void,
): Promise<void> {
  await using site = await Site.open(corpus, origins);
  try {
    await crawler(site.start, limits, tally);
  } finally {
    tally.stop();
    onEnd({
      ...tally.stats(),
      total: site.size,
      missing: site.missing(tally.arrived).length,
      site: site.stats(),
    });
  }
}
