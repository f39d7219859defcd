import { describe, expect, test } from "vitest";
import { CancelScope } from "corral";
import { dbPool } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { FakeDriver, pause } from "./fake-driver.ts";

describe("the end of a database pool", () => {
  test("leaves as long a grace as was asked for", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver);
      const lease = await db.acquire();
      const closing = db.close({ graceMs: 60_000 });
      await pause(30_000);
      expect(lease.released).toBe(false);
      await lease.query("SELECT 1");
      expect(driver.closed).toBe(0);
      await lease.release();
      await closing;
      expect(driver.closed).toBe(1);
    }));

  test("does not come for wrong options", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver);
      const wrong = [{ graceMs: "x" }, { graceMs: Number.NaN }, { signal: 5 }, 7] as never[];
      for (const options of wrong) {
        await expect(db.close(options)).rejects.toThrow(/Cannot|must be/);
        await db.query("SELECT 1");
      }
      expect(driver.closed).toBe(0);
      const lease = await db.acquire();
      const closing = db.close();
      await expect(db.close({ signal: 5 } as never)).rejects.toThrow(TypeError);
      expect(driver.closed).toBe(0);
      await lease.release();
      await closing;
      expect(driver.closed).toBe(1);
    }));

  test("by await using is a cleanup: a cancelled scope does not cut the grace short", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const scope = new CancelScope();
      const run = scope.run(async () => {
        const db = dbPool(driver);
        const lease = await db.acquire();
        scope.cancel("enough");
        const end = db[Symbol.asyncDispose]();
        await pause(500);
        expect(lease.released).toBe(false);
        await lease.release();
        await end;
        return "closed";
      });
      expect(await run).toBe("closed");
      expect(driver.log.slice(-2)).toEqual(["1 disconnect", "close"]);
    }));

  test("is told to who cut it short, when the driver is closed as well", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver);
      const lease = await db.acquire();
      const controller = new AbortController();
      const closing = db.close({ signal: controller.signal });
      closing.catch(() => {});
      controller.abort("now");
      await expect(closing).rejects.toBe("now");
      expect(lease.released).toBe(true);
      expect(driver.closed).toBe(1);
      await db.close();
      expect(driver.closed).toBe(1);
    }));
});
