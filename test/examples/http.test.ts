import { constant } from "corral";
import { httpPool } from "corral/http";
import { describe, expect, test } from "vitest";
import { aggregate } from "../../examples/aggregator/aggregate.ts";
import { Shops } from "../../examples/aggregator/shops.ts";
import { crawl } from "../../examples/crawler/crawl.ts";
import { Site } from "../../examples/crawler/site.ts";

describe("examples on corral/http", { timeout: 30_000 }, () => {
  test("the crawler finds every page once, and says what is missing", async () => {
    await using site = await Site.open(40);
    const options = { concurrency: 4, perSecond: 1_000, pages: 100 };
    const { titles, failures, requests } = await crawl(site.start, options);
    // Page 7 is broken, and 15, 16 and what is behind them hang on it.
    const behind = [7, 15, 16, 31, 32, 33, 34];
    expect(titles.size).toBe(40 - behind.length);
    expect(titles.get(`${site.start}39`)).toBe("Page 39");
    expect([...failures.keys()]).toEqual([`${site.start}7`]);
    expect([...failures.values()][0]).toContain("gave 404");
    // Pages 5, 25 and 35 are asked for twice.
    expect(requests).toBe(titles.size + 1 + 3);
    const few = await crawl(site.start, { ...options, pages: 5 });
    expect(few.titles.size).toBe(5);
  });

  test("the aggregator gives what is there in time", async () => {
    await using shops = await Shops.open();
    await using http = httpPool({ retry: { backoff: constant(5) } });
    const { offers, missing } = await aggregate(http, shops.urls, "lamp", 1_000);
    expect(offers).toEqual([
      { shop: "market", price: 74 },
      { shop: "corner", price: 74 },
      { shop: "harbour", price: 84 },
    ]);
    expect(missing.map(({ shop }) => shop)).toEqual(["broken", "asleep"]);
    expect(missing[0]!.why).toContain("gave 500");
    expect(missing[1]!.why).toContain("TimeoutError");
  });
});
