import { CircuitOpenError, now, sleep } from "corral";
import { httpPool } from "corral/http";
import { withVirtualClock } from "corral/testing";
import { describe, expect, test } from "vitest";
import { failureOf, fake, late } from "./support/fake.ts";

const a = "https://a.example/";
const b = "https://b.example/";

describe("limits by origin", () => {
  test("of one origin and of all together", () =>
    withVirtualClock(async () => {
      const active = new Map<string, number>();
      let peakOfOrigin = 0;
      const fakes = fake(async (one) => {
        const { origin } = new URL(one.url);
        active.set(origin, (active.get(origin) ?? 0) + 1);
        peakOfOrigin = Math.max(peakOfOrigin, active.get(origin)!);
        const response = await late(one, 10);
        active.set(origin, active.get(origin)! - 1);
        return response;
      });
      const http = httpPool({ fetch: fakes.fetch, total: 5, perOrigin: 2 });
      const urls = Array.from({ length: 60 }, (_, i) => `https://${i % 4}.example/${i}`);
      await http.gather(urls);
      expect(fakes.peak).toBe(5);
      expect(peakOfOrigin).toBe(2);
    }));

  test("perOrigin may be a function", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one) => late(one, 10));
      const http = httpPool({
        fetch,
        perOrigin: (origin) => (origin === "https://a.example" ? 3 : 1),
      });
      const all = http.gather([a, a, a, a, b, b, b]);
      await sleep(1);
      expect(sent).toHaveLength(4);
      await all;
      expect(now()).toBe(30);
    }));

  test("a busy origin keeps no other from work", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => late(one, 100));
      const http = httpPool({ fetch, total: 4, perOrigin: 2 });
      const busy = http.gather(Array.from({ length: 10 }, () => a));
      await sleep(1);
      await http.text(b);
      expect(now()).toBe(101);
      await busy;
    }));

  test("a rate holds for what is sent, also when places were short before", () =>
    withVirtualClock(async () => {
      const times: number[] = [];
      const { fetch } = fake(async (one) => {
        times.push(now());
        return late(one, times.length <= 2 ? 5_000 : 1);
      });
      const rate = { limit: 2, perMs: 1_000, kind: "sliding" as const };
      const http = httpPool({ fetch, perOrigin: 2, rate });
      await http.gather(Array.from({ length: 10 }, () => a));
      for (const time of times) {
        const within = times.filter((other) => other >= time && other < time + 1_000);
        expect(within.length).toBeLessThanOrEqual(3);
      }
      expect(times.at(-1)).toBeGreaterThanOrEqual(8_000);
    }));

  test("a rate may be different for each origin", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(() => new Response("ok"));
      const http = httpPool({
        fetch,
        rate: (origin) =>
          origin === "https://a.example" ? { limit: 1, perMs: 1_000, burst: 1 } : undefined,
      });
      await http.gather([b, b, b, b, b]);
      expect(now()).toBe(0);
      await http.gather([a, a, a]);
      expect(now()).toBe(2_000);
    }));

  test("pause() holds an origin up", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(() => new Response("ok"));
      const http = httpPool({ fetch });
      http.pause(a, 500);
      await http.text(b);
      expect(now()).toBe(0);
      await http.text(a);
      expect(now()).toBe(500);
    }));

  test("a circuit breaker for each origin refuses what fails", () =>
    withVirtualClock(async () => {
      let down = true;
      const { fetch, sent } = fake(({ url }) =>
        down && url === a ? new Response("down", { status: 500 }) : new Response("ok"),
      );
      const http = httpPool({ fetch, retry: false, breaker: { failures: 3, openMs: 1_000 } });
      for (let i = 0; i < 3; i++) {
        const response = await http.fetch(a);
        expect([response.status, await response.text()]).toEqual([500, "down"]);
      }
      const error = await failureOf(http.fetch(a));
      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(error).toMatchObject({ breakerName: "https://a.example", retryAfterMs: 1_000 });
      expect(sent).toHaveLength(3);
      expect(await http.text(b)).toBe("ok");
      expect(http.stats().active).toBe(0);
      await sleep(1_000);
      down = false;
      expect(await http.text(a)).toBe("ok");
    }));

  test("timeouts are failures to a circuit breaker, cancellations are not", () =>
    withVirtualClock(async () => {
      const { fetch } = fake((one) => late(one, 1_000));
      const breaker = { failures: 2, openMs: 1_000 };
      const http = httpPool({ fetch, retry: false, breaker });
      for (let i = 0; i < 3; i++) {
        const controller = new AbortController();
        const request = failureOf(http.fetch(a, { signal: controller.signal }));
        await sleep(1);
        controller.abort("enough");
        expect(await request).toBe("enough");
      }
      for (let i = 0; i < 2; i++) {
        const timeouts = { headersMs: 10 };
        expect(await failureOf(http.fetch(a, { timeouts }))).toMatchObject({ phase: "headers" });
      }
      expect(await failureOf(http.fetch(a))).toBeInstanceOf(CircuitOpenError);
    }));

  test("a thousand origins are forgotten again", { timeout: 60_000 }, () =>
    withVirtualClock(async () => {
      const { fetch } = fake(() => new Response("ok"));
      const http = httpPool({ fetch, rate: { limit: 5, perMs: 10 } });
      const urls = Array.from({ length: 1_100 }, (_, i) => `https://${i}.example/`);
      await http.gather(urls, { parse: () => undefined });
      expect(http.stats()).toMatchObject({ origins: 0, ok: 1_100 });
    }),
  );
});

