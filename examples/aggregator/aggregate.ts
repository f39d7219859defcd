import type { HttpPool } from "corral/http";

/** What a shop asks for an article. */
export interface Offer {
  readonly shop: string;
  readonly price: number;
}

/** The offers that were there in time, the cheapest first, and who has given none. */
export interface Offers {
  readonly offers: readonly Offer[];
  readonly missing: readonly { readonly shop: string; readonly why: string }[];
}

/**
 * Asks all shops for an article, and takes what is there after `timeoutMs`: a shop that is slow, busy or down
 * costs its offer, and nothing else.
 */
export async function aggregate(
  http: HttpPool,
  shops: ReadonlyMap<string, string>,
  article: string,
  timeoutMs: number,
): Promise<Offers> {
  const names = [...shops.keys()];
  const urls = [...shops.values()].map((url) => `${url}?article=${encodeURIComponent(article)}`);
  const { results, errors } = await http.gather(urls, {
    parse: async (response, { index }): Promise<Offer> => {
      const { price } = await response.json<{ price: number }>();
      return { shop: names[index]!, price };
    },
    onError: "collect",
    timeoutMs,
  });
  return {
    offers: results.filter((offer) => offer !== undefined).sort((a, b) => a.price - b.price),
    missing: errors.map(({ index, error }) => ({ shop: names[index]!, why: String(error) })),
  };
}
