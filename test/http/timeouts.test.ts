import { CancelScope, now, sleep, timeout, TimeoutError } from "corral";
import { HttpTimeoutError, httpPool } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { reportsDuring } from "../support/reports.ts";
import { at } from "../support/mode.ts";
import { failureOf, fake, late, slowBody } from "./support/fake.ts";

const url = "https://a.example/";

describe("the limits of time of a request", () => {
  test("headersMs counts from when it has a place", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one) => late(one, sent.length === 1 ? 500 : 60));
      const http = httpPool({ fetch, total: 1, timeouts: { headersMs: 500.5 } });
      const first = http.text(url);
      const second = http.text(url);
      expect(await first).toBe("late");
      expect(await second).toBe("late");
      const error = await failureOf(
        httpPool({ fetch: fake((one) => late(one, 900)).fetch, retry: false }).text(url, {
          timeouts: { headersMs: 100 },
        }),
      );
      expect(error).toBeInstanceOf(HttpTimeoutError);
      expect(error).toMatchObject({ phase: "headers", deadline: 660, url, method: "GET" });
      expect((error as Error).message).toBe(
        `GET ${url} timed out: there were no headers for 100 ms`,
      );
    }));

  test("attemptMs bounds each attempt with its body, totalMs all of them", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake(
        (one) =>
          new Response(
            slowBody(one, [
              [80, "a"],
              [80, "b"],
            ]),
          ),
      );
      const http = httpPool({ fetch, retry: { attempts: 10, backoff: () => 10, budget: false } });
      const attempt = await failureOf(
        http.text(url, { timeouts: { attemptMs: 100 }, retry: false }),
      );
      expect(attempt).toMatchObject({ phase: "attempt", deadline: 100 });
      const start = now();
      const total = await failureOf(http.text(url, { timeouts: { attemptMs: 100, totalMs: 250 } }));
      // At 0, 110 and 220; the last is cut off.
      expect(total).toMatchObject({ phase: "total", attempts: 3 });
      expect(now() - start).toBe(250);
      expect(sent).toHaveLength(4);
    }));

  test("totalMs counts the wait for a place, and the body that a caller reads", () =>
    withVirtualClock(async (clock) => {
      const { fetch } = fake(
        (one) =>
          new Response(
            slowBody(one, [
              [80, "a"],
              [80, "b"],
            ]),
          ),
      );
      const http = httpPool({ fetch, total: 1, timeouts: { totalMs: 100 } });
      const response = await http.fetch(url);
      const queued = failureOf(http.fetch(url));
      const error = await failureOf(response.text());
      expect(error).toMatchObject({ name: "TimeoutError", phase: "total" });
      expect(await queued).toMatchObject({ phase: "total" });
      expect(now()).toBe(100);
      await clock.runUntilIdle();
      expect(http.stats()).toMatchObject({ failed: 2, ok: 0 });
    }));

  test("bodyIdleMs is about chunks, not about the whole body", () =>
    withVirtualClock(async () => {
      const chunks = [90, 90, 90, 90].map((ms) => [ms, "x"] as const);
      const { fetch } = fake((one) => new Response(slowBody(one, chunks)));
      const http = httpPool({ fetch, retry: false, timeouts: { bodyIdleMs: 100 } });
      expect(await http.text(url)).toBe("xxxx");
      const error = await failureOf(http.text(url, { timeouts: { bodyIdleMs: 80 } }));
      expect(error).toMatchObject({ phase: "bodyIdle", deadline: 440 });
    }));

  test("the time that nobody reads counts as well", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => new Response(slowBody(one, [[10, "x"]])));
      const http = httpPool({ fetch, total: 1, timeouts: { bodyIdleMs: 100 } });
      const response = await http.fetch(url);
      await sleep(90);
      expect(http.stats().active).toBe(1);
      const reports = await reportsDuring(() => sleep(11));
      expect(http.stats().active).toBe(0);
      expect(reports).toEqual([
        `The body of ${url} was never read, and its place was taken back: nobody has read for 100 ms`,
      ]);
      expect(await failureOf(response.text())).toMatchObject({ phase: "bodyIdle" });
    }));

  test("an outer timeout throws its own error, not the request's", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => late(one, 500));
      const http = httpPool({ fetch });
      const error = await failureOf(timeout(50, (scope) => http.fetch(url, at(scope))));
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).not.toBeInstanceOf(HttpTimeoutError);
      expect(now()).toBe(50);
    }));

  test("a signal's reason comes as it is: before, at once, and while the body is read", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one) => new Response(slowBody(one, [[100, "x"]])));
      const http = httpPool({ fetch });
      const reason = { why: "enough" };
      expect(await failureOf(http.fetch(url, { signal: AbortSignal.abort(reason) }))).toBe(reason);
      expect(sent).toHaveLength(0);
      const controller = new AbortController();
      const response = await http.fetch(url, { signal: controller.signal });
      const text = failureOf(response.text());
      await sleep(10);
      controller.abort(reason);
      expect(await text).toBe(reason);
      expect(http.stats().active).toBe(0);
    }));

  test("a scope that was cancelled is told by its own error", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => late(one, 100));
      const http = httpPool({ fetch });
      const scope = new CancelScope();
      const work = scope.run(async () => {
        const request = http.text(url, at(scope));
        scope.cancel("enough");
        return request;
      });
      expect(await failureOf(work)).toBe(scope.signal.reason);
    }));

  test("leaves no timer behind", () =>
    withVirtualClock(async (clock) => {
      const { fetch } = fake((one) => late(one, 10));
      const http = httpPool({ fetch, timeouts: { attemptMs: 1e6, totalMs: 1e6 } });
      await http.text(url);
      await clock.runUntilIdle();
      expect(clock.now()).toBe(10);
    }));
});
