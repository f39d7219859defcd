import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { CancelScope, isCancellation, now, sleep } from "corral";
import { HttpNetworkError, httpPool, HttpStatusError } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { engines } from "./support/engines.ts";
import { failureOf, fake, late, slowBody } from "./support/fake.ts";
import { TestServer } from "./support/server.ts";
import { at as within } from "../support/mode.ts";

const url = "https://a.example/";

/** A server that answers each connection with these bytes. */
async function raw(answer: (path: string) => string | Uint8Array) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const path = data.toString("latin1").split(" ")[1] ?? "";
      const bytes = answer(path);
      socket.end(typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

describe.each(engines)("$engine, a server that is odd", ({ open }) => {
  test.each([
    ["UTF-8", Buffer.from("日本", "utf8")],
    ["Latin-1", Buffer.from("caf\xe9", "latin1")],
  ])("headers in %s are no failure", async (_name, value) => {
    await using server = await raw((path) =>
      Buffer.concat([
        Buffer.from(`HTTP/1.1 ${path === "/bad" ? "503 Bad" : "200 OK"}\r\nx-name: `),
        value,
        Buffer.from('\r\netag: "1"\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'),
      ]),
    );
    await using http = open({ retry: false, cache: {}, breaker: { failures: 9, openMs: 1 } });
    const response = await http.fetch(server.url("/"));
    expect(Buffer.from(response.headers.get("x-name")!, "latin1")).toEqual(value);
    expect(await response.text()).toBe("ok");
    expect(await failureOf(http.text(server.url("/bad")))).toBeInstanceOf(HttpStatusError);
    expect(http.stats().active).toBe(0);
  });

  test("a location in UTF-8 is what it says", async () => {
    await using server = await raw((path) =>
      path === "/"
        ? "HTTP/1.1 302 Found\r\nlocation: /café\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        : `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${path}`,
    );
    await using http = open();
    expect(await http.text(server.url("/"))).toBe("/caf%C3%A9");
  });

  test.each(["constructor", "__proto__", "hasOwnProperty", "get", "toString"])(
    "a header called %s",
    async (name) => {
      await using server = await raw(
        () => `HTTP/1.1 200 OK\r\n${name}: odd\r\nconnection: close\r\n\r\nok`,
      );
      await using http = open({ retry: false });
      const response = await http.fetch(server.url("/"));
      expect(response.headers.get(name)).toBe("odd");
      expect(await response.text()).toBe("ok");
    },
  );

  test("205 with a body holds no place as a Response", async () => {
    await using server = await raw(
      () => "HTTP/1.1 205 Reset\r\ncontent-length: 5\r\nconnection: close\r\n\r\nwrong",
    );
    await using http = open({ total: 1 });
    for (let i = 0; i < 2; i++) {
      expect((await http.fetch(server.url("/"))).toResponse()).toMatchObject({ body: null });
    }
  });

  test.each([204, 304])("%i has no body, and holds no place", async (status) => {
    await using server = await TestServer.open((_request, response) => {
      response.writeHead(status).end();
    });
    await using http = open({ total: 1 });
    const response = await http.fetch(server.url("/"));
    expect(response.body).toBe(null);
    response.toResponse();
    expect(await http.fetch(server.url("/"))).toMatchObject({ status });
  });
});

describe("places", () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20])(
    "are given back by a hedged request that is cancelled %i turns after it was made",
    (turns) =>
      withVirtualClock(async () => {
        const { fetch } = fake((one) => late(one, 100));
        const http = httpPool({ fetch, total: 1, hedge: { delayMs: 10 } });
        const controller = new AbortController();
        const failed = failureOf(http.text(url, { signal: controller.signal }));
        for (let i = 0; i < turns; i++) await Promise.resolve();
        controller.abort("gone");
        expect(await failed).toBe("gone");
        await sleep(200);
        expect(http.stats()).toMatchObject({ active: 0, pending: 0, calls: 0 });
      }),
  );
});

