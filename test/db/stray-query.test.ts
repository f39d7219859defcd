import { describe, expect, test } from "vitest";
import { checkpoint, TimeoutError } from "corral";
import { dbPool } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { FakeDriver, pause } from "./fake-driver.ts";

describe("a query that nobody waits for", () => {
  test("does not begin on a connection that was given back while it paused for the event loop", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const lease = await db.acquire();
      while (checkpoint() === undefined);
      const stray = lease.query("SELECT stray").catch((error: Error) => error.name);
      await lease.release();
      expect(await stray).toBe("ClosedError");
      expect(driver.log).toEqual(["1 connect"]);
    }));

  test("is ended on the server before its connection is closed, whatever was wrong with that", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1, commitTimeoutMs: 100 });
      await reportsDuring(async () => {
        const lease = await db.acquire();
        const call = lease.transaction((tx) => {
          void tx.query("SELECT slow 60000").catch(() => {});
        });
        await expect(call).rejects.toThrow(TimeoutError);
        await lease.destroy();
      });
      expect(driver.log.slice(-3)).toEqual(["1 cancel", "1 interrupted", "1 disconnect"]);
    }));
});

const never = (): Promise<void> => new Promise(() => {});

describe("an init that never ends", () => {
  test("holds up a release for no longer than a reset may take", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      let calls = 0;
      const init = (): unknown => (calls++ === 1 ? never() : undefined);
      const db = dbPool(driver, { max: 1, resetTimeoutMs: 700, init });
      const reports = await reportsDuring(() => db.query("SET a = 1"));
      expect(reports.join()).toContain("could not be reset, and is closed");
      await db.query("SELECT 1");
      expect(driver.log.slice(-3)).toEqual(["1 disconnect", "2 connect", "2 SELECT 1"]);
    }));

  test("loses no connection", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1, connectTimeoutMs: 700, init: never });
      await expect(db.query("SELECT 1")).rejects.toThrow(TimeoutError);
      await pause(1);
      expect(driver.log).toEqual(["1 connect", "1 disconnect"]);
      expect(db.size).toBe(0);
    }));
});
