import { ClosedError, sleep } from "corral";
import * as http from "corral/http";
import * as undici from "corral/http/undici";
import { httpPool, type HttpEvent, type HttpPool } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { reportsDuring } from "../support/reports.ts";
import { failureOf, fake, late, slowBody } from "./support/fake.ts";

const url = "https://a.example/";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("corral/http exports exactly these names", () => {
  expect(Object.keys(http).toSorted()).toEqual([
    "HttpCache",
    "HttpError",
    "HttpNetworkError",
    "HttpPool",
    "HttpRedirectError",
    "HttpResponse",
    "HttpStatusError",
    "HttpTimeoutError",
    "HttpTooLateError",
    "httpPool",
  ]);
  expect(Object.keys(undici).toSorted()).toEqual(["httpPool", "undiciEngine"]);
});

test("undici says on Bun at once what to use instead", () => {
  vi.stubGlobal("Bun", {});
  expect(() => undici.httpPool()).toThrow(/use httpPool of "corral\/http"/);
  expect(() => undici.undiciEngine({} as never)).toThrow(/Bun/);
});

test("the platform's fetch is looked up at each call", async () => {
  const pool = httpPool();
  vi.stubGlobal("fetch", async () => new Response("stubbed"));
  expect(await pool.text(url)).toBe("stubbed");
});

test("where the platform hides redirects, it follows them", async () => {
  const asked: unknown[] = [];
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    asked.push(init.redirect);
    if (init.redirect === "follow") return new Response("there");
    return { type: "opaqueredirect", status: 0, headers: new Headers(), body: null };
  });
  expect(await httpPool().text(url)).toBe("there");
  expect(asked).toEqual(["manual", "follow"]);
});

describe("hooks and events", () => {
  test("beforeRequest sets headers of each attempt, and may wait", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((_, n) => new Response("ok", { status: n === 1 ? 503 : 200 }));
      const pool = httpPool({
        fetch,
        headers: { "x-default": "d", "x-own": "pool" },
        retry: { backoff: () => 1 },
        beforeRequest: async (request) => {
          await sleep(5, { signal: request.signal });
          request.headers.set("x-attempt", String(request.attempt));
          expect(request.url).toBe(url);
        },
      });
      await pool.text(url, { headers: { "x-own": "request" } });
      const headers = sent.map((one) => Object.fromEntries(one.headers));
      expect(headers).toEqual([
        { "x-attempt": "1", "x-default": "d", "x-own": "request" },
        { "x-attempt": "2", "x-default": "d", "x-own": "request" },
      ]);
    }));

  test("what a hook throws, the request fails with, and holds no place", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => new Response("ok"));
      const broken = new Error("no token");
      const fail = (): never => {
        throw broken;
      };
      const before = httpPool({ fetch, total: 1, beforeRequest: fail });
      expect(await failureOf(before.fetch(url))).toBe(broken);
      expect(await failureOf(before.fetch(url))).toBe(broken);
      expect(sent).toHaveLength(0);
      const after = httpPool({ fetch, total: 1, afterResponse: fail });
      expect(await failureOf(after.fetch(url))).toBe(broken);
      expect(await failureOf(after.fetch(url))).toBe(broken);
      expect([before.stats().active, after.stats().active]).toEqual([0, 0]);
    }));

  test("afterResponse sees what the caller gets", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((_, n) => new Response("ok", { status: n === 1 ? 503 : 201 }));
      const seen: unknown[] = [];
      const pool = httpPool({
        fetch,
        retry: { backoff: () => 1 },
        afterResponse: ({ status }, request) => seen.push([status, request.attempt]),
      });
      await pool.text(url);
      expect(seen).toEqual([[201, 2]]);
    }));

  test("events tell how a request went", () =>
    withVirtualClock(async (clock) => {
      const { fetch } = fake((one, n) => {
        if (n === 1) return new Response(null, { status: 302, headers: { location: "/to" } });
        return late(one, 10);
      });
      const events: HttpEvent[] = [];
      const pool = httpPool({ fetch, onEvent: (event) => events.push(event) });
      await pool.text(url);
      await clock.runUntilIdle();
      const method = "GET";
      const to = `${url}to`;
      expect(events).toEqual([
        { kind: "queued", url, method },
        { kind: "start", url, method, attempt: 1, waitedMs: 0 },
        { kind: "headers", url, method, attempt: 1, status: 302, ms: 0 },
        { kind: "redirect", url, method, to },
        { kind: "queued", url: to, method },
        { kind: "start", url: to, method, attempt: 1, waitedMs: 0 },
        { kind: "headers", url: to, method, attempt: 1, status: 200, ms: 10 },
        { kind: "end", url: to, method, attempts: 1, bytes: 4, ms: 10 },
      ]);
      const failing = httpPool({
        fetch: () => Promise.reject(new Error("down")),
        retry: false,
        onEvent: (event) => events.push(event),
      });
      const error = await failureOf(failing.text(url));
      expect(events.at(-1)).toMatchObject({ kind: "end", error });
    }));

  test("an onEvent that throws breaks nothing, and is reported", async () => {
    const { fetch } = fake(() => new Response("ok"));
    const pool = httpPool({
      fetch,
      onEvent: ({ kind }) => {
        if (kind === "start") throw new Error("broken");
      },
    });
    const reports = await reportsDuring(async () => {
      expect(await pool.text(url)).toBe("ok");
    });
    expect(reports).toEqual(["onEvent threw: Error: broken"]);
  });
});

