/**
 * Asks several shops for the price of an article, and prints what has come within half a second.
 *
 * node examples/.out/aggregator/main.js [ARTICLE]
 */

import { constant, main } from "corral";
import { httpPool } from "corral/http";
import { aggregate } from "./aggregate.ts";
import { Shops } from "./shops.ts";

await main(async () => {
  const [, , article = "lamp"] = process.argv;
  await using shops = await Shops.open();
  await using http = httpPool({ retry: { backoff: constant(20) } });
  const { offers, missing } = await aggregate(http, shops.urls, article, 500);
  for (const { shop, price } of offers) console.log(`${shop.padEnd(10)}${price}`);
  for (const { shop, why } of missing) console.log(`${shop.padEnd(10)}- (${why})`);
});
