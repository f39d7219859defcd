import { now, sleep } from "corral";
import { httpPool, HttpStatusError } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { failureOf, fake, late } from "./support/fake.ts";

const url = "https://a.example/";

describe("dedupe", () => {
  test("equal requests that are under way are sent once, and each caller has a response of its own", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one, n) => late(one, 100, `answer ${n}`));
      const http = httpPool({ fetch, dedupe: true });
      const responses = await Promise.all(Array.from({ length: 10 }, () => http.fetch(url)));
      expect(new Set(await Promise.all(responses.map((each) => each.text())))).toEqual(
        new Set(["answer 1"]),
      );
      expect(sent).toHaveLength(1);
      expect(http.stats()).toMatchObject({ requests: 1, shared: 9, active: 0 });
      expect(await http.text(url)).toBe("answer 2");
      const bytes = await Promise.all([http.bytes(url), http.bytes(url)]);
      bytes[0][0] = 0;
      expect(bytes[1][0]).not.toBe(0);
    }));

  test.each([
    ["another method", { method: "HEAD" }],
    ["another header", { headers: { accept: "a" } }],
    ["headers that look alike", { headers: { "x-a": '1","x-b' } }],
    ["a POST", { method: "POST" }],
    ["dedupe off", { dedupe: false }],
    ["another way with redirects", { redirect: "manual" as const }],
  ])("%s is another request", (_name, init) =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one) => late(one, 100));
      const http = httpPool({ fetch, dedupe: true });
      await Promise.all([http.fetch(url), http.fetch(url, init)]);
      expect(sent).toHaveLength(2);
    }),
  );

  test("a caller that leaves hurts no other; when the last has left, the request is cancelled", () =>
    withVirtualClock(async () => {
      const fakes = fake((one) => late(one, 100));
      const http = httpPool({ fetch: fakes.fetch, dedupe: true });
      const leaver = new AbortController();
      const left = failureOf(http.text(url, { signal: leaver.signal }));
      const stays = http.text(url);
      await sleep(10);
      leaver.abort("gone");
      expect(await left).toBe("gone");
      expect(await stays).toBe("late");
      const alone = failureOf(http.text(url, { signal: AbortSignal.abort("never") }));
      expect(await alone).toBe("never");
      const last = new AbortController();
      const only = failureOf(http.text(url, { signal: last.signal }));
      await sleep(10);
      last.abort("enough");
      expect(await only).toBe("enough");
      await sleep(0);
      expect(fakes.active).toBe(0);
      expect(http.stats().active).toBe(0);
    }));

  test("each caller has its own limit of time", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one) => late(one, 100));
      const http = httpPool({ fetch, dedupe: true });
      const patient = http.text(url);
      const hasty = await failureOf(http.text(url, { timeouts: { totalMs: 20 } }));
      expect(hasty).toMatchObject({ phase: "total", url });
      expect(now()).toBe(20);
      expect(await patient).toBe("late");
      expect(sent).toHaveLength(1);
    }));

  test("each caller decides whether a status is an error", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(() => new Response("none", { status: 404 }));
      const http = httpPool({ fetch, dedupe: true });
      const [response, error] = await Promise.all([http.fetch(url), failureOf(http.text(url))]);
      expect(response.status).toBe(404);
      expect(error).toBeInstanceOf(HttpStatusError);
      expect((error as HttpStatusError).body).toBe("none");
      expect(sent).toHaveLength(1);
    }));

  test("a failure goes to all who wait", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(() => Promise.reject(new Error("down")));
      const http = httpPool({ fetch, dedupe: true, retry: false });
      const failures = await Promise.all([failureOf(http.text(url)), failureOf(http.text(url))]);
      expect(failures[0]).toMatchObject({ name: "HttpNetworkError" });
      expect(failures[1]).toBe(failures[0]);
    }));
});
