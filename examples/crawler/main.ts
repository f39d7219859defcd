/**
 * Crawls a small site politely: a few requests at once, so many a second, each page once. Without a URL it
 * serves a site of its own.
 *
 * node examples/.out/crawler/main.js [URL]
 */

import { main } from "corral";
import { crawl } from "./crawl.ts";
import { Site } from "./site.ts";

const options = { concurrency: 4, perSecond: 100, pages: 50 };

await main(async () => {
  const [, , url] = process.argv;
  await using site = url === undefined ? await Site.open(options.pages) : undefined;
  const { titles, failures, requests } = await crawl(site?.start ?? url!, options);
  for (const [page, title] of titles) console.log(`${page}  ${title}`);
  for (const [page, why] of failures) console.log(`${page}  FAILED: ${why}`);
  console.log(`${titles.size} pages, ${failures.size} failed, ${requests} requests`);
});
