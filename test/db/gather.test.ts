import { describe, expect, test } from "vitest";
import { CancelScope, now, PoolTimeoutError, sleep, TimeoutError } from "corral";
import { type DbQuery, dbPool } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { FakeDriver } from "./fake-driver.ts";

const slow = (ms: number): string => `SELECT slow ${ms}`;

describe("gather()", () => {
  test("runs as many at once as there can be connections, or fewer", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 4 });
      const queries = Array.from({ length: 8 }, () => slow(100));
      const { results, errors, stats } = await db.gather(queries);
      expect([results.length, errors, now()]).toEqual([8, [], 200]);
      expect(stats).toEqual({ succeeded: 8, failed: 0, complete: true, elapsedMs: 200 });
      await db.gather(queries, { concurrency: 2 });
      expect(now()).toBe(600);
      expect(driver.connections).toBe(4);
    }));

  test("gives results in order, whichever ends first, and takes params", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 3 });
      const queries: (string | DbQuery)[] = [
        slow(30),
        { text: slow(10), params: [1] },
        { text: "SELECT 1", params: [undefined] },
      ];
      const { results } = await db.gather(queries);
      expect(results.map((result) => result?.rows[0])).toEqual([
        { text: slow(30), params: [] },
        { text: slow(10), params: [1] },
        { text: "SELECT 1", params: [null] },
      ]);
    }));

  test("ends all others when one fails, and throws that failure", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 3 });
      const gathering = db.gather([slow(900), "FAIL unique", slow(900), slow(900)]);
      await expect(gathering).rejects.toMatchObject({ kind: "unique" });
      expect(now()).toBe(0);
      expect(driver.log.filter((line) => line.endsWith("interrupted"))).toHaveLength(2);
      expect(db.busy).toBe(0);
    }));

  test("collects failures, in the order of the queries", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 3 });
      const queries = [{ text: slow(99), timeoutMs: 5 }, slow(10), "FAIL unique", "SELECT 1"];
      const { results, errors, stats } = await db.gather(queries, { onError: "collect" });
      expect(results.map((result) => result?.rowCount)).toEqual([undefined, 1, undefined, 1]);
      expect(errors).toEqual([
        { index: 0, error: expect.any(TimeoutError) },
        { index: 2, error: expect.objectContaining({ kind: "unique" }) },
      ]);
      expect(stats).toMatchObject({ succeeded: 2, failed: 2, complete: true });
    }));

  test("has a deadline, at which it fails, or gives what there is", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 2 });
      const queries = [slow(60), slow(900), slow(60), slow(60)];
      await expect(db.gather(queries, { timeoutMs: 100 })).rejects.toThrow(TimeoutError);
      expect(now()).toBe(100);
      const some = await db.gather(queries, { timeoutMs: 100, onError: "collect" });
      expect(now()).toBe(200);
      expect(some.results.map((result) => result?.rowCount)).toEqual([1, undefined, undefined]);
      expect(some.errors.map(({ index }) => index)).toEqual([1, 2]);
      expect(some.stats).toMatchObject({ complete: false, succeeded: 1, failed: 2 });
      expect(db.busy).toBe(0);
    }));

  test("ends with the scope that it is in", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 2 });
      const scope = new CancelScope();
      const gathering = scope.run((own) =>
        db.gather([slow(900), slow(900), slow(900)], { onError: "collect", ...at(own) }),
      );
      await sleep(50);
      scope.cancel("enough");
      await expect(gathering).rejects.toMatchObject({ reason: "enough" });
      expect(now()).toBe(50);
      expect(db.stats()).toMatchObject({ busy: 0, waiting: 0 });
    }));

  test("waits no longer for connections than the pool says", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1, acquireTimeoutMs: 20 });
      const lease = await db.acquire();
      const { errors } = await db.gather(["SELECT 1"], { onError: "collect" });
      expect(errors[0]?.error).toBeInstanceOf(PoolTimeoutError);
      await lease.release();
    }));

  test("refuses what is no query, whatever is done with failures", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver());
      for (const wrong of [7, null, { params: [] }, { text: "SELECT 1", params: 7 }]) {
        const gathering = db.gather([wrong as unknown as string], { onError: "collect" });
        await expect(gathering).rejects.toThrow(TypeError);
      }
    }));
});

describe("stream()", () => {
  test("reads its source no further ahead than it runs queries", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 3 });
      let [taken, ahead, seen] = [0, 0, 0];
      async function* queries(): AsyncGenerator<string> {
        for (; taken < 500;) {
          taken++;
          ahead = Math.max(ahead, taken - seen);
          yield slow(1);
        }
      }
      for await (const { index, result } of db.stream(queries(), { ordered: true })) {
        expect([index, result?.rowCount]).toEqual([seen, 1]);
        seen++;
      }
      expect(seen).toBe(500);
      expect(ahead).toBeLessThanOrEqual(5);
    }));

  test("gives results as they come, unless they are to be in order", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 3 });
      const queries = [slow(30), slow(10), slow(20)];
      const order = async (ordered: boolean): Promise<number[]> => {
        const seen: number[] = [];
        for await (const { index } of db.stream(queries, { ordered })) seen.push(index);
        return seen;
      };
      expect(await order(false)).toEqual([1, 2, 0]);
      expect(await order(true)).toEqual([0, 1, 2]);
    }));

  test("ends what runs and closes the source when it is left", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 2 });
      let closed = false;
      function* queries(): Generator<string> {
        try {
          yield slow(10);
          for (;;) yield slow(9_000);
        } finally {
          closed = true;
        }
      }
      for await (const { index } of db.stream(queries())) {
        expect(index).toBe(0);
        break;
      }
      expect([closed, now(), db.busy]).toEqual([true, 10, 0]);
    }));

  test.each(["sync", "async", "stream"])("is given no more of a %s source by then", (kind) =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 2 });
      let closed = 0;
      function* sync(): Generator<string> {
        try {
          for (;;) yield slow(40);
        } finally {
          closed++;
        }
      }
      async function* later(): AsyncGenerator<string> {
        yield* sync();
      }
      const iterator = sync();
      const stream = new ReadableStream<string>({
        pull: (controller) => controller.enqueue(iterator.next().value as string),
        cancel: () => void iterator.return(undefined),
      });
      const queries = kind === "sync" ? sync() : kind === "async" ? later() : stream;
      const options = { timeoutMs: 100, onError: "collect" } as const;
      const outcomes: string[] = [];
      for await (const { error } of db.stream(queries, options)) {
        outcomes.push(error === undefined ? "ok" : (error as Error).name);
      }
      expect(outcomes).toEqual(["ok", "ok", "ok", "ok", "TimeoutError", "TimeoutError"]);
      expect([now(), closed]).toEqual([100, 1]);
    }),
  );

  test("throws what has failed, once", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1 });
      const stream = db.stream(["SELECT 1", "FAIL check", "SELECT 2"]);
      expect((await stream.next()).value?.index).toBe(0);
      await expect(stream.next()).rejects.toMatchObject({ kind: "check" });
      expect((await stream.next()).done).toBe(true);
    }));
});