describe("hedging", () => {
  test("sends a second request beside a slow one, and takes the faster", () =>
    withVirtualClock(async (clock) => {
      const { fetch, sent } = fake((one, n) => late(one, n === 1 ? 1_000 : 10, `answer ${n}`));
      const http = httpPool({ fetch, hedge: { delayMs: 100 } });
      const response = await http.fetch(a);
      expect(now()).toBe(110);
      expect(await response.text()).toBe("answer 2");
      expect(sent[0]!.signal.aborted).toBe(true);
      expect(sent[1]!.signal.aborted).toBe(false);
      await clock.runUntilIdle();
      expect(http.stats()).toMatchObject({ hedged: 1, active: 0, requests: 1 });
    }));

  test("sends none for what may not be sent twice, or is quick", () =>
    withVirtualClock(async () => {
      const { fetch, sent } = fake((one) => late(one, 50));
      const http = httpPool({ fetch, hedge: { delayMs: 100 } });
      await http.text(a);
      expect(sent).toHaveLength(1);
      await http.text(a, { hedge: false, timeouts: { attemptMs: 1_000 } });
      const slow = httpPool({
        fetch: fake((one) => late(one, 500)).fetch,
        hedge: { delayMs: 100 },
      });
      await slow.text(a, { method: "POST", body: "x" });
      expect(slow.stats().hedged).toBe(0);
      await slow.text(a);
      expect(slow.stats().hedged).toBe(1);
    }));

  test("counts from when the first has its place, and stays within the limits", () =>
    withVirtualClock(async () => {
      const fakes = fake((one) => late(one, 150));
      const http = httpPool({ fetch: fakes.fetch, total: 1, hedge: { delayMs: 100 } });
      await http.gather([a, a, a], { parse: (response) => response.text() });
      expect(fakes.sent).toHaveLength(3);
      expect(fakes.peak).toBe(1);
      expect(now()).toBe(450);
      expect(http.stats()).toMatchObject({ hedged: 0, active: 0, pending: 0 });
    }));

  test("fails when all have failed, with the first failure", () =>
    withVirtualClock(async () => {
      const { fetch } = fake(async (one, n) => {
        await late(one, 200);
        throw new Error(`failure ${n}`);
      });
      const http = httpPool({ fetch, retry: false, hedge: { delayMs: 100 } });
      const error = await failureOf(http.fetch(a));
      expect(error).toMatchObject({ name: "HttpNetworkError", cause: { message: "failure 1" } });
      expect(http.stats().active).toBe(0);
    }));

  test("a cancellation ends all of them", () =>
    withVirtualClock(async () => {
      const fakes = fake((one) => late(one, 1_000));
      const http = httpPool({ fetch: fakes.fetch, hedge: { delayMs: 100, max: 3 } });
      const controller = new AbortController();
      const request = failureOf(http.fetch(a, { signal: controller.signal }));
      await sleep(250);
      expect(fakes.active).toBe(3);
      controller.abort("enough");
      expect(await request).toBe("enough");
      expect(fakes.active).toBe(0);
      expect(http.stats()).toMatchObject({ active: 0, calls: 0 });
    }));
});
