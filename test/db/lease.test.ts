import { describe, expect, test } from "vitest";
import { CancelScope, cancellable, now, sleep, TimeoutError } from "corral";
import { DatabaseError, dbPool } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { FakeDriver, FakeError, pause } from "./fake-driver.ts";

const init = (): never => {
  throw new Error("no init");
};
const onDiscard = (late: { release(): Promise<void> }): Promise<void> => late.release();

describe("a connection that comes back", () => {
  test("is reset if anything has run that may have changed the session", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const resets = (): number => driver.log.filter((line) => line === "1 reset").length;
      await db.query("SELECT a FROM t WHERE b = $1", [1]);
      await db.query("UPDATE t SET a = 1");
      expect(resets()).toBe(0);
      for (const text of ["SET a = 1", "SELECT mine()", "BEGIN", "CREATE TEMP TABLE t (a int)"]) {
        const before = resets();
        await db.query(text);
        expect([text, resets()]).toEqual([text, before + 1]);
      }
    }));

  test("is reset always, or never, when asked to", () =>
    withVirtualClock(async () => {
      const always = new FakeDriver();
      await dbPool(always, { max: 1, reset: "always" }).query("SELECT 1");
      expect(always.log).toContain("1 reset");
      const never = new FakeDriver();
      await dbPool(never, { max: 1, reset: "never" }).query("SET a = 1");
      expect(never.log).not.toContain("1 reset");
    }));

  test("is reset if the driver's own connection was used", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      await using lease = await dbPool(driver, { max: 1 }).acquire();
      expect((lease.native as { id: number }).id).toBe(1);
      await lease.release();
      expect(driver.log).toContain("1 reset");
    }));

  test("is closed if the reset fails, or takes too long, or cannot be done", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1, resetTimeoutMs: 700 });
      driver.onReset = () => Promise.reject(new Error("no reset"));
      const reports = await reportsDuring(() => db.query("SET a = 1"));
      expect(reports.join()).toContain("could not be reset, and is closed: Error: no reset");
      driver.onReset = () => new Promise(() => {});
      await reportsDuring(() => db.query("SET a = 1"));
      expect(now()).toBe(700);
      Object.defineProperty(driver, "reset", { value: undefined });
      await reportsDuring(() => db.query("SET a = 1"));
      const closed = driver.log.filter((line) => line.endsWith("disconnect"));
      expect(closed).toEqual(["1 disconnect", "2 disconnect", "3 disconnect"]);
    }));

  test("is reset even for who was cancelled", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.onReset = () => pause(40);
      const db = dbPool(driver, { max: 1 });
      const scope = new CancelScope();
      const call = scope.run(async (own) => {
        await using lease = await db.acquire(at(own));
        await lease.query("SET a = 1");
        scope.cancel("enough");
        await sleep(1, at(own));
      });
      await expect(call).rejects.toMatchObject({ reason: "enough" });
      expect(now()).toBe(40);
      expect(driver.log.at(-1)).toBe("1 reset");
      expect(db.idle).toBe(1);
    }));

  test("is prepared by init, when it is new and after each reset", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1, init: (connection) => connection.query("SET mine = 1") });
      await db.query("SELECT 1");
      await db.query("SET other = 1");
      await db.query("SELECT 2");
      expect(driver.log.map((line) => line.slice(2))).toEqual([
        "connect",
        "SET mine = 1",
        "SELECT 1",
        "SET other = 1",
        "reset",
        "SET mine = 1",
        "SELECT 2",
      ]);
    }));

  test("is closed if init throws, which the one who waits for it is told", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      await expect(dbPool(driver, { init }).query("SELECT 1")).rejects.toThrow("no init");
      expect(driver.log).toEqual(["1 connect", "1 disconnect"]);
    }));
});