describe("retry, hedge and breaker", () => {
  test("retry unsafe hedges nothing that is not idempotent, unless told to", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one) => late(one, 100));
      const http = httpPool({ fetch, hedge: { delayMs: 10 } });
      await http.text(url, { method: "POST", retry: "unsafe" });
      expect(sent).toHaveLength(1);
      await http.text(url, { method: "POST", retry: "unsafe", hedge: true });
      expect(sent).toHaveLength(3);
    }));

  test("a hook's own failure is not retried, whatever it is, and is none of the origin's", () =>
    withVirtualClock(async () => {
      const other = httpPool({ fetch: () => Promise.reject(new Error("down")), retry: false });
      let asked = 0;
      const { fetch, sent } = fake(() => new Response("ok"));
      const http = httpPool({
        fetch,
        breaker: { failures: 1, openMs: 60_000 },
        beforeRequest: async () => {
          asked++;
          if (asked === 1) await other.text("https://token.example/");
        },
      });
      const failure = await failureOf(http.text(url));
      expect(failure).toBeInstanceOf(HttpNetworkError);
      expect((failure as HttpNetworkError).url).toBe("https://token.example/");
      expect(asked).toBe(1);
      expect(await http.text(url)).toBe("ok");
      expect(sent).toHaveLength(1);
    }));

  test("a body that cannot be made is no failure of the origin", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(() => new Response("ok"));
      const http = httpPool({ fetch, breaker: { failures: 1, openMs: 60_000 } });
      const broken = new Error("no such file");
      const body = (): never => {
        throw broken;
      };
      expect(await failureOf(http.text(url, { method: "PUT", body }))).toBe(broken);
      expect(await http.text(url)).toBe("ok");
    }));

  test("an open circuit fails at once, without waiting for a place", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one, n) =>
        n === 1 ? late(one, 1_000) : new Response("down", { status: 500 }),
      );
      const breaker = { failures: 1, openMs: 60_000 };
      const http = httpPool({ fetch, perOrigin: 2, retry: false, breaker });
      const slow = http.text(url);
      // Nobody has read it: it holds a place.
      await using unread = await http.fetch(url);
      expect(unread.status).toBe(500);
      expect(await failureOf(http.text(url))).toMatchObject({ name: "CircuitOpenError" });
      expect(now()).toBe(0);
      expect(await slow).toBe("late");
    }));
});