/** A pool with one place, and three requests of 100 ms each. */
const open = (onClose?: () => unknown): { pool: HttpPool; done: Promise<unknown> } => {
  const { fetch } = fake((one) => new Response(slowBody(one, [[100, "x"]])));
  const pool = httpPool({ fetch, total: 1, onClose });
  const done = Promise.allSettled([pool.text(url), pool.text(url), pool.text(url)]);
  return { pool, done };
};

describe("close()", () => {
  test("waits for what is under way and in line, then takes no more", () =>
    withVirtualClock(async (clock) => {
      let closed = 0;
      const { pool, done } = open(() => closed++);
      await pool.close();
      expect(clock.now()).toBe(300);
      expect(((await done) as { status: string }[]).map(({ status }) => status)).toEqual(
        Array(3).fill("fulfilled"),
      );
      expect(await failureOf(pool.fetch(url))).toBeInstanceOf(ClosedError);
      expect(await failureOf(pool.gather([url]))).toBeInstanceOf(ClosedError);
      expect(() => pool.stream([url])).toThrow(ClosedError);
      await pool.close();
      expect(closed).toBe(1);
    }));

  test("cuts off what goes on after the grace", () =>
    withVirtualClock(async (clock) => {
      const { pool, done } = open();
      await pool.close({ graceMs: 150 });
      expect(clock.now()).toBe(150);
      const ends = (await done) as PromiseSettledResult<unknown>[];
      expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
      expect(ends[1]).toMatchObject({ reason: { name: "ClosedError" } });
      expect(pool.stats()).toMatchObject({ active: 0, pending: 0, calls: 0 });
    }));

  test("disposing it waits for nothing but the end", () =>
    withVirtualClock(async (clock) => {
      const { pool, done } = open();
      await sleep(10);
      await pool[Symbol.asyncDispose]();
      expect(clock.now()).toBe(10);
      expect(((await done) as { status: string }[]).map(({ status }) => status)).toEqual(
        Array(3).fill("rejected"),
      );
    }));

  test("a response that somebody holds counts, and its reader is told", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => new Response(slowBody(one, [[1, "x"]])));
      const pool = httpPool({ fetch });
      const response = await pool.fetch(url);
      await pool.close({ graceMs: 10 });
      expect(await failureOf(response.text())).toBeInstanceOf(ClosedError);
    }));
});