describe("a connection that is lost", () => {
  test("is replaced while it is idle, without anybody noticing", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      await db.query("SELECT 1");
      driver.last!.open = false;
      expect((await db.query("SELECT 2")).rowCount).toBe(1);
      driver.last!.open = false;
      await using lease = await db.acquire();
      expect((await lease.query("SELECT 3")).rowCount).toBe(1);
      expect(driver.log).toEqual([
        "1 connect",
        "1 SELECT 1",
        "1 disconnect",
        "2 connect",
        "2 SELECT 2",
        "2 disconnect",
        "3 connect",
        "3 SELECT 3",
      ]);
    }));

  test("is used for nothing more by who has it, and goes when he gives it back", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const lease = await db.acquire();
      const native = lease.native as { open: boolean };
      native.open = false;
      await expect(lease.query("SELECT 1")).rejects.toMatchObject({ kind: "connection" });
      await lease.release();
      expect(() => native.open).toThrow("the lease of the connection was released");
      expect(driver.log).toEqual(["1 connect", "1 disconnect"]);
    }));

  test("fails the query that runs, with its kind, and goes", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const error = await db.query("FAIL connection").catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error).toMatchObject({
        kind: "connection",
        driver: "fake",
        text: "FAIL connection",
        message: "Cannot query: connection",
        cause: expect.any(FakeError),
      });
      expect(driver.log.at(-1)).toBe("1 disconnect");
      await db.query("SELECT 1");
      expect(driver.log.at(-1)).toBe("2 SELECT 1");
    }));

  test("is told as such when it cannot be made, and the next one tries again", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      let refusals = 1;
      driver.onConnect = () => {
        if (refusals-- > 0) throw new Error("nobody there");
      };
      const db = dbPool(driver, { max: 1 });
      await expect(db.query("SELECT 1")).rejects.toMatchObject({
        name: "DatabaseError",
        kind: "connection",
        message: "Cannot connect: nobody there",
      });
      expect((await db.query("SELECT 1")).rowCount).toBe(1);
    }));

  test("is not waited for longer than connectTimeoutMs, and closed if it comes late", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.connectMs = 500;
      const db = dbPool(driver, { max: 1, connectTimeoutMs: 200 });
      await expect(db.query("SELECT 1")).rejects.toThrow(TimeoutError);
      expect(now()).toBe(200);
      await sleep(400);
      expect(driver.log).toEqual(["1 connect", "1 disconnect"]);
      expect(db.size).toBe(0);
    }));
});

describe("release() for the second time", () => {
  test("leaves the one alone who has the connection now", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const lease = await db.acquire();
      await lease.release();
      const call = db.query("SELECT slow 100");
      await sleep(10);
      await Promise.all([lease.release(), lease.destroy(), lease[Symbol.asyncDispose]()]);
      expect((await call).rowCount).toBe(1);
      expect(driver.log).toEqual(["1 connect", "1 SELECT slow 100", "1 ended"]);
    }));
});

describe("acquire()", () => {
  test("is bounded, abortable, and first come, first served", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1, acquireTimeoutMs: 100 });
      const lease = await db.acquire();
      await expect(db.query("SELECT 1")).rejects.toThrow("100 ms");
      expect(now()).toBe(100);
      const order: number[] = [];
      const callers = [1, 2, 3].map(async (number) => {
        await using own = await db.acquire({ timeoutMs: Infinity });
        order.push(number);
        await own.query("SELECT 1");
      });
      await lease.release();
      await Promise.all(callers);
      expect(order).toEqual([1, 2, 3]);
    }));

  test("loses no lease that was granted at the moment of an abort", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      for (let i = 0; i < 20; i++) {
        const lease = await db.acquire();
        const controller = new AbortController();
        const { signal } = controller;
        const waiting = cancellable(db.acquire({ signal }), { signal, onDiscard }).then(
          (other) => other.release(),
          () => {},
        );
        const query = db.query("SELECT 1", [], { signal }).catch(() => {});
        const turns = async (): Promise<void> => {
          for (let turn = 0; turn < i; turn++) await Promise.resolve();
          controller.abort("now");
        };
        await Promise.all([lease.release(), turns(), waiting, query]);
        await sleep(1);
        expect([i, db.idle, db.busy, db.waiting]).toEqual([i, 1, 0, 0]);
      }
      expect(driver.connections).toBe(1);
    }));
});

describe("close()", () => {
  test("waits for leases, ends what runs when the grace is over, and closes the driver once", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 2 });
      const lease = await db.acquire();
      const call = lease.query("SELECT slow 90000").catch((error: unknown) => error);
      const reports = await reportsDuring(() =>
        Promise.all([db.close({ graceMs: 300 }), db.close()]),
      );
      expect(now()).toBe(300);
      expect(reports.length).toBeGreaterThan(0);
      expect(await call).toMatchObject({ name: "ClosedError" });
      expect(driver.log.slice(2)).toEqual(["1 cancel", "1 interrupted", "1 disconnect", "close"]);
      expect(driver.closed).toBe(1);
      await expect(db.query("SELECT 1")).rejects.toMatchObject({ name: "ClosedError" });
      await expect(lease.query("SELECT 1")).rejects.toMatchObject({ name: "ClosedError" });
      await lease.release();
    }));

  test("waits no longer than for those who come back", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const lease = await dbPool(driver).acquire();
      await lease.release();
      await using db = dbPool(driver);
      const call = db.query("SELECT slow 100");
      await db.close();
      expect((await call).rowCount).toBe(1);
      expect(now()).toBe(100);
    }));
});