describe("caches and dedupe", () => {
  test("a redirect that somebody has seen is followed by who wants that", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(({ url: at }) =>
        at.endsWith("/to")
          ? new Response("here")
          : new Response("moved", {
              status: 301,
              headers: { location: "/to", "cache-control": "max-age=60" },
            }),
      );
      const http = httpPool({ fetch, cache: {} });
      const manual = await http.fetch(url, { redirect: "manual" });
      expect(await manual.text()).toBe("moved");
      expect(await http.text(url)).toBe("here");
      expect(await http.read(url, (r) => r.status, { redirect: "manual" })).toBe(301);
    }));

  test("what is shared is an error where it would be one alone", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(({ headers }) =>
        headers.has("if-none-match")
          ? new Response(null, { status: 304 })
          : new Response(null, { status: 302, headers: { location: "/to" } }),
      );
      const http = httpPool({ fetch, dedupe: true });
      expect(await http.read(url, (r) => r.status, { redirect: "manual" })).toBe(302);
      expect(await http.read(url, (r) => r.status, { headers: { "if-none-match": '"1"' } })).toBe(
        304,
      );
    }));

  test("the question of one URL is not asked of another that it redirects to", () =>
    withVirtualClock(async () => {
      let moved = false;
      const { fetch, sent } = fake(({ url: at, headers }) => {
        if (at.endsWith("/to")) {
          return headers.has("if-modified-since") || headers.has("if-none-match")
            ? new Response(null, { status: 304 })
            : new Response("new");
        }
        return moved
          ? new Response(null, { status: 302, headers: { location: "/to" } })
          : new Response("old", {
              headers: { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT", etag: '"1"' },
            });
      });
      const http = httpPool({ fetch, cache: {} });
      expect(await http.text(url)).toBe("old");
      moved = true;
      expect(await http.text(url)).toBe("new");
      expect(sent).toHaveLength(3);
    }));

  test("a 304 that says not to keep it is heeded", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(({ headers }) =>
        headers.has("if-none-match")
          ? new Response(null, {
              status: 304,
              headers: { "cache-control": "no-store, max-age=60" },
            })
          : new Response("body", { headers: { "cache-control": "no-cache", etag: '"1"' } }),
      );
      const http = httpPool({ fetch, cache: {} });
      for (let i = 0; i < 2; i++) expect(await http.text(url)).toBe("body");
      expect(http.stats().cache).toMatchObject({ size: 0 });
      await http.text(url);
      expect(sent[2]!.headers.has("if-none-match")).toBe(false);
    }));

  test("a 304 with several cookies keeps them all", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(({ headers }) => {
        const own = new Headers({ etag: '"1"' });
        own.append("set-cookie", "a=1");
        own.append("set-cookie", "b=2");
        return headers.has("if-none-match")
          ? new Response(null, { status: 304, headers: own })
          : new Response("body", { headers: { etag: '"1"', "set-cookie": "c=3" } });
      });
      const http = httpPool({ fetch, cache: {} });
      await http.text(url);
      const response = await http.fetch(url);
      expect(response.fromCache).toBe(true);
      expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    }));

  test("what a reload has found not to be kept takes the place of what was", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(
        (_one, n) =>
          new Response(`v${n}`, {
            headers: { "cache-control": n === 2 ? "no-store" : "max-age=60" },
          }),
      );
      const http = httpPool({ fetch, cache: {} });
      expect(await http.text(url)).toBe("v1");
      expect(await http.text(url, { cache: "reload" })).toBe("v2");
      expect(await http.text(url)).toBe("v3");
    }));

  test("the cache mode of a Request counts", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(
        (_one, n) => new Response(`v${n}`, { headers: { "cache-control": "max-age=60" } }),
      );
      const http = httpPool({ fetch, cache: {} });
      await http.text(url);
      expect(await http.text(new Request(url, { cache: "no-store" } as RequestInit))).toBe("v2");
      expect(await http.text(new Request(url))).toBe("v1");
    }));

  test("what a hook sets is nobody else's", () =>
    withVirtualClock(async () => {
      let user = "alice";
      const { fetch } = fake(
        ({ headers }) =>
          new Response(headers.get("authorization") ?? headers.get("accept-language"), {
            headers: { "cache-control": "max-age=60", vary: "accept-language", etag: '"1"' },
          }),
      );
      for (const name of ["authorization", "cookie", "accept-language"]) {
        const http = httpPool({
          fetch,
          cache: {},
          beforeRequest: ({ headers }) => headers.set(name, user),
        });
        user = "alice";
        await http.text(url);
        user = "bob";
        const response = await http.fetch(url);
        expect(response.fromCache).toBe(false);
        if (name !== "cookie") expect(await response.text()).toBe("bob");
      }
      // What it sets beside that is of no account.
      const http = httpPool({
        fetch,
        cache: {},
        beforeRequest: ({ headers }) => headers.set("x-trace", "1"),
      });
      await http.text(url);
      expect((await http.fetch(url)).fromCache).toBe(true);
    }));

  test.each(["POST", "clear", "clear all"])(
    "what was asked for before a change (%s) is not kept after it",
    (how) =>
      withVirtualClock(async () => {
        let version = 1;
        const { fetch } = fake(async ({ method, signal }) => {
          if (method === "POST") return new Response("done");
          const body = `v${version}`;
          await sleep(100, { signal });
          return new Response(body, { headers: { "cache-control": "max-age=60" } });
        });
        const http = httpPool({ fetch, cache: {} });
        const before = http.text(url);
        const other = http.text(`${url}other`);
        await sleep(10);
        version = 2;
        if (how === "POST") await http.text(url, { method: "POST" });
        else if (how === "clear") http.cache!.clear(url);
        else http.cache!.clear();
        expect(await before).toBe("v1");
        expect(await http.text(url)).toBe("v2");
        expect(await http.text(url)).toBe("v2");
        expect(http.stats().cache).toMatchObject({ hits: 1 });
        await other;
        expect((await http.fetch(`${url}other`)).fromCache).toBe(how !== "clear all");
      }),
  );

  test("who has gone gets nothing from the cache either", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(
        () => new Response("x", { headers: { "cache-control": "max-age=60" } }),
      );
      const http = httpPool({ fetch, cache: {} });
      await http.text(url);
      expect(await failureOf(http.text(url, { signal: AbortSignal.abort("gone") }))).toBe("gone");
      const gone = new CancelScope();
      const failure = failureOf(
        gone.run((scope) => {
          scope.cancel("left");
          return http.text(url, within(scope));
        }),
      );
      expect(isCancellation(await failure)).toBe(true);
    }));

  test("close() waits for what was asked for before it, also through a cache", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => late(one, 100));
      const http = httpPool({ fetch, cache: {} });
      const asked = http.text(url);
      await http.close();
      expect(now()).toBe(100);
      expect(await asked).toBe("late");
    }));

  test.each(["headers", "body", "question"])(
    "a change while the %s of an answer are under way makes it too old to keep",
    (phase) =>
      withVirtualClock(async () => {
        let version = 1;
        const { fetch } = fake(async (one) => {
          if (one.method === "POST") return new Response("done");
          const was = version;
          const asked = one.headers.has("if-none-match");
          if (phase === "headers" || asked) await sleep(100, { signal: one.signal });
          const headers = {
            "cache-control": phase === "question" && !asked ? "no-cache" : "max-age=60",
            etag: `"${was}"`,
          };
          if (asked) return new Response(null, { status: 304, headers });
          return new Response(slowBody(one, [[phase === "body" ? 100 : 0, `v${was}`]]), {
            headers,
          });
        });
        const http = httpPool({ fetch, cache: {} });
        if (phase === "question") await http.text(url);
        const before = http.text(url);
        await sleep(10);
        version = 2;
        await http.text(url, { method: "POST" });
        expect(await before).toBe("v1");
        expect(await http.text(url)).toBe("v2");
      }),
  );

  test("an old answer that may not be kept leaves a newer one", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(async ({ method, signal }, n) => {
        if (method === "POST") return new Response("done");
        if (n > 1) return new Response("new", { headers: { "cache-control": "max-age=60" } });
        await sleep(100, { signal });
        return new Response("old", { headers: { "cache-control": "no-store" } });
      });
      const http = httpPool({ fetch, cache: {} });
      const old = http.text(url);
      await sleep(10);
      await http.text(url, { method: "POST" });
      await http.text(url);
      expect(await old).toBe("old");
      expect((await http.fetch(url)).fromCache).toBe(true);
    }));

  test("a 304 of another URL, which nobody has asked for, is no answer for what is kept", () =>
    withVirtualClock(async () => {
      let moved = false;
      const { fetch } = fake(({ url: asked }) => {
        if (asked.endsWith("/to")) return new Response(null, { status: 304 });
        return moved
          ? new Response(null, { status: 302, headers: { location: "/to" } })
          : new Response("old", { headers: { etag: '"1"' } });
      });
      const http = httpPool({ fetch, cache: {} });
      await http.text(url);
      moved = true;
      expect(await http.fetch(url)).toMatchObject({ status: 304, fromCache: false });
    }));

  test("clear() takes a URL with a hash", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(
        () => new Response("x", { headers: { "cache-control": "max-age=60" } }),
      );
      const http = httpPool({ fetch, cache: {} });
      await http.text(`${url}#a`);
      http.cache!.clear(`${url}#a`);
      expect(http.stats().cache).toMatchObject({ size: 0 });
    }));

  test("a body larger than the cache is given all the same", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(
        () => new Response("x".repeat(100), { headers: { "cache-control": "max-age=60" } }),
      );
      const http = httpPool({ fetch, cache: { maxBytes: 10 } });
      expect(await http.text(url)).toHaveLength(100);
      expect(await http.text(url)).toHaveLength(100);
    }));

  test("a caller's limits are not another's", () =>
    withVirtualClock(async () => {
      for (const timeouts of [{ totalMs: 50 }, { headersMs: 50 }, { attemptMs: 50 }]) {
        const { fetch } = fake((one) => late(one, 100));
        const http = httpPool({ fetch, dedupe: true, retry: false });
        const hasty = failureOf(http.text(url, { timeouts }));
        const patient = http.text(url);
        expect(await hasty).toMatchObject({ name: "TimeoutError" });
        expect(await patient).toBe("late");
      }
      // The usual limit is the caller's, too: it counts from when that has come.
      const { fetch } = fake((one) => late(one, 100));
      const http = httpPool({ fetch, dedupe: true, retry: false, timeouts: { totalMs: 80 } });
      const first = failureOf(http.text(url));
      await sleep(50);
      const second = http.text(url);
      expect(await first).toMatchObject({ phase: "total" });
      expect(await second).toBe("late");
    }));

  test("the headers of a shared response are each caller's own", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => late(one, 10));
      const http = httpPool({ fetch, dedupe: true });
      const [a, b] = await Promise.all([http.fetch(url), http.fetch(url)]);
      a.headers.set("x-mine", "1");
      expect(b.headers.has("x-mine")).toBe(false);
    }));
});

