import { now, sleep, TimeoutError } from "corral";
import { type GatherStats, httpPool, type HttpResponse, HttpStatusError } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { reportsDuring } from "../support/reports.ts";
import { failureOf, fake, late } from "./support/fake.ts";

const base = "https://a.example";
const text = (response: HttpResponse): Promise<string> => response.text();
const urls = (n: number): string[] => Array.from({ length: n }, (_, i) => `${base}/${i}`);

/** Answers with the path, later ones sooner; paths that have `bad` in them fail. */
const paths = fake(async (one) => {
  const { pathname } = new URL(one.url);
  await sleep(100 - (Number(pathname.slice(1)) || 0), { signal: one.signal });
  return new Response(pathname, { status: pathname.includes("bad") ? 404 : 200 });
});
const open = (options = {}): ReturnType<typeof httpPool> =>
  httpPool({ fetch: paths.fetch, ...options });

describe("gather()", () => {
  test("gives results in the order of the items, or as they come", () =>
    withVirtualClock(async () => {
      const http = open();
      const { results, errors, stats } = await http.gather(urls(5), { parse: text });
      expect(results).toEqual(["/0", "/1", "/2", "/3", "/4"]);
      expect(errors).toEqual([]);
      expect(stats).toMatchObject({ ok: 5, failed: 0, retried: 0, bytes: 10, timedOut: false });
      const unordered = await http.gather(urls(5), { parse: text, ordered: false });
      expect(unordered.results).toEqual(["/4", "/3", "/2", "/1", "/0"]);
    }));

  test("takes any source, and items with a way of their own", () =>
    withVirtualClock(async () => {
      const http = open({ baseUrl: base });
      async function* items(): AsyncGenerator<
        string | URL | Request | { url: string; method: string }
      > {
        yield "/1";
        yield new URL(`${base}/2`);
        yield new Request(`${base}/3`);
        yield { url: "/4", method: "PUT" };
      }
      const { results } = await http.gather(items(), { parse: text });
      expect(results).toEqual(["/1", "/2", "/3", "/4"]);
      expect(paths.sent.at(-1)!.method).toBe("PUT");
      expect((await http.gather(new Set(["/7"]), { parse: text })).results).toEqual(["/7"]);
      expect((await http.gather([], {})).results).toEqual([]);
    }));

  test("without a parse gives responses with their bodies in memory, which hold no place", () =>
    withVirtualClock(async () => {
      const http = open({ total: 2 });
      const { results } = await http.gather(urls(10));
      expect(http.stats().active).toBe(0);
      expect(await Promise.all(results.map((response) => response.text()))).toEqual(
        urls(10).map((url) => new URL(url).pathname),
      );
    }));

  test("parse runs while the request has its place, and what it leaves unread is discarded", () =>
    withVirtualClock(async () => {
      const http = open({ total: 2 });
      let peak = 0;
      let active = 0;
      await http.gather(urls(10), {
        parse: async (response, { index, input, scope }) => {
          expect(response.url).toBe(input);
          expect(input).toBe(urls(10)[index]);
          peak = Math.max(peak, ++active);
          await sleep(50, { signal: scope.signal });
          active--;
        },
      });
      expect(peak).toBe(2);
      expect(http.stats().active).toBe(0);
    }));

  test("the first failure cancels the others, which are waited for", () =>
    withVirtualClock(async () => {
      const http = open();
      const error = await failureOf(http.gather([`${base}/0`, `${base}/90bad`, `${base}/1`]));
      expect(error).toBeInstanceOf(HttpStatusError);
      expect(now()).toBe(100);
      expect(paths.active).toBe(0);
      const slow = await failureOf(
        http.gather([`${base}/99bad`.replace("99bad", "99"), `${base}/bad`, `${base}/0`], {
          parse: async (response, { index }) => {
            if (index === 0) throw new Error("parse");
            return response.text();
          },
        }),
      );
      expect(slow).toMatchObject({ message: "parse" });
      expect(now()).toBe(101);
      expect(http.stats()).toMatchObject({ active: 0, calls: 0, pending: 0 });
    }));

  test("collects failures beside results", () =>
    withVirtualClock(async () => {
      const http = open();
      const items = [`${base}/1`, `${base}/bad`, "no URL", `${base}/2`];
      const { results, errors, stats } = await http.gather(items, {
        parse: text,
        onError: "collect",
      });
      expect(results).toEqual(["/1", undefined, undefined, "/2"]);
      expect(errors).toMatchObject([
        { index: 1, input: `${base}/bad`, ok: false, attempts: 1, error: { status: 404 } },
        { index: 2, input: "no URL", error: { name: "TypeError" } },
      ]);
      expect(stats).toMatchObject({ ok: 2, failed: 2 });
      const raw = await http.gather(items.slice(0, 2), { raiseForStatus: false, parse: text });
      expect(raw.results).toEqual(["/1", "/bad"]);
    }));

  test("a deadline gives what is there by then, or is thrown", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one, n) => late(one, n * 100, `${n}`));
      const http = httpPool({ fetch });
      const { results, errors, stats } = await http.gather(urls(5), {
        parse: text,
        onError: "collect",
        timeoutMs: 250,
      });
      expect(now()).toBe(250);
      expect(results).toEqual(["1", "2", undefined, undefined, undefined]);
      expect(errors.map(({ index }) => index)).toEqual([2, 3, 4]);
      expect(errors[0]!.error).toBeInstanceOf(TimeoutError);
      expect(stats).toMatchObject({ ok: 2, failed: 3, timedOut: true });
      expect(http.stats()).toMatchObject({ active: 0, calls: 0 });
      const cut = http.gather(urls(5), { parse: text, timeoutMs: 250 });
      expect(await failureOf(cut)).toBeInstanceOf(TimeoutError);
    }));

  test("a signal ends all with its reason, however failures are taken", () =>
    withVirtualClock(async () => {
      const http = open();
      for (const onError of ["cancel", "collect"] as const) {
        const controller = new AbortController();
        const all = failureOf(
          http.gather(urls(5), { parse: text, onError, signal: controller.signal }),
        );
        await sleep(10);
        controller.abort("enough");
        expect(await all).toBe("enough");
        expect(http.stats()).toMatchObject({ active: 0, calls: 0, pending: 0 });
      }
    }));

  test("an item's own signal ends that item", () =>
    withVirtualClock(async () => {
      const http = open();
      const item = { url: `${base}/1`, signal: AbortSignal.abort("not this one") };
      const { results, errors } = await http.gather([item, `${base}/2`], {
        parse: text,
        onError: "collect",
      });
      expect(results).toEqual([undefined, "/2"]);
      expect(errors).toMatchObject([{ index: 0, error: "not this one" }]);
    }));

  test("tells progress, and a progress that throws breaks nothing", () =>
    withVirtualClock(async () => {
      const http = open();
      const seen: GatherStats[] = [];
      const reports = await reportsDuring(() =>
        http.gather(urls(3), {
          parse: text,
          onProgress: (stats) => {
            seen.push(stats);
            throw new Error("broken");
          },
        }),
      );
      expect(seen.map(({ ok }) => ok)).toEqual([1, 2, 3]);
      expect(reports).toEqual(Array(3).fill("onProgress threw: Error: broken"));
    }));

  test("knows how long requests took", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one, n) => late(one, n * 10));
      const http = httpPool({ fetch, perOrigin: 100 });
      const { stats } = await http.gather(urls(100), { parse: text });
      expect(stats.p50 / 500).toBeCloseTo(1, 1);
      expect(stats.p95 / 950).toBeCloseTo(1, 1);
    }));

  test("takes no more items than it works on, and closes the source", () =>
    withVirtualClock(async () => {
      const http = open({ total: 2 });
      let taken = 0;
      let closed = false;
      function* endless(): Generator<string> {
        try {
          for (;;) yield `${base}/${taken++}`;
        } finally {
          closed = true;
        }
      }
      const all = failureOf(http.gather(endless(), { timeoutMs: 10 }));
      await sleep(1);
      expect(taken).toBe(4);
      expect(await all).toBeInstanceOf(TimeoutError);
      expect(closed).toBe(true);
    }));
});

