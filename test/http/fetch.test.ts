import { CancelScope, isCancellation, sleep, timeout } from "corral";
import { HttpNetworkError, HttpStatusError } from "corral/http";
import { describe, expect, test } from "vitest";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { engines } from "./support/engines.ts";
import { failureOf } from "./support/fake.ts";
import { moment, TestServer, until } from "./support/server.ts";

const hello = (): Promise<TestServer> =>
  TestServer.open((request, response) => response.end(`hello ${request.url}`));

describe.each(engines)("fetch() on $engine", { timeout: 30_000 }, ({ open }) => {
  test("gives the response of the server", async () => {
    await using server = await TestServer.open((request, response) => {
      response.writeHead(201, {
        "x-method": request.method,
        "x-given": request.headers["x-given"],
      });
      request.pipe(response);
    });
    await using http = open();
    const response = await http.fetch(server.url("/a?b=c#d"), {
      method: "post",
      headers: { "x-given": "yes" },
      body: "some text",
    });
    expect(response).toMatchObject({ status: 201, ok: true, redirected: false, attempts: 1 });
    expect(response.statusText).toBe("Created");
    expect(response.url).toBe(server.url("/a?b=c#d"));
    expect(response.headers.get("x-method")).toBe("POST");
    expect(response.headers.get("x-given")).toBe("yes");
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe("some text");
    expect(response.bodyUsed).toBe(true);
    await expect(response.text()).rejects.toThrow(TypeError);
  });

  test("sends bodies of all kinds", async () => {
    await using server = await TestServer.open((request, response) => {
      response.setHeader("x-type", request.headers["content-type"] ?? "");
      request.pipe(response);
    });
    await using http = open();
    const send = async (init: object): Promise<[string, string]> => {
      const response = await http.fetch(server.url("/"), { method: "POST", ...init });
      const type = response.headers.get("x-type")!;
      return [await response.text(), type];
    };
    expect(await send({ body: "text" })).toEqual(["text", "text/plain;charset=UTF-8"]);
    expect(await send({ json: { a: 1 } })).toEqual(['{"a":1}', "application/json"]);
    expect(await send({ body: new URLSearchParams({ a: "b c" }) })).toEqual([
      "a=b+c",
      "application/x-www-form-urlencoded;charset=UTF-8",
    ]);
    const bytes = new TextEncoder().encode("bytes");
    expect((await send({ body: bytes }))[0]).toBe("bytes");
    expect((await send({ body: bytes.buffer }))[0]).toBe("bytes");
    expect((await send({ body: new Blob(["blob"]) }))[0]).toBe("blob");
    expect((await send({ body: () => "made" }))[0]).toBe("made");
    expect((await send({ body: new Response("stream").body }))[0]).toBe("stream");
    const [form, type] = await send({
      body: (() => {
        const data = new FormData();
        data.set("key", "value");
        return data;
      })(),
    });
    expect(form).toContain('name="key"');
    expect(type).toContain("multipart/form-data; boundary=");
  });

  test("gives bodies as bytes, JSON, a stream, a Response", async () => {
    await using server = await TestServer.open((_request, response) => response.end('{"a":[1]}'));
    await using http = open();
    const again = (): ReturnType<typeof http.fetch> => http.fetch(server.url("/"));
    expect(await (await again()).json()).toEqual({ a: [1] });
    expect(new TextDecoder().decode(await (await again()).bytes())).toBe('{"a":[1]}');
    expect((await (await again()).arrayBuffer()).byteLength).toBe(9);
    expect(await (await (await again()).blob()).text()).toBe('{"a":[1]}');
    expect(await (await again()).toResponse().json()).toEqual({ a: [1] });
    expect(await new Response((await again()).body).text()).toBe('{"a":[1]}');
    expect(await http.json(server.url("/"))).toEqual({ a: [1] });
    expect(await http.text(server.url("/"))).toBe('{"a":[1]}');
    expect((await http.bytes(server.url("/"))).byteLength).toBe(9);
    await server.idle();
    await until(() => http.stats().active === 0);
  });

  test("holds the place until the body has been read", async () => {
    await using server = await hello();
    await using http = open({ total: 1 });
    const first = await http.fetch(server.url("/1"));
    const second = http.fetch(server.url("/2"));
    await moment();
    expect(http.stats()).toMatchObject({ active: 1, pending: 1 });
    expect(server.requests).toBe(1);
    expect(await first.text()).toBe("hello /1");
    expect(await (await second).text()).toBe("hello /2");
    expect(server.peak).toBe(1);
  });

  test.each(["dispose", "body.cancel", "stream", "no body"])(
    "gives the place back: %s",
    async (how) => {
      await using server = await TestServer.open((_request, response) => {
        if (how === "no body") response.writeHead(204).end();
        else response.end("x".repeat(1 << 20));
      });
      await using http = open({ total: 1 });
      for (let i = 0; i < 3; i++) {
        const response = await http.fetch(server.url("/"));
        if (how === "dispose") await response[Symbol.asyncDispose]();
        if (how === "body.cancel") await response.body!.cancel();
        if (how === "stream") {
          let length = 0;
          for await (const chunk of response.body!) length += chunk.byteLength;
          expect(length).toBe(1 << 20);
        }
        if (how === "no body") expect(await response.text()).toBe("");
      }
      expect(server.requests).toBe(3);
      await server.idle();
      await until(() => http.stats().active === 0);
    },
  );

  test("a response without a body holds no place", async () => {
    await using server = await TestServer.open((_request, response) => response.end());
    await using http = open({ total: 1 });
    const responses = [];
    for (let i = 0; i < 3; i++)
      responses.push(await http.fetch(server.url("/"), { method: "HEAD" }));
    for (let i = 0; i < 3; i++) responses.push(await http.fetch(server.url("/")));
    expect(responses.map(({ status }) => status)).toEqual(Array(6).fill(200));
  });

  test("small bodies that nobody wants keep the connection, large ones close it", async () => {
    await using server = await TestServer.open((request, response) =>
      response.end("x".repeat(Number(request.url!.slice(1)))),
    );
    await using http = open({ total: 1 });
    for (let i = 0; i < 5; i++) {
      const response = await http.fetch(server.url("/10000"));
      await response[Symbol.asyncDispose]();
    }
    // One that has just been used may not be free yet.
    expect(server.connections).toBeLessThan(3);
    for (let i = 0; i < 3; i++) {
      const response = await http.fetch(server.url("/5000000"));
      await response[Symbol.asyncDispose]();
    }
    await http.text(server.url("/1"));
    expect(server.connections).toBeGreaterThan(3);
    await until(() => http.stats().active === 0);
  });

  test("a cancelled request closes its connection and gives its place back", async () => {
    await using server = await TestServer.open((request, response) => {
      if (request.url === "/ok") response.end("ok");
    });
    await using http = open({ total: 1 });
    const controller = new AbortController();
    const request = failureOf(http.fetch(server.url("/never"), { signal: controller.signal }));
    const line = failureOf(http.fetch(server.url("/never"), { signal: controller.signal }));
    while (server.active === 0) await moment(1);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await request).toBe(reason);
    expect(await line).toBe(reason);
    await server.idle();
    expect(http.stats()).toMatchObject({ active: 0, pending: 0, calls: 0 });
    expect(await http.text(server.url("/ok"))).toBe("ok");
    expect(server.requests).toBe(2);
  });

  test("a scope that is cancelled cuts the request and the body off", async () => {
    await using server = await TestServer.open((request, response) => {
      if (request.url === "/body") response.write("half");
    });
    await using http = open();
    const scope = new CancelScope();
    const work = scope.run(async () => {
      const response = await http.fetch(server.url("/body"), at(scope));
      const text = response.text();
      setTimeout(() => scope.cancel("enough"), 10);
      await text;
    });
    expect(isCancellation(await failureOf(work))).toBe(true);
    await server.idle();
    await until(() => http.stats().active === 0);
  });

  test("a timeout around cuts it off, and throws its own error", async () => {
    await using server = await TestServer.open(() => {});
    await using http = open();
    const late = timeout(30, (scope) => http.fetch(server.url("/"), at(scope)));
    const error = await failureOf(late);
    expect(error).toMatchObject({ name: "TimeoutError" });
    expect(error).not.toHaveProperty("phase");
    await server.idle();
  });

  test("a body that is read after the scope stays cancellable, and readable", async () => {
    await using server = await hello();
    await using http = open();
    const scope = new CancelScope();
    const response = await scope.run(() => http.fetch(server.url("/"), at(scope)));
    expect(await response.text()).toBe("hello /");
  });

  test("a read that is cancelled closes the connection", async () => {
    await using server = await TestServer.open((_request, response) => response.write("half"));
    await using http = open({ total: 1 });
    const response = await http.fetch(server.url("/"));
    await failureOf(timeout(20, (scope) => response.text({ signal: scope.signal })));
    await server.idle();
    await until(() => http.stats().active === 0);
  });

  test("nothing is unhandled when a response is left alone and its pool is closed", async () => {
    const unhandled = await unhandledDuring(async () => {
      await using server = await TestServer.open((request, response) => {
        if (request.url === "/body") response.write("half");
        if (request.url === "/reset") request.socket.resetAndDestroy();
      });
      const http = open({ retry: false });
      const response = await http.fetch(server.url("/body"));
      const headers = http.fetch(server.url("/never"));
      expect(await failureOf(http.fetch(server.url("/reset")))).toBeInstanceOf(HttpNetworkError);
      const closing = http.close({ graceMs: 5 });
      expect(await failureOf(headers)).toMatchObject({ name: "ClosedError" });
      await closing;
      expect(await failureOf(response.text())).toMatchObject({ name: "ClosedError" });
      expect(await failureOf(http.fetch(server.url("/")))).toMatchObject({ name: "ClosedError" });
      await server.idle();
    });
    expect(unhandled).toEqual([]);
  });

  test("a status that is no success is a response, or an error with the first of its body", async () => {
    await using server = await TestServer.open((_request, response) => {
      response.writeHead(404, { "x-why": "gone" }).end("é".repeat(5_000));
    });
    await using http = open();
    await using missing = await http.fetch(server.url("/"));
    expect(missing.status).toBe(404);
    const error = await failureOf(http.fetch(server.url("/"), { raiseForStatus: true }));
    expect(error).toBeInstanceOf(HttpStatusError);
    const { status, body, response, message, attempts } = error as HttpStatusError;
    expect(status).toBe(404);
    expect(body).toBe("é".repeat(1_024));
    expect(response.headers.get("x-why")).toBe("gone");
    expect(message).toBe(`GET ${server.url("/")} gave 404 Not Found`);
    expect(attempts).toBe(1);
    expect(await failureOf(http.json(server.url("/")))).toBeInstanceOf(HttpStatusError);
    await using raising = open({ raiseForStatus: true });
    expect(await failureOf(raising.fetch(server.url("/")))).toBeInstanceOf(HttpStatusError);
    await using raw = await raising.fetch(server.url("/"), { raiseForStatus: false });
    expect(raw.status).toBe(404);
  });

  test("close() waits for bodies that are being read", async () => {
    await using server = await TestServer.open(async (_request, response) => {
      response.write("half");
      await moment(30);
      response.end(" whole");
    });
    const http = open();
    const response = await http.fetch(server.url("/"));
    const text = response.text();
    await http.close();
    expect(await text).toBe("half whole");
    await sleep(0);
  });

  test("tells progress", async () => {
    await using server = await TestServer.open((_request, response) => {
      response.setHeader("content-length", 10);
      response.write("01234");
      setTimeout(() => response.end("56789"), 10);
    });
    await using http = open();
    const seen: unknown[] = [];
    await http.text(server.url("/"), { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { loaded: 5, total: 10 },
      { loaded: 10, total: 10 },
    ]);
  });
});
