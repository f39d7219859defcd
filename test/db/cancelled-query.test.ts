// What becomes of a query whose caller has left, and of the connection that ran it.
import { describe, expect, test } from "vitest";
import { CancelScope, now, sleep, timeout, TimeoutError } from "corral";
import { dbPool } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { FakeDriver, FakeError, pause } from "./fake-driver.ts";

describe("a query that is cancelled", () => {
  test("is ended on the server, and answered when it has ended", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.onCancel = () => pause(10);
      const db = dbPool(driver, { max: 1 });
      const controller = new AbortController();
      const call = db.query("SELECT slow 1000", [], { signal: controller.signal });
      await sleep(100);
      controller.abort("enough");
      await expect(call).rejects.toBe("enough");
      expect(now()).toBe(110);
      await db.query("SELECT 1");
      expect(driver.log).toEqual([
        "1 connect",
        "1 SELECT slow 1000",
        "1 cancel",
        "1 interrupted",
        "1 reset",
        "1 SELECT 1",
      ]);
    }));

  test("is ended by the scope that it is in", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const call = timeout(50, (scope) => db.query("SELECT slow 1000", [], at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      expect(now()).toBe(50);
      expect(driver.log).toContain("1 cancel");
      expect(db.idle).toBe(1);
    }));

  test("is asked again to end, when the first requests came too early", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.early = 3;
      const db = dbPool(driver, { max: 1 });
      const call = timeout(50, (scope) => db.query("SELECT slow 9000", [], at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      expect(driver.log.filter((line) => line === "1 cancel")).toHaveLength(4);
      expect(now()).toBe(50 + 25 + 50 + 100);
    }));

  test("lets nobody have its connection until the request was answered, too", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      // The query ends at once, and the server's answer to the request takes its time.
      driver.onCancel = async (connection) => {
        connection.interrupt?.();
        await pause(300);
      };
      const db = dbPool(driver, { max: 1 });
      const call = timeout(50, (scope) => db.query("SELECT slow 9000", [], at(scope)));
      const next = db.query("SELECT 1").then(() => now());
      await expect(call).rejects.toThrow(TimeoutError);
      expect(await next).toBe(350);
    }));

  test("gives its connection up when the request hangs", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.onCancel = () => new Promise(() => {});
      const db = dbPool(driver, { max: 1, cancelTimeoutMs: 400 });
      const reports = await reportsDuring(async () => {
        const call = timeout(50, (scope) => db.query("SELECT slow 9000", [], at(scope)));
        await expect(call).rejects.toThrow(TimeoutError);
      });
      expect(now()).toBe(450);
      expect(reports.join()).toContain("A query of fake was not ended in time");
      await db.query("SELECT 1");
      expect(driver.log.slice(2)).toEqual([
        "1 cancel",
        "1 disconnect",
        "1 interrupted",
        "2 connect",
        "2 SELECT 1",
      ]);
    }));

  test("gives its connection up when the request fails", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.onCancel = () => Promise.reject(new Error("no way"));
      const db = dbPool(driver, { max: 1 });
      const reports = await reportsDuring(async () => {
        const call = timeout(50, (scope) => db.query("SELECT slow 9000", [], at(scope)));
        await expect(call).rejects.toThrow(TimeoutError);
      });
      expect(now()).toBe(50);
      expect(reports.join()).toContain("no way");
      expect(driver.log).toContain("1 disconnect");
    }));

  test("gives its connection up when the server does not act on the requests", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.early = Infinity;
      const db = dbPool(driver, { max: 1, cancelTimeoutMs: 1_000 });
      await reportsDuring(async () => {
        const call = timeout(50, (scope) => db.query("SELECT slow 9000", [], at(scope)));
        await expect(call).rejects.toThrow(TimeoutError);
      });
      expect(now()).toBe(1_050);
      expect(driver.log).toContain("1 disconnect");
    }));

  test("is waited for where nothing can end it, as long as may be", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      Object.defineProperty(driver, "cancel", { value: undefined });
      const db = dbPool(driver, { max: 1, cancelTimeoutMs: 1_000 });
      const call = timeout(50, (scope) => db.query("SELECT slow 300", [], at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      expect(now()).toBe(300);
      await reportsDuring(async () => {
        const longer = timeout(50, (scope) => db.query("SELECT slow 9000", [], at(scope)));
        await expect(longer).rejects.toThrow(TimeoutError);
      });
      expect(now()).toBe(1_350);
      expect(driver.log).toContain("1 disconnect");
    }));

  test("in the moment of its success needs no ending, and its connection is as it was", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const controller = new AbortController();
      driver.handlers.set("SELECT", () => {
        controller.abort("now");
        return [];
      });
      const call = db.query("SELECT 1", [], { signal: controller.signal });
      await expect(call).rejects.toBe("now");
      await db.query("INSERT 1");
      expect(driver.log).toEqual(["1 connect", "1 SELECT 1", "1 cancel", "1 reset", "1 INSERT 1"]);
      expect(db.stats()).toMatchObject({ idle: 1, busy: 0, created: 1 });
    }));

  test("before its turn has come sends nothing", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      await using lease = await db.acquire();
      const first = lease.query("SELECT slow 100");
      const controller = new AbortController();
      const second = lease.query("SELECT second", [], { signal: controller.signal });
      controller.abort("gone");
      await expect(second).rejects.toBe("gone");
      await first;
      expect(driver.log).toEqual(["1 connect", "1 SELECT slow 100", "1 ended"]);
    }));

  test("before it has a connection takes none", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const lease = await db.acquire();
      const waiting = timeout(30, (scope) => db.query("SELECT 1", [], at(scope)));
      await expect(waiting).rejects.toThrow(TimeoutError);
      expect(db.waiting).toBe(0);
      const signal = AbortSignal.abort("never began");
      await expect(db.query("SELECT 1", [], { signal })).rejects.toBe("never began");
      await lease.release();
      expect(driver.log).toEqual(["1 connect"]);
      expect(db.idle).toBe(1);
    }));

  test("is met by no request that was meant for the one before it", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      let late = 1;
      // What comes late meets the reset, which is begun again.
      driver.onReset = () => {
        if (late-- > 0) throw new FakeError("cancelled");
      };
      const db = dbPool(driver, { max: 1, reset: "never" });
      const call = timeout(50, (scope) => db.query("SELECT slow 900", [], at(scope)));
      await expect(call).rejects.toThrow(TimeoutError);
      await db.query("SELECT 1");
      expect(driver.log.slice(3)).toEqual(["1 interrupted", "1 reset", "1 reset", "1 SELECT 1"]);
    }));
});