test("a parse that does not end keeps close() from no end", () =>
  withVirtualClock(async () => {
    let closed = 0;
    const { fetch } = fake(() => new Response("x"));
    const http = httpPool({ fetch, onClose: () => closed++ });
    let end!: () => void;
    const parsed = http.read(url, () => new Promise<void>((resolve) => (end = resolve)));
    await sleep(1);
    expect(await failureOf(http.close({ graceMs: 10 }))).toMatchObject({ name: "TimeoutError" });
    expect(closed).toBe(1);
    end();
    await parsed.catch(() => {});
    await http.close();
    expect(closed).toBe(1);
  }));

describe("requests", () => {
  test("an engine that sets headers sets them of that request alone", () =>
    withVirtualClock(async () => {
      const seen: (string | null)[] = [];
      const http = httpPool({
        fetch: async (at, { headers }) => {
          seen.push(headers.get("authorization"));
          if (at.startsWith("https://a.")) headers.set("authorization", "secret");
          return new Response("ok");
        },
      });
      await http.text(url);
      await http.text("https://b.example/");
      expect(seen).toEqual([null, null]);
      expect(new Headers((await http.fetch(url)).headers).has("authorization")).toBe(false);
    }));

  test.each([[() => 1], [Symbol("x")]])("%o is no JSON", async (json) => {
    const { fetch, sent } = fake(() => new Response("ok"));
    const failure = await failureOf(httpPool({ fetch }).text(url, { json }));
    expect(failure).toBeInstanceOf(TypeError);
    expect((failure as Error).message).toMatch(/^Cannot make a request: "json" must be /);
    expect(sent).toHaveLength(0);
  });

  test.each(["nonsense", "ftp://a.example/", "https://user:hunter2@a.example/"])(
    "baseUrl %s is refused at once",
    (baseUrl) => {
      expect(() => httpPool({ baseUrl })).toThrow(
        /^Cannot create an HTTP pool: "baseUrl" must be /,
      );
      expect(() => httpPool({ baseUrl })).not.toThrow(/hunter2/);
    },
  );

  test("a body that was looked at can be read", async () => {
    const { fetch } = fake(() => new Response("ok"));
    const http = httpPool({ fetch });
    const response = await http.fetch(url);
    expect(response.body).not.toBe(null);
    expect(await response.text()).toBe("ok");
    await expect(response.text()).rejects.toThrow(TypeError);
    const locked = await http.fetch(url);
    locked.body!.getReader();
    await expect(locked.text()).rejects.toThrow(TypeError);
    const begun = await http.fetch(url);
    const reader = begun.body!.getReader();
    await reader.read();
    reader.releaseLock();
    await expect(begun.text()).rejects.toThrow(TypeError);
    await begun.body!.cancel();
    await locked[Symbol.asyncDispose]();
  });
});