describe("misuse is told at once, and changes nothing", () => {
  const options: [string, unknown, string][] = [
    ["options", "x", '"options" must be an object'],
    ["total", { total: 0 }, '"total" must be a positive integer, received 0'],
    ["perOrigin", { perOrigin: "1" }, '"perOrigin" must be a positive integer'],
    ["timeouts", { timeouts: { headersMs: -1 } }, '"timeouts.headersMs" must be'],
    ["timeouts", { timeouts: 5 }, '"timeouts" must be an object'],
    ["retry", { retry: 3 }, '"retry" must be an object'],
    ["attempts", { retry: { attempts: 0 } }, '"retry.attempts" must be'],
    ["backoff", { retry: { backoff: 5 } }, '"retry.backoff" must be a function'],
    ["statuses", { retry: { statuses: 500 } }, '"retry.statuses" must be an array'],
    ["budget", { retry: { budget: 1 } }, '"retry.budget" must be an object'],
    ["hedge", { hedge: {} }, '"hedge.delayMs" must be a number'],
    ["breaker", { breaker: {} }, "Cannot create a circuit breaker"],
    ["rate", { rate: { limit: -1, perMs: 1 } }, "Cannot create a rate limiter"],
    ["dedupe", { dedupe: "GET" }, '"dedupe" must be a boolean'],
    ["cache", { cache: true }, '"cache" must be an object'],
    ["cache.max", { cache: { max: 0 } }, '"cache.max" must be'],
    ["fetch", { fetch: "fetch" }, '"fetch" must be a function'],
    ["onEvent", { onEvent: 1 }, '"onEvent" must be a function'],
    ["maxRedirects", { maxRedirects: -1 }, '"maxRedirects" must be a non-negative integer'],
    ["raiseForStatus", { raiseForStatus: 1 }, '"raiseForStatus" must be a boolean'],
    ["baseUrl", { baseUrl: "/x" }, 'baseUrl" must be an http: or https: URL, received "/x"'],
  ];
  test.each(options)("of the option %s", (_name, value, message) => {
    expect(() => httpPool(value as never)).toThrow(message);
  });

  const inputs: [unknown, unknown, string][] = [
    ["/relative", {}, '"input" must be an http: or https: URL or a Request, received "/relative"'],
    ["ftp://a.example/", {}, '"input" must be an http: or https: URL'],
    ["https://user:pass@a.example/", {}, "a URL without a user and password"],
    [5, {}, '"input" must be'],
    [undefined, {}, '"input" must be'],
    [url, 5, '"init" must be an object'],
    [url, { method: "TRACE" }, '"method" must be a method that can be sent, received "TRACE"'],
    [url, { method: "" }, '"method" must be'],
    [url, { body: "x" }, '"body" must be absent of a GET'],
    [url, { method: "POST", body: "x", json: 1 }, 'one of "json" and "body" must be absent'],
    [url, { redirect: "maybe" }, '"redirect" must be'],
    [url, { cache: "maybe" }, '"cache" must be'],
    [url, { retry: 3 }, '"retry" must be a boolean'],
    [url, { timeouts: { totalMs: "1" } }, '"timeouts.totalMs" must be'],
    [url, { onProgress: 1 }, '"onProgress" must be a function'],
    [url, { signal: "x" }, "signal"],
  ];
  test.each(inputs)("of %o with %o", async (input, init, message) => {
    const { fetch, sent } = fake(() => new Response("ok"));
    const pool = httpPool({ fetch });
    for (const method of ["fetch", "text", "json", "bytes"] as const) {
      const error = await failureOf(pool[method](input as string, init as object));
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toContain(message);
    }
    expect(sent).toHaveLength(0);
    expect(pool.stats()).toMatchObject({ requests: 0, calls: 0 });
  });

  const many: [unknown, string][] = [
    [{ concurrency: 0 }, '"concurrency" must be a positive integer'],
    [{ parse: 1 }, '"parse" must be a function'],
    [{ ordered: 1 }, '"ordered" must be a boolean'],
    [{ onError: "skip" }, '"onError" must be "cancel" or "collect"'],
    [{ timeoutMs: "1" }, '"timeoutMs" must be'],
    [AbortSignal.abort(), '"options" must be an object'],
  ];
  test.each(many)("of gather() with %o", async (value, message) => {
    const pool = httpPool({ fetch: fake(() => new Response("ok")).fetch });
    const error = await failureOf(pool.gather([url], value as object));
    expect((error as Error).message).toContain(message);
  });

  test("of stream()", () => {
    const pool = httpPool();
    expect(() => pool.stream([url], { highWaterMark: -1 })).toThrow('"highWaterMark" must be');
    expect(() => pool.stream(5 as never)).toThrow(TypeError);
  });
});
