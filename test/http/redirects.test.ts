import { HttpRedirectError, httpPool } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { failureOf, fake, type Fake } from "./support/fake.ts";

const a = "https://a.example";
const b = "https://b.example";

function redirecting(status: number, to: string): Fake {
  return fake(({ url }) =>
    url.includes("/from")
      ? new Response(null, { status, headers: { location: to } })
      : new Response("here"),
  );
}

describe("redirects", () => {
  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [303, "POST", "GET"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [302, "PUT", "PUT"],
    [307, "POST", "POST"],
    [308, "POST", "POST"],
    [301, "GET", "GET"],
  ])("%i makes of a %s a %s", (status, method, becomes) =>
    withVirtualClock(async () => {
      const { fetch, sent } = redirecting(status, "/to");
      const http = httpPool({ fetch });
      const hasBody = method === "POST" || method === "PUT";
      await http.fetch(`${a}/from`, {
        method,
        headers: { "content-type": "text/x", "x-own": "1" },
        ...(hasBody ? { body: "body" } : {}),
      });
      const [, second] = sent;
      expect(second!.url).toBe(`${a}/to`);
      expect(second!.method).toBe(becomes);
      const keeps = hasBody && becomes !== "GET";
      expect(second!.body).toBe(keeps ? "body" : undefined);
      expect(second!.headers.has("content-type")).toBe(becomes === method);
      expect(second!.headers.get("x-own")).toBe("1");
    }),
  );

  test("another origin gets no credentials, the same does", () =>
    withVirtualClock(async () => {
      const headers = {
        authorization: "secret",
        cookie: "secret",
        "proxy-authorization": "s",
        x: "y",
      };
      for (const [to, has] of [
        [`${b}/to`, false],
        [`${a}/to`, true],
        ["//b.example/to", false],
        ["https://a.example:444/to", false],
      ] as const) {
        const { fetch, sent } = redirecting(302, to);
        await httpPool({ fetch }).fetch(`${a}/from`, { headers });
        const names = [...sent[1]!.headers.keys()];
        expect(names).toEqual(
          has ? ["authorization", "cookie", "proxy-authorization", "x"] : ["x"],
        );
      }
    }));

  test("relative locations, and the hash of the request", () =>
    withVirtualClock(async () => {
      const { fetch } = redirecting(302, "../to?x=1");
      const http = httpPool({ fetch });
      expect((await http.fetch(`${a}/x/from#part`)).url).toBe(`${a}/to?x=1#part`);
      const own = httpPool({ fetch: redirecting(302, "/to#own").fetch });
      expect((await own.fetch(`${a}/from#part`)).url).toBe(`${a}/to#own`);
    }));

  test.each(["ftp://a.example/", "https://user:pass@a.example/", "http://"])(
    "%s cannot be followed",
    (to) =>
      withVirtualClock(async () => {
        const { fetch } = redirecting(302, to);
        const http = httpPool({ fetch });
        const error = await failureOf(http.fetch(`${a}/from`));
        expect(error).toBeInstanceOf(HttpRedirectError);
        expect(error).toMatchObject({ urls: [`${a}/from`] });
        expect(http.stats().active).toBe(0);
      }),
  );

  test("a stream cannot be sent again, and need not where it becomes a GET", () =>
    withVirtualClock(async () => {
      const kept = httpPool({ fetch: redirecting(307, "/to").fetch });
      const error = await failureOf(
        kept.fetch(`${a}/from`, { method: "POST", body: new ReadableStream() }),
      );
      expect(error).toBeInstanceOf(HttpRedirectError);
      const dropped = httpPool({ fetch: redirecting(303, "/to").fetch });
      const response = await dropped.fetch(`${a}/from`, {
        method: "POST",
        body: new ReadableStream(),
      });
      expect(response.redirected).toBe(true);
    }));

  test("each place is at the origin that is asked", () =>
    withVirtualClock(async () => {
      const { fetch } = redirecting(302, `${b}/to`);
      const http = httpPool({ fetch, total: 1, perOrigin: 1 });
      const { results } = await http.gather([`${a}/from`, `${a}/from`], {
        parse: (response) => response.text(),
      });
      expect(results).toEqual(["here", "here"]);
      expect(http.stats()).toMatchObject({ attempts: 2, active: 0 });
    }));

  test("a redirect without a location is a response", () =>
    withVirtualClock(async () => {
      const http = httpPool({ fetch: async () => new Response("what", { status: 302 }) });
      const response = await http.fetch(a);
      expect([response.status, await response.text()]).toEqual([302, "what"]);
    }));
});
