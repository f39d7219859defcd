import { constant, now, RetryBudget, sleep } from "corral";
import { HttpNetworkError, httpPool, HttpStatusError, type HttpEvent } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { failureOf, fake, slowBody } from "./support/fake.ts";

const url = "https://a.example/";
const reset = (): never => {
  throw Object.assign(new TypeError("fetch failed"), {
    cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
  });
};
const status = (code: number, headers?: Record<string, string>): Response =>
  new Response(`status ${code}`, { status: code, headers: headers ?? {} });

describe("retries", () => {
  test("network errors and transient statuses are tried again, with pauses", () =>
    withVirtualClock(async (clock) => {
      const { fetch } = fake((_, n) => (n === 1 ? reset() : n === 2 ? status(503) : status(200)));
      const events: HttpEvent[] = [];
      const http = httpPool({
        fetch,
        retry: { backoff: (n) => n * 100 },
        onEvent: (event) => events.push(event),
      });
      const response = await http.fetch(url);
      expect(response).toMatchObject({ status: 200, attempts: 3 });
      await response.text();
      expect(now()).toBe(300);
      const retries = events.filter(({ kind }) => kind === "retry");
      expect(retries).toMatchObject([
        { attempt: 1, delayMs: 100, error: { code: "ECONNRESET" } },
        { attempt: 2, delayMs: 200, error: { status: 503 } },
      ]);
      await clock.runUntilIdle();
      expect(http.stats()).toMatchObject({ requests: 1, ok: 1, attempts: 3, retries: 2 });
    }));

  test("the last response is given back when the attempts are used up", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => status(503));
      const http = httpPool({ fetch, retry: { backoff: constant(1) } });
      const response = await http.fetch(url);
      expect(response).toMatchObject({ status: 503, attempts: 3 });
      expect(await response.text()).toBe("status 503");
      const error = await failureOf(http.text(url));
      expect(error).toBeInstanceOf(HttpStatusError);
      expect(error).toMatchObject({ status: 503, attempts: 3, gaveUp: "attempts" });
      expect((error as HttpStatusError).body).toBe("status 503");
      expect(sent).toHaveLength(6);
    }));

  test("a pause gives the place to others", () =>
    withVirtualClock(async () => {
      const fakes = fake(({ url: to }, n) =>
        to.endsWith("/bad") && n < 3 ? reset() : status(200),
      );
      const http = httpPool({ fetch: fakes.fetch, total: 1, retry: { backoff: constant(1_000) } });
      const bad = http.text(`${url}bad`);
      await sleep(1);
      expect(await http.text(`${url}good`)).toBe("status 200");
      expect(now()).toBe(1);
      await bad;
      expect(now()).toBe(1_000);
      expect(fakes.peak).toBe(1);
    }));

  test.each([
    ["POST", {}, 1],
    ["PATCH", {}, 1],
    ["PUT", {}, 3],
    ["DELETE", {}, 3],
    ["POST", { headers: { "Idempotency-Key": "1" } }, 3],
    ["POST", { retry: "unsafe" as const }, 3],
    ["GET", { retry: false }, 1],
  ])("%s with %o is sent %i times", (method, init, times) =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => reset());
      const http = httpPool({ fetch, retry: { backoff: constant(1) } });
      const error = await failureOf(http.fetch(url, { method, ...init }));
      expect(error).toBeInstanceOf(HttpNetworkError);
      expect(sent).toHaveLength(times);
      if (times === 1 && method !== "GET") expect(error).toMatchObject({ gaveUp: "unsafe" });
    }),
  );

  test("a body that is a stream is sent once; one that a function makes, each time", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => reset());
      const http = httpPool({ fetch, retry: { backoff: constant(1) } });
      const stream = new ReadableStream();
      const once = http.fetch(url, { method: "PUT", body: stream });
      expect(await failureOf(once)).toMatchObject({ gaveUp: "body", attempts: 1 });
      sent.length = 0;
      let made = 0;
      await failureOf(http.fetch(url, { method: "PUT", body: () => `body ${++made}` }));
      expect(sent.map(({ body }) => body)).toEqual(["body 1", "body 2", "body 3"]);
    }));

  test("no attempt is begun that would come too late", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => reset());
      const http = httpPool({ fetch, retry: { backoff: constant(100), attempts: 9 } });
      const error = await failureOf(http.text(url, { timeouts: { totalMs: 250 } }));
      expect(error).toMatchObject({ name: "HttpNetworkError", gaveUp: "tooLate", attempts: 3 });
      expect(now()).toBe(200);
      expect(sent).toHaveLength(3);
    }));

  test("a budget keeps retries to a share of the requests", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => reset());
      const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 0 });
      const http = httpPool({ fetch, total: 1, retry: { backoff: constant(1), budget } });
      const all = await Promise.all(Array.from({ length: 8 }, () => failureOf(http.text(url))));
      expect(sent.length).toBe(12);
      expect(all.map((error) => (error as HttpNetworkError).gaveUp)).toContain("budget");
    }));

  test("retryIf is asked, and may say no", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => status(500));
      const asked: unknown[] = [];
      const http = httpPool({
        fetch,
        retry: {
          backoff: constant(1),
          retryIf: (failure) => {
            asked.push((failure as HttpStatusError).status);
            return asked.length < 2;
          },
        },
      });
      await http.fetch(url);
      expect(sent).toHaveLength(2);
      expect(asked).toEqual([500, 500]);
      const broken = httpPool({
        fetch,
        retry: {
          retryIf: () => {
            throw new Error("broken");
          },
        },
      });
      expect(await failureOf(broken.fetch(url))).toMatchObject({ message: "broken" });
      expect(broken.stats().active).toBe(0);
    }));

  test("a body that breaks off is asked for again where it belongs to the call", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one, n) => {
        const fails = n === 1 ? new Error("terminated") : undefined;
        return new Response(
          slowBody(
            one,
            [
              [1, '{"a":'],
              [1, "1}"],
            ],
            fails,
          ),
        );
      });
      const http = httpPool({ fetch, retry: { backoff: constant(1) } });
      expect(await http.json(url)).toEqual({ a: 1 });
      expect(sent).toHaveLength(2);
      sent.length = 0;
      const response = await http.fetch(url);
      expect(await failureOf(response.json())).toMatchObject({ phase: "body" });
      expect(sent).toHaveLength(1);
    }));

  test("what is made of a response fails as it does, and is not tried again", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => new Response("no JSON"));
      const http = httpPool({ fetch, retry: { backoff: constant(1) } });
      expect(await failureOf(http.json(url))).toBeInstanceOf(SyntaxError);
      const other = new HttpNetworkError({ method: "GET", url }, "body", new Error("another's"));
      const parse = (): never => {
        throw other;
      };
      expect(await failureOf(http.gather([url], { parse }))).toBe(other);
      expect(sent).toHaveLength(2);
    }));
});

