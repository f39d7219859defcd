import { TimeoutError } from "corral";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type * as Http from "../../src/http/index.ts";

let a: typeof Http;
let b: typeof Http;

beforeAll(async () => {
  a = await import("../../src/http/index.ts");
  vi.resetModules();
  b = await import("../../src/http/index.ts");
});

afterAll(() => {
  vi.resetModules();
});

const request = { method: "GET", url: "https://a.example/" };

describe("errors of two copies of the library", () => {
  test("are recognised by each other", () => {
    expect(a.HttpError).not.toBe(b.HttpError);
    const network = new a.HttpNetworkError(request, "body", new Error("terminated"));
    expect(network).toBeInstanceOf(b.HttpNetworkError);
    expect(network).toBeInstanceOf(b.HttpError);
    expect(network).toBeInstanceOf(Error);
    expect(network).not.toBeInstanceOf(b.HttpStatusError);
    const timeout = new a.HttpTimeoutError(request, "headers", 100, 100);
    expect(timeout).toBeInstanceOf(b.HttpTimeoutError);
    expect(timeout).toBeInstanceOf(TimeoutError);
    expect(timeout).not.toBeInstanceOf(b.HttpError);
    expect(new TimeoutError(1)).not.toBeInstanceOf(b.HttpTimeoutError);
    for (const other of [undefined, null, 5, "x", {}, Object.create(null), new Error("x")]) {
      expect(other instanceof a.HttpError).toBe(false);
      expect(other instanceof a.HttpTimeoutError).toBe(false);
    }
  });

  test("a class that extends one is told apart", () => {
    class Own extends a.HttpRedirectError {}
    const own = new Own(request, "was odd", []);
    expect(own).toBeInstanceOf(b.HttpRedirectError);
    expect(own).toBeInstanceOf(Own);
    expect(new a.HttpRedirectError(request, "was odd", [])).not.toBeInstanceOf(Own);
  });
});

test("a network error says what has failed, wherever the engine puts it", () => {
  const system = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const wrapped = new TypeError("fetch failed", { cause: system });
  expect(new a.HttpNetworkError(request, "headers", wrapped)).toMatchObject({
    code: "ECONNREFUSED",
    cause: wrapped,
    message: "GET https://a.example/ had no response: ECONNREFUSED",
  });
  expect(new a.HttpNetworkError(request, "body", "odd")).toMatchObject({
    code: undefined,
    message: "GET https://a.example/ broke off in the body: odd",
  });
  const plain = new TypeError("outer", { cause: new Error("inner") });
  expect(new a.HttpNetworkError(request, "body", plain).message).toMatch(/outer: inner$/);
});