describe("stream()", () => {
  test("gives what becomes of each as it comes", () =>
    withVirtualClock(async () => {
      const http = open();
      const items = [`${base}/1`, `${base}/bad`, `${base}/2`];
      const seen: unknown[] = [];
      for await (const { index, input, ok, value, attempts, ms } of http.stream(items, {
        parse: text,
      })) {
        expect(input).toBe(items[index]);
        seen.push([index, ok, value, attempts, ms]);
      }
      expect(seen).toEqual([
        [2, true, "/2", 1, 98],
        [0, true, "/1", 1, 99],
        [1, false, undefined, 1, 100],
      ]);
      const indexes: number[] = [];
      for await (const { index } of http.stream(items, { ordered: true })) indexes.push(index);
      expect(indexes).toEqual([0, 1, 2]);
    }));

  test("a slow reader slows the source down", () =>
    withVirtualClock(async () => {
      const http = open();
      let taken = 0;
      function* endless(): Generator<string> {
        for (;;) yield `${base}/${taken++ % 50}`;
      }
      const stream = http.stream(endless(), { parse: text, concurrency: 3, highWaterMark: 2 });
      expect(taken).toBe(0);
      await stream.next();
      await sleep(1_000);
      expect(taken).toBe(6);
      await stream.return();
      expect(http.stats()).toMatchObject({ active: 0, calls: 0 });
    }));

  test("leaving the loop cancels what is under way", () =>
    withVirtualClock(async () => {
      const http = open();
      for await (const { index } of http.stream(urls(50), { parse: text })) {
        expect(index).toBe(9);
        break;
      }
      expect(paths.active).toBe(0);
      expect(http.stats()).toMatchObject({ active: 0, calls: 0, pending: 0 });
    }));
});

function* source(): Generator<string> {
  for (let i = 0; i < 1_000; i++) yield `${base}/${i}`;
}

test("the URLs of a long generator leave nothing behind", { timeout: 60_000 }, async () => {
  // Without a network, and fewer here: scripts/http-flat-heap.mjs has all of them, and a server.
  const { fetch } = fakeless();
  const http = httpPool({ fetch });
  let sum = 0;
  for await (const { value } of http.stream(source(), { parse: text })) sum += Number(value);
  expect(sum).toBe(1_000);
  expect(http.stats()).toMatchObject({ ok: 1_000, active: 0, calls: 0, origins: 0 });
});

function fakeless(): { fetch: () => Promise<Response> } {
  return { fetch: async () => new Response("1") };
}
