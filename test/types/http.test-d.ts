import {
  type HttpEngine,
  type HttpError,
  httpPool,
  type HttpResponse,
  type HttpResult,
  HttpTimeoutError,
  type HttpTimeoutPhase,
} from "corral/http";
import { httpPool as undiciPool } from "corral/http/undici";
import { expectTypeOf, test } from "vitest";

const http = httpPool();
const own: HttpEngine = (url, { method, headers, signal, redirect }) =>
  fetch(url, { method, headers, signal, redirect });

test("an engine is fetch, or anything like it", () => {
  expectTypeOf<(url: string) => Promise<Response>>().toExtend<HttpEngine>();
  void httpPool({ fetch: own });
  // @ts-expect-error -- a pool on undici has its engine
  void undiciPool({ fetch: own });
});

test("results are what parse makes", () => {
  expectTypeOf(http.fetch("/")).toEqualTypeOf<Promise<HttpResponse>>();
  expectTypeOf(http.json<{ a: number }>("/")).toEqualTypeOf<Promise<{ a: number }>>();
  expectTypeOf(http.json("/")).toEqualTypeOf<Promise<unknown>>();
  const lengths = http.gather(["/"], { parse: async (response) => (await response.text()).length });
  expectTypeOf(lengths).resolves.toHaveProperty("results").toEqualTypeOf<number[]>();
  const some = http.gather(["/"], { parse: () => 1, onError: "collect" });
  expectTypeOf(some).resolves.toHaveProperty("results").toEqualTypeOf<(number | undefined)[]>();
  expectTypeOf(http.gather(["/"]))
    .resolves.toHaveProperty("results")
    .toEqualTypeOf<HttpResponse[]>();
});

test("a result of a stream has a value or an error", async () => {
  for await (const result of http.stream([new URL("https://a.example/")], { parse: () => 1 })) {
    expectTypeOf(result).toEqualTypeOf<HttpResult<number, URL>>();
    if (result.ok) expectTypeOf(result.value).toEqualTypeOf<number>();
    else expectTypeOf(result.error).toEqualTypeOf<unknown>();
  }
});

test("errors are told apart by their classes", () => {
  const error: unknown = undefined;
  if (error instanceof HttpTimeoutError) {
    expectTypeOf(error.phase).toEqualTypeOf<HttpTimeoutPhase>();
  }
  expectTypeOf<HttpError["attempts"]>().toEqualTypeOf<number>();
});

test("what is not meant is refused", () => {
  // @ts-expect-error -- times are numbers
  void httpPool({ timeouts: { totalMs: "5s" } });
  // @ts-expect-error -- no such way
  void http.gather(["/"], { onError: "ignore" });
  // @ts-expect-error -- numbers are no requests
  void http.gather([1]);
});