describe("a query that is out of time", () => {
  test("is ended when the time of the pool is over, or its own", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1, queryTimeoutMs: 200 });
      await expect(db.query("SELECT slow 900")).rejects.toThrow(TimeoutError);
      expect(now()).toBe(200);
      const own = db.query("SELECT slow 900", [], { timeoutMs: 50 });
      await expect(own).rejects.toThrow('"query" timed out after 50 ms');
      expect(now()).toBe(250);
      await db.query("SELECT slow 900", [], { timeoutMs: Infinity });
      expect(now()).toBe(1_150);
    }));

  test("has had no time yet while it waited for a connection", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1, queryTimeoutMs: 200 });
      const calls = [1, 2, 3].map(() => db.query("SELECT slow 150"));
      await Promise.all(calls);
      expect(now()).toBe(450);
    }));

  test("passes a failure of its own on, and one from outside", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1, queryTimeoutMs: 200 });
      await expect(db.query("FAIL unique")).rejects.toMatchObject({ kind: "unique" });
      const scope = new CancelScope();
      const call = scope.run((own) => db.query("SELECT slow 900", [], at(own)));
      await sleep(10);
      scope.cancel("outer");
      await expect(call).rejects.toMatchObject({ reason: "outer" });
    }));
});

describe("release()", () => {
  test("ends what runs, refuses what waits, and is no cancel point", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.onReset = () => pause(20);
      const db = dbPool(driver, { max: 1 });
      const lease = await db.acquire();
      const calls = Promise.allSettled([lease.query("SELECT slow 900"), lease.query("SELECT 2")]);
      const scope = new CancelScope();
      await scope
        .run(async () => {
          await pause(10);
          scope.cancel();
          await lease.release();
        })
        .catch(() => {});
      expect(now()).toBe(30);
      expect(await calls).toMatchObject([
        { reason: { name: "ClosedError", message: expect.stringContaining("given back") } },
        { reason: { name: "ClosedError", message: expect.stringContaining("was released") } },
      ]);
      await db.query("SELECT 3");
      expect(driver.log.slice(2)).toEqual(["1 cancel", "1 interrupted", "1 reset", "1 SELECT 3"]);
    }));

  test("takes no longer than a request may that hangs", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.onCancel = () => new Promise(() => {});
      const db = dbPool(driver, { max: 1, cancelTimeoutMs: 500 });
      const lease = await db.acquire();
      const call = lease.query("SELECT slow 9000").catch((error: unknown) => error);
      await reportsDuring(() => lease.release());
      expect(now()).toBe(500);
      expect(await call).toMatchObject({ name: "ClosedError" });
      expect(db.size).toBe(0);
    }));
});
