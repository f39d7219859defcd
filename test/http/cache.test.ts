import { sleep } from "corral";
import { HttpCache, httpPool, type HttpInit, type HttpPool } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { engines } from "./support/engines.ts";
import { fake, type Sent } from "./support/fake.ts";
import { TestServer } from "./support/server.ts";

const url = "https://a.example/";

interface Caching {
  readonly http: HttpPool;
  readonly sent: Sent[];
  /** The body, and whether it came out of the cache. */
  readonly get: (init?: HttpInit, to?: string) => Promise<string>;
}

function caching(
  headers: (sent: Sent, n: number) => Record<string, string>,
  options = {},
): Caching {
  const { fetch, sent } = fake((one, n) => {
    const has = headers(one, n);
    const asked = one.headers.get("if-none-match");
    if (asked !== null && asked === has["etag"])
      return new Response(null, { status: 304, headers: has });
    const since = one.headers.get("if-modified-since");
    if (since !== null && since === has["last-modified"]) {
      return new Response(null, { status: 304, headers: has });
    }
    return new Response(`body ${n}`, { headers: has });
  });
  const http = httpPool({ fetch, cache: {}, retry: false, ...options });
  return {
    http,
    sent,
    get: async (init, to = url) => {
      const response = await http.fetch(to, init);
      return `${await response.text()}${response.fromCache ? ", cached" : ""}`;
    },
  };
}

const of = (language: string): HttpInit => ({ headers: { "accept-language": language } });

