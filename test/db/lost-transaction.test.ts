// Transactions that the database has ended by itself, and savepoints that were never made.
import { describe, expect, test } from "vitest";
import { DatabaseError, dbPool } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { sqlite, sqliteEngines } from "./engines.ts";
import { FakeDriver, FakeError } from "./fake-driver.ts";

const nothing = async (): Promise<void> => {};

describe("a savepoint", () => {
  test("that was cancelled before it was asked for needs no undoing", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const value = await db.transaction(async (tx) => {
        const signal = AbortSignal.abort("no");
        await expect(tx.transaction(nothing, { signal })).rejects.toBe("no");
        const slow = tx.query("SELECT slow 100");
        await expect(tx.transaction(nothing, { timeoutMs: 10 })).rejects.toThrow("timed out");
        await slow;
        return 1;
      });
      expect(value).toBe(1);
      const expected = ["connect", "BEGIN", "SELECT slow 100", "ended", "COMMIT"];
      expect(driver.log).toEqual(expected.map((line) => `1 ${line}`));
    }));

  test("does not make anybody forget what has failed around it", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1 });
      const call = db.transaction(async (tx) => {
        await tx.query("FAIL unique").catch(() => {});
        await tx.transaction(async () => {}, { signal: AbortSignal.abort() }).catch(() => {});
      });
      await expect(call).rejects.toMatchObject({ kind: "aborted" });
    }));

  test("has gone with all the rest after a deadlock", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver("mysql");
      const db = dbPool(driver, { max: 1 });
      const reports = await reportsDuring(async () => {
        const call = db.transaction((tx) => tx.transaction((own) => own.query("FAIL deadlock")));
        await expect(call).rejects.toMatchObject({ kind: "deadlock" });
      });
      expect(reports).toEqual([]);
      const expected = [
        "connect",
        "START TRANSACTION",
        "SAVEPOINT corral_1",
        "FAIL deadlock",
        "ROLLBACK",
        "reset",
      ];
      expect(driver.log).toEqual(expected.map((line) => `1 ${line}`));
    }));
});

describe("a transaction that its server has rolled back", () => {
  for (const kind of ["deadlock", "serialization"] as const) {
    test(`is over for MySQL after a failure of the kind ${kind}`, () =>
      withVirtualClock(async () => {
        const driver = new FakeDriver("mysql");
        const db = dbPool(driver, { max: 1 });
        const call = db.transaction(async (tx) => {
          await tx.query(`FAIL ${kind}`).catch(() => {});
          await tx.query("INSERT INTO t VALUES (1)");
        });
        await expect(call).rejects.toMatchObject({ kind: "aborted" });
        expect(driver.log.join()).not.toContain("INSERT");
      }));
  }

  test("is over also if the query was cancelled that has met the other one", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver("mysql");
      driver.handlers.set("LOCK", async (connection) => {
        await new Promise<void>((resolve) => {
          connection.interrupt = resolve;
        });
        throw new FakeError("deadlock");
      });
      const db = dbPool(driver, { max: 1 });
      const call = db.transaction(async (tx) => {
        await tx.query("LOCK", [], { timeoutMs: 10 }).catch(() => {});
        await tx.query("INSERT INTO t VALUES (1)");
      });
      await expect(call).rejects.toMatchObject({ kind: "aborted" });
      expect(driver.log.join()).not.toContain("INSERT");
    }));

  for (const [name, open] of Object.entries(sqliteEngines)) {
    test.skipIf(open === undefined)(`is over for ${name}`, async () => {
      await using db = dbPool(sqlite(open!));
      await db.query("CREATE TABLE t (a INT UNIQUE)");
      await db.query("INSERT INTO t VALUES (1)");
      const clash = "INSERT OR ROLLBACK INTO t VALUES (1)";
      const reports = await reportsDuring(async () => {
        const caught = db.transaction(async (tx) => {
          await tx.query("INSERT INTO t VALUES (2)");
          await tx.query(clash).catch(() => {});
          await tx.query("INSERT INTO t VALUES (3)");
        });
        await expect(caught).rejects.toThrow(DatabaseError);
        const thrown = db.transaction((tx) => tx.transaction((own) => own.query(clash)));
        await expect(thrown).rejects.toMatchObject({ kind: "unique" });
      });
      expect(reports).toEqual([]);
      expect((await db.query("SELECT a FROM t")).rows).toEqual([{ a: 1 }]);
      expect(db.stats().created).toBe(1);
    });
  }
});

for (const [name, open] of Object.entries(sqliteEngines)) {
  test.skipIf(open === undefined)(`${name} keeps nothing temporary`, async () => {
    await using db = dbPool(sqlite(open!));
    await db.query("CREATE TABLE t (a INT)");
    const reports = await reportsDuring(async () => {
      await using lease = await db.acquire();
      await lease.query("CREATE TEMP TABLE own (id INTEGER PRIMARY KEY AUTOINCREMENT)");
      await lease.query("CREATE TEMP TRIGGER eat AFTER INSERT ON t BEGIN DELETE FROM t; END");
    });
    expect(reports).toEqual([]);
    expect(db.stats().created).toBe(1);
    await db.query("INSERT INTO t VALUES (1)");
    expect((await db.query("SELECT a FROM t")).rows).toEqual([{ a: 1 }]);
    await expect(db.query("SELECT * FROM own")).rejects.toMatchObject({ kind: "syntax" });
  });
}