describe("Retry-After", () => {
  test.each([
    ["seconds", () => ({ "retry-after": "7" })],
    [
      "date",
      () => ({
        date: "Wed, 21 Oct 2015 07:28:00 GMT",
        "retry-after": "Wed, 21 Oct 2015 07:28:07 GMT",
      }),
    ],
  ])("in %s is waited for", (_form, headers) =>
    withVirtualClock(async () => {
      const { fetch } = fake((_, n) => (n === 1 ? status(429, headers()) : status(200)));
      const http = httpPool({ fetch, retry: { backoff: constant(1) } });
      await http.text(url);
      expect(now()).toBe(7_000);
    }),
  );

  test("holds up all requests to the origin, those in line too, and no others", () =>
    withVirtualClock(async () => {
      const times: [string, number][] = [];
      const { fetch } = fake(({ url: to }, n) => {
        times.push([new URL(to).hostname, now()]);
        return n === 1 ? status(503, { "retry-after": "5" }) : status(200);
      });
      const http = httpPool({ fetch, perOrigin: 1, retry: { backoff: constant(1) } });
      const all = Array.from({ length: 4 }, () => http.text(url));
      const other = http.text("https://b.example/");
      await Promise.all([...all, other]);
      expect(times.filter(([host]) => host === "b.example")).toEqual([["b.example", 0]]);
      const own = times.filter(([host]) => host === "a.example").map(([, time]) => time);
      expect(own).toEqual([0, 5_000, 5_000, 5_000, 5_000]);
      await http.text(url);
      expect(now()).toBe(5_000);
    }));

  test("that is longer than there is time, or than is allowed, ends it at once", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => status(503, { "retry-after": "50" }));
      const http = httpPool({ fetch, retry: { maxRetryAfterMs: 20_000, backoff: constant(1) } });
      expect(await failureOf(http.text(url))).toMatchObject({ status: 503, gaveUp: "tooLate" });
      expect(now()).toBe(0);
      // Nobody asks for as long as is allowed.
      const late = await failureOf(http.text(url, { timeouts: { totalMs: 10_000 } }));
      expect(late).toMatchObject({ name: "HttpTooLateError" });
      expect(now()).toBe(0);
      expect(sent).toHaveLength(1);
      await failureOf(http.text(url));
      expect(now()).toBe(20_000);
    }));
});
