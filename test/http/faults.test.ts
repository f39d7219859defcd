import {
  HttpError,
  HttpNetworkError,
  HttpRedirectError,
  HttpStatusError,
  HttpTimeoutError,
} from "corral/http";
import { TimeoutError } from "corral";
import { describe, expect, test } from "vitest";
import { reportsDuring } from "../support/reports.ts";
import { engines } from "./support/engines.ts";
import { failureOf } from "./support/fake.ts";
import { moment, TestServer, until } from "./support/server.ts";

/** Answers in every way there is; a path answers well from its third visit on. */
const handler = (kind: number): Parameters<typeof TestServer.open>[0] => {
  return (request, response, number) => {
    const which = number > 2 ? 0 : (Number(request.url!.slice(1)) + kind) % 8;
    if (which === 1) response.writeHead(503).end("later");
    else if (which === 2) request.socket.resetAndDestroy();
    else if (which === 3) response.write("half", () => response.destroy());
    else if (which === 4) response.writeHead(302, { location: "/9000" }).end("moved");
    else if (which === 5) void moment(60).then(() => response.end("whole"));
    else if (which === 6) response.writeHead(500).end("x".repeat(200_000));
    else setTimeout(() => response.end("whole"), 2);
  };
};

describe.each(engines)("faults of a server, on $engine", { timeout: 30_000 }, ({ open }) => {
  test("a connection that is refused", async () => {
    const gone = await TestServer.open(() => {});
    const url = gone.url("/");
    await gone[Symbol.asyncDispose]();
    await using http = open({ retry: { attempts: 2, backoff: () => 1 } });
    const error = await failureOf(http.fetch(url));
    expect(error).toBeInstanceOf(HttpNetworkError);
    expect(error).toBeInstanceOf(HttpError);
    expect(error).toMatchObject({
      name: "HttpNetworkError",
      phase: "headers",
      code: "ECONNREFUSED",
      url,
      method: "GET",
      attempts: 2,
      gaveUp: "attempts",
    });
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  test("a connection that is reset before the headers", async () => {
    await using server = await TestServer.open((request) => request.socket.resetAndDestroy());
    await using http = open({ retry: false });
    expect(await failureOf(http.fetch(server.url("/")))).toMatchObject({
      name: "HttpNetworkError",
      phase: "headers",
      attempts: 1,
      gaveUp: undefined,
    });
  });

  test.each(["content-length", "chunked"])("a body that breaks off, %s", async (how) => {
    await using server = await TestServer.open((_request, response) => {
      if (how === "content-length") response.setHeader("content-length", 100);
      response.write("half", () => response.destroy());
    });
    await using http = open({ retry: { attempts: 3, backoff: () => 1 } });
    const response = await http.fetch(server.url("/"));
    const error = await failureOf(response.text());
    expect(error).toMatchObject({ name: "HttpNetworkError", phase: "body" });
    expect(server.requests).toBe(1);
    // Where the body belongs to the call, it is asked for again.
    expect(await failureOf(http.text(server.url("/")))).toMatchObject({
      name: "HttpNetworkError",
      phase: "body",
      attempts: 3,
      gaveUp: "attempts",
    });
    expect(server.requests).toBe(4);
    await server.idle();
    await until(() => http.stats().active === 0);
  });

  test("headers that do not come", async () => {
    await using server = await TestServer.open(() => {});
    await using http = open({ timeouts: { headersMs: 30 }, retry: false });
    const error = await failureOf(http.fetch(server.url("/")));
    expect(error).toBeInstanceOf(HttpTimeoutError);
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).not.toBeInstanceOf(HttpStatusError);
    expect(error).toMatchObject({ phase: "headers", url: server.url("/") });
    await server.idle();
    await until(() => http.stats().active === 0);
  });

  test("a body that stops coming", async () => {
    await using server = await TestServer.open((_request, response) => response.write("half"));
    await using http = open({ timeouts: { bodyIdleMs: 30 }, retry: false });
    const response = await http.fetch(server.url("/"));
    expect(await failureOf(response.text())).toMatchObject({
      name: "TimeoutError",
      phase: "bodyIdle",
    });
    await server.idle();
    await until(() => http.stats().active === 0);
  });

  test("a body that drips is no idle one, but has a limit all the same", async () => {
    await using server = await TestServer.open((_request, response) => {
      const timer = setInterval(() => response.write("drop"), 5);
      response.once("close", () => clearInterval(timer));
    });
    await using http = open({ timeouts: { bodyIdleMs: 10_000, attemptMs: 80 }, retry: false });
    expect(await failureOf(http.text(server.url("/")))).toMatchObject({ phase: "attempt" });
    const total = http.text(server.url("/"), { timeouts: { attemptMs: 5_000, totalMs: 80 } });
    expect(await failureOf(total)).toMatchObject({ phase: "total" });
    await server.idle();
    await until(() => http.stats().active === 0);
  });

  test("a body that nobody reads gives its place back", async () => {
    await using server = await TestServer.open((_request, response) =>
      response.end("x".repeat(1 << 20)),
    );
    await using http = open({ total: 1, timeouts: { bodyIdleMs: 300 } });
    const unread = await http.fetch(server.url("/"));
    const reports = await reportsDuring(async () => {
      expect((await http.text(server.url("/"))).length).toBe(1 << 20);
    });
    expect(reports).toHaveLength(1);
    expect(await failureOf(unread.text())).toMatchObject({ phase: "bodyIdle" });
  });

  test.each(["seconds", "date"])("503 with Retry-After in %s is waited for", async (form) => {
    await using server = await TestServer.open((_request, response, number) => {
      if (number > 1) {
        response.end("fine");
        return;
      }
      const now = Math.ceil(Date.now() / 1000) * 1000;
      response.setHeader("date", new Date(now).toUTCString());
      const date = new Date(now + 1000).toUTCString();
      response.setHeader("retry-after", form === "seconds" ? "1" : date);
      response.writeHead(503).end("later");
    });
    await using http = open({ retry: { backoff: () => 1 } });
    const delays: number[] = [];
    const start = performance.now();
    expect(await http.text(server.url("/"))).toBe("fine");
    delays.push(performance.now() - start);
    expect(delays[0]).toBeGreaterThan(990);
    expect(server.requests).toBe(2);
  });

  test("429 that asks for more than there is time is given back at once", async () => {
    await using server = await TestServer.open((_request, response) => {
      response.writeHead(429, { "retry-after": "100" }).end("slow down");
    });
    await using http = open({ timeouts: { totalMs: 2_000 } });
    const response = await http.fetch(server.url("/"));
    expect(response.status).toBe(429);
    expect(await response.text()).toBe("slow down");
    expect(server.requests).toBe(1);
    expect(await failureOf(http.text(server.url("/")))).toMatchObject({ name: "HttpTooLateError" });
    expect(server.requests).toBe(1);
  });

  test("redirects are followed, within limits", async () => {
    await using server = await TestServer.open((request, response) => {
      const to = /^\/to(.*)$/.exec(request.url!)?.[1];
      if (request.url === "/loop") response.writeHead(302, { location: "/loop" }).end("again");
      else if (to !== undefined) response.writeHead(302, { location: to }).end("there");
      else response.end(`${request.method} ${request.url}`);
    });
    await using http = open({ total: 1, maxRedirects: 5 });
    const response = await http.fetch(server.url("/to/to/here"));
    expect(response).toMatchObject({ redirected: true, url: server.url("/here"), attempts: 1 });
    expect(await response.text()).toBe("GET /here");
    const error = await failureOf(http.fetch(server.url("/loop")));
    expect(error).toBeInstanceOf(HttpRedirectError);
    expect((error as HttpRedirectError).urls).toHaveLength(6);
    expect(server.count("/loop")).toBe(6);
    const manual = await http.fetch(server.url("/loop"), { redirect: "manual" });
    expect(manual.status).toBe(302);
    expect(manual.headers.get("location")).toBe("/loop");
    await manual.text();
    const refused = http.fetch(server.url("/loop"), { redirect: "error" });
    expect(await failureOf(refused)).toBeInstanceOf(HttpRedirectError);
    await until(() => http.stats().active === 0);
  });

  test("no more connections are open than there are places", async () => {
    await using server = await TestServer.open((_request, response) => response.end("page"));
    await using http = open({ perOrigin: 6 });
    const urls = Array.from({ length: 80 }, (_, i) => server.url(`/${i}`));
    for await (const { value } of http.stream(urls, { parse: (response) => response.text() })) {
      expect(value).toBe("page");
    }
    expect(server.peakSockets).toBeLessThanOrEqual(6);
    expect(server.connections).toBeLessThanOrEqual(6);
  });

  test("caps hold under faults of all kinds, and no body is left", async () => {
    await using a = await TestServer.open(handler(0));
    await using b = await TestServer.open(handler(1));
    let peak = 0;
    await using http = open({
      total: 7,
      perOrigin: 5,
      retry: { attempts: 6, backoff: () => 2, budget: false },
      onEvent: () => {
        peak = Math.max(peak, http.stats().active);
      },
    });
    const urls = Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? a : b).url(`/${i}`));
    const { results, errors, stats } = await http.gather(urls, {
      parse: (response) => response.text(),
      onError: "collect",
    });
    expect(errors).toEqual([]);
    expect(new Set(results)).toEqual(new Set(["whole"]));
    expect(stats.ok).toBe(64);
    expect(stats.retried).toBeGreaterThan(0);
    expect(peak).toBe(7);
    for (const server of [a, b]) {
      expect(server.peak).toBeLessThanOrEqual(5);
      await server.idle();
    }
    await until(() => http.stats().active === 0);
    expect(http.stats()).toMatchObject({ pending: 0, calls: 0, origins: 0 });
  });
});
