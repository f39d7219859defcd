import { isCancellation, taskGroup } from "corral";
import { httpPool } from "corral/http";

/** How a site is crawled. */
export interface CrawlOptions {
  /** The most requests at once. */
  readonly concurrency: number;
  /** The most requests a second: what a site can bear, or has asked for. */
  readonly perSecond: number;
  /** The most pages. */
  readonly pages: number;
}

/** What a crawl has found. */
export interface Crawled {
  /** The titles of the pages, by URL. */
  readonly titles: ReadonlyMap<string, string>;
  /** What went wrong with the pages that are missing, by URL. */
  readonly failures: ReadonlyMap<string, string>;
  readonly requests: number;
}

/**
 * Fetches the page `start` and what can be reached from it on the same origin.
 *
 * A page that fails does not stop the others. All end when the scope around is cancelled.
 */
export async function crawl(start: string, options: CrawlOptions): Promise<Crawled> {
  const { origin } = new URL(start);
  const titles = new Map<string, string>();
  const failures = new Map<string, string>();
  const seen = new Set<string>();
  await using http = httpPool({
    perOrigin: options.concurrency,
    rate: { limit: options.perSecond, perMs: 1_000, kind: "spaced" },
    timeouts: { attemptMs: 2_000 },
    headers: { "user-agent": "corral-example-crawler" },
  });

  await taskGroup(
    (group) => {
      const visit = (url: string): void => {
        if (seen.has(url) || seen.size >= options.pages) return;
        seen.add(url);
        group.spawn(
          async () => {
            try {
              const html = await http.text(url);
              titles.set(url, /<title>(.*?)<\/title>/.exec(html)?.[1] ?? "");
              for (const [, href] of html.matchAll(/<a href="([^"#]*)/g)) {
                // What is no URL leads nowhere.
                if (!URL.canParse(href ?? "", url)) continue;
                const link = new URL(href ?? "", url);
                if (link.origin === origin) visit(link.href);
              }
            } catch (error) {
              if (isCancellation(error)) throw error;
              failures.set(url, String(error));
            }
          },
          { name: url },
        );
      };
      visit(start);
    },
    { name: "crawl" },
  );
  return { titles, failures, requests: http.stats().attempts };
}