/** What a platform that hides redirects is asked to send, and what comes of it. */
async function hidden(method: string): Promise<{ readonly sent: string[]; outcome: unknown }> {
  const platform = globalThis.fetch;
  const sent: string[] = [];
  globalThis.fetch = (async (_at: unknown, init: RequestInit) => {
    sent.push(`${init.method} ${init.redirect}`);
    if (init.redirect === "follow") return new Response("there");
    const response = new Response(null, { status: 200 });
    Object.defineProperty(response, "type", { value: "opaqueredirect" });
    return response;
  }) as never;
  try {
    const http = httpPool({ retry: false });
    return { sent, outcome: await http.text(url, { method }).catch((error: unknown) => error) };
  } finally {
    globalThis.fetch = platform;
  }
}

describe("where the platform hides redirects", () => {
  test("a POST is sent once", async () => {
    const unknown = await hidden("POST");
    expect(unknown.sent).toEqual(["POST manual"]);
    expect(unknown.outcome).toMatchObject({ name: "HttpNetworkError" });
    for (const sign of ["document", "importScripts"]) {
      Object.defineProperty(globalThis, sign, { value: {}, configurable: true });
      try {
        expect(await hidden("POST")).toEqual({ sent: ["POST follow"], outcome: "there" });
        expect((await hidden("GET")).outcome).toBe("there");
      } finally {
        Reflect.deleteProperty(globalThis, sign);
      }
    }
  });
});