describe("the cache", () => {
  test("keeps what says that it is fresh, as long as it says", () =>
    withVirtualClock(async () => {
      const { get, http, sent } = caching(() => ({ "cache-control": "max-age=60" }));
      expect(await get()).toBe("body 1");
      await sleep(59_000);
      expect(await get()).toBe("body 1, cached");
      const response = await http.fetch(`${url}#hash`);
      expect(response.headers.get("age")).toBe("59");
      await sleep(1_000);
      expect(await get()).toBe("body 2");
      expect(sent).toHaveLength(2);
      expect(http.stats().cache).toMatchObject({ size: 1, bytes: 6, hits: 2, misses: 1 });
    }));

  test.each([
    ["no Cache-Control", {}],
    ["no-store", { "cache-control": "no-store, max-age=60", etag: '"1"' }],
    ["no-cache without a validator", { "cache-control": "no-cache" }],
    ["max-age=0", { "cache-control": "max-age=0" }],
    ["Expires in the past", { expires: "Wed, 21 Oct 2015 07:28:00 GMT" }],
    ["Expires that is no date", { expires: "0" }],
    ["s-maxage alone", { "cache-control": "s-maxage=60" }],
    ["Vary: *", { "cache-control": "max-age=60", vary: "*" }],
    ["an age beyond its life", { "cache-control": "max-age=60", age: "60" }],
  ])("takes nothing for fresh with %s", (_name, headers) =>
    withVirtualClock(async () => {
      const { get } = caching(() => headers);
      expect(await get()).toBe("body 1");
      expect(await get()).toBe("body 2");
    }),
  );

  test.each([
    [
      "Expires and Date",
      {
        date: "Wed, 21 Oct 2015 07:28:00 GMT",
        expires: "Wed, 21 Oct 2099 07:28:00 GMT",
      },
    ],
    ["private", { "cache-control": "private, max-age=60" }],
    [
      "max-age before Expires",
      {
        "cache-control": 'ext="a, no-store", MAX-AGE="60"',
        expires: "Wed, 21 Oct 2015 07:28:00 GMT",
      },
    ],
  ])("takes it for fresh with %s", (_name, headers) =>
    withVirtualClock(async () => {
      const { get } = caching(() => headers);
      await get();
      expect(await get()).toBe("body 1, cached");
    }),
  );

  test("counts the age that a response comes with", () =>
    withVirtualClock(async () => {
      const { get } = caching(() => ({ "cache-control": "max-age=60", age: "50" }));
      await get();
      await sleep(9_000);
      expect(await get()).toBe("body 1, cached");
      await sleep(1_500);
      expect(await get()).toBe("body 2");
    }));

  test.each([
    ["ETag", { etag: '"1"' }, "if-none-match"],
    ["Last-Modified", { "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT" }, "if-modified-since"],
  ])("asks by %s whether what is stale has changed", (_name, validator, header) =>
    withVirtualClock(async () => {
      let current: Record<string, string> = { "cache-control": "max-age=10", ...validator };
      const { get, sent, http } = caching(() => current);
      await get();
      await sleep(20_000);
      expect(await get()).toBe("body 1, cached");
      expect(sent[1]!.headers.get(header)).toBe(Object.values(validator)[0]);
      await sleep(9_000);
      expect(await get()).toBe("body 1, cached");
      expect(sent).toHaveLength(2);
      await sleep(2_000);
      current = { "cache-control": "max-age=10", etag: '"2"' };
      expect(await get()).toBe("body 3");
      expect(http.stats().cache).toMatchObject({ revalidated: 1, hits: 1, size: 1 });
    }),
  );

  test("no-cache is kept and always asked about", () =>
    withVirtualClock(async () => {
      const { get, sent } = caching(() => ({ "cache-control": "no-cache", etag: '"1"' }));
      await get();
      expect(await get()).toBe("body 1, cached");
      expect(sent).toHaveLength(2);
    }));

  test("what Vary names has a response of its own", () =>
    withVirtualClock(async () => {
      const { get, sent } = caching(() => ({
        "cache-control": "max-age=60",
        vary: "Accept-Language, X-Other",
      }));
      expect(await get(of("en"))).toBe("body 1");
      expect(await get(of("de"))).toBe("body 2");
      expect(await get(of("en"))).toBe("body 1, cached");
      expect(await get(of("de"))).toBe("body 2, cached");
      expect(await get({ headers: { "accept-language": "en", "x-other": "1" } })).toBe("body 3");
      expect(sent).toHaveLength(3);
    }));

  test("credentials have responses of their own, whatever Vary says", () =>
    withVirtualClock(async () => {
      const { get } = caching(() => ({ "cache-control": "max-age=60" }));
      expect(await get({ headers: { authorization: "a" } })).toBe("body 1");
      expect(await get({ headers: { authorization: "b" } })).toBe("body 2");
      expect(await get({ headers: { cookie: "c" } })).toBe("body 3");
      expect(await get({ headers: { authorization: "a" } })).toBe("body 1, cached");
    }));

  test("a request can say how it is used", () =>
    withVirtualClock(async () => {
      const { get, sent } = caching(() => ({ "cache-control": "max-age=60", etag: '"1"' }));
      expect(await get({ cache: "no-store" })).toBe("body 1");
      expect(await get()).toBe("body 2");
      expect(await get({ cache: "no-store" })).toBe("body 3");
      expect(await get({ cache: "no-cache" })).toBe("body 2, cached");
      expect(sent).toHaveLength(4);
      expect(await get({ headers: { "cache-control": "no-cache" } })).toBe("body 2, cached");
      expect(sent).toHaveLength(5);
      expect(await get({ cache: "reload" })).toBe("body 6");
      expect(await get()).toBe("body 6, cached");
      await sleep(100_000);
      expect(await get({ cache: "force-cache" })).toBe("body 6, cached");
      expect(await get({ headers: { range: "bytes=0-1" } })).toBe("body 7");
    }));

  test("a request that changes something drops what there is of its URL", () =>
    withVirtualClock(async () => {
      const { get, http } = caching(() => ({ "cache-control": "max-age=60", vary: "x" }));
      await get();
      await get({ headers: { x: "1" } });
      await get({}, `${url}other`);
      await http.text(url, { method: "PUT", body: "new" });
      expect(await get()).toBe("body 5");
      expect(await get({ headers: { x: "1" } })).toBe("body 6");
      expect(await get({}, `${url}other`)).toBe("body 3, cached");
      http.cache!.clear(`${url}other`);
      expect(await get({}, `${url}other`)).toBe("body 7");
      http.cache!.clear();
      expect(http.stats().cache).toMatchObject({ size: 0, bytes: 0 });
    }));

  test("keeps to its bounds, and lets go of the least recent", () =>
    withVirtualClock(async () => {
      const { get, http } = caching(() => ({ "cache-control": "max-age=60" }), {
        cache: { max: 2, maxBytes: 100 },
      });
      await get({}, `${url}1`);
      await get({}, `${url}2`);
      await get({}, `${url}1`);
      await get({}, `${url}3`);
      expect(await get({}, `${url}1`)).toBe("body 1, cached");
      expect(await get({}, `${url}2`)).toBe("body 4");
      expect(http.stats().cache).toMatchObject({ size: 2, evictions: 2 });
    }));

  test.each([[true], [false]])("large bodies are given and not kept (length known: %s)", (known) =>
    withVirtualClock(async (clock) => {
      const big = "x".repeat(5_000);
      const { fetch, sent } = fake(() => {
        const headers = { "cache-control": "max-age=60" };
        return new Response(new Blob([big]).stream(), {
          headers: known ? { ...headers, "content-length": "5000" } : headers,
        });
      });
      const http = httpPool({ fetch, cache: { maxEntryBytes: 1_000 } });
      expect(await http.text(url)).toBe(big);
      expect(await (await http.fetch(url)).text()).toBe(big);
      expect(sent).toHaveLength(2);
      await clock.runUntilIdle();
      expect(http.stats()).toMatchObject({ cache: { size: 0 }, active: 0 });
    }),
  );

  test("failures are kept only where they are no errors, and raised from there", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(
        () => new Response("none", { status: 404, headers: { "cache-control": "max-age=60" } }),
      );
      const http = httpPool({ fetch, cache: {} });
      await http.text(url).catch(() => {});
      expect((await http.fetch(url)).fromCache).toBe(false);
      expect((await http.fetch(url)).fromCache).toBe(true);
      await expect(http.text(url)).rejects.toMatchObject({ status: 404, body: "none" });
      expect(sent).toHaveLength(2);
    }));

  test("what a redirect led to is not kept", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(({ url: to }) =>
        to.endsWith("/from")
          ? new Response(null, { status: 302, headers: { location: "/to" } })
          : new Response("there", { headers: { "cache-control": "max-age=60" } }),
      );
      const http = httpPool({ fetch, cache: {} });
      await http.text(`${url}from`);
      await http.text(`${url}from`);
      expect(sent).toHaveLength(4);
    }));

  test("may be shared by pools, and by equal requests under way", () =>
    withVirtualClock(async () => {
      const cache = new HttpCache({ max: 10 });
      const one = caching(() => ({ "cache-control": "max-age=60" }), { cache, dedupe: true });
      const two = caching(() => ({ "cache-control": "max-age=60" }), { cache });
      await Promise.all([one.get(), one.get()]);
      expect(one.sent).toHaveLength(1);
      expect(await two.get()).toBe("body 1, cached");
      expect(await one.get()).toBe("body 1, cached");
      expect(cache.stats().hits).toBe(2);
    }));
});

describe.each(engines)("the cache on $engine, with a server", { timeout: 30_000 }, ({ open }) => {
  test("asks it, and takes 304 for an answer", async () => {
    await using server = await TestServer.open((request, response) => {
      response.setHeader("etag", '"v1"');
      if (request.headers["if-none-match"] === '"v1"') response.writeHead(304).end();
      else response.end("whole");
    });
    await using http = open({ cache: {} });
    for (let i = 0; i < 3; i++) expect(await http.text(server.url("/"))).toBe("whole");
    expect(server.requests).toBe(3);
    expect(http.stats().cache).toMatchObject({ revalidated: 2, misses: 1 });
  });
});