describe("hooks", () => {
  test("afterResponse sees the request of the response, also beside a hedge", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one, n) => late(one, n === 1 ? 50 : 1_000));
      let sent = 0;
      const seen: unknown[] = [];
      const http = httpPool({
        fetch,
        hedge: { delayMs: 10 },
        beforeRequest: ({ headers }) => headers.set("x-number", String(++sent)),
        afterResponse: (_response, { headers }) => seen.push(headers.get("x-number")),
      });
      await http.text(url);
      expect([sent, seen]).toEqual([2, ["1"]]);
    }));
});

function* endless(): Generator<string> {
  for (;;) yield "nonsense";
}

describe("gather", () => {
  test(
    "an endless source whose items fail at once leaves time for the deadline",
    { timeout: 20_000 },
    async () => {
      const { fetch } = fake(() => new Response("ok"));
      const http = httpPool({ fetch });
      const { stats } = await http.gather(endless(), { onError: "collect", timeoutMs: 50 });
      expect(stats.timedOut).toBe(true);
    },
  );

  test("raiseForStatus goes before the pool's, and after the item's", async () => {
    const { fetch } = fake(() => new Response("?", { status: 404 }));
    for (const pool of [true, false]) {
      const http = httpPool({ fetch, raiseForStatus: pool });
      const items = [url, { url, raiseForStatus: pool }];
      const { errors } = await http.gather(items, { onError: "collect", raiseForStatus: !pool });
      expect(errors.map(({ index }) => index)).toEqual([pool ? 1 : 0]);
    }
  });
});
