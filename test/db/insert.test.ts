import { describe, expect, test } from "vitest";
import { sleep } from "corral";
import { dbPool, type InsertRow } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { FakeDriver } from "./fake-driver.ts";

/** A database that counts what it is given. */
function counting(dialect: "postgres" | "mysql" | "sqlite" = "postgres"): {
  driver: FakeDriver;
  inserts: unknown[][];
} {
  const driver = new FakeDriver(dialect);
  const inserts: unknown[][] = [];
  driver.handlers.set("INSERT", (_connection, params) => {
    inserts.push([...params]);
    return params;
  });
  return { driver, inserts };
}

function* failing(): Generator<InsertRow> {
  yield [1];
  throw new Error("source");
}

describe("insert()", () => {
  test("quotes names, and numbers its places as the database does", () =>
    withVirtualClock(async () => {
      const rows = [
        { 'a"b': 1, c: undefined },
        { c: 4, 'a"b': 3 },
      ];
      const { driver, inserts } = counting();
      await dbPool(driver, { max: 1 }).insert('my.t"able', rows);
      expect(driver.log).toContain(
        '1 INSERT INTO "my"."t""able" ("a""b", "c") VALUES ($1, $2), ($3, $4)',
      );
      expect(inserts).toEqual([[1, null, 3, 4]]);
      const mysql = counting("mysql");
      await dbPool(mysql.driver).insert("t`t", [[1, 2]], { columns: ["a", "b`"] });
      expect(mysql.driver.log).toContain("1 INSERT INTO `t``t` (`a`, `b```) VALUES (?, ?)");
    }));

  test("is one transaction on the pool, and part of whatever there is on a connection", () =>
    withVirtualClock(async () => {
      const { driver } = counting();
      const db = dbPool(driver, { max: 1 });
      await db.insert("t", [{ a: 1 }]);
      await db.run((connection) => connection.insert("t", [{ a: 1 }]));
      await db.transaction((tx) => tx.insert("t", [{ a: 1 }]));
      const words = driver.log.map((line) => line.split(" ")[1]);
      const whole = ["BEGIN", "INSERT", "COMMIT"];
      expect(words).toEqual(["connect", ...whole, "INSERT", ...whole]);
    }));

  test("sends batches, none with more parameters than the database takes", () =>
    withVirtualClock(async () => {
      const rows = Array.from({ length: 2_500 }, (_, i) => ({ a: i, b: i }));
      const sizes = async (
        dialect: "postgres" | "sqlite",
        batchSize?: number,
      ): Promise<number[]> => {
        const { driver, inserts } = counting(dialect);
        await dbPool(driver, { max: 1 }).insert("t", rows, { batchSize });
        return inserts.map((params) => params.length / 2);
      };
      expect(await sizes("postgres")).toEqual([1_000, 1_000, 500]);
      expect(await sizes("postgres", 2_000)).toEqual([2_000, 500]);
      expect(await sizes("sqlite", 600)).toEqual([499, 101, 499, 101, 499, 101, 499, 101, 100]);
    }));

  test("reads its source as fast as the rows go in, and tells how far it is", () =>
    withVirtualClock(async () => {
      const { driver, inserts } = counting();
      let read = 0;
      async function* rows(): AsyncGenerator<InsertRow> {
        for (; read < 100;) {
          await sleep(1);
          read++;
          yield [read];
        }
      }
      const told: number[] = [];
      const reports = await reportsDuring(async () => {
        await dbPool(driver).insert("t", rows(), {
          columns: ["a"],
          batchSize: 20,
          onProgress(inserted) {
            told.push(inserted);
            throw new Error("from the callback");
          },
        });
      });
      expect(inserts.map(({ length }) => length)).toEqual([20, 20, 20, 20, 20]);
      expect(told).toHaveLength(5);
      expect(reports).toHaveLength(5);
      expect(reports[0]).toContain("from the callback");
    }));

  test("rolls back what a failing source has given, and closes one that it leaves", () =>
    withVirtualClock(async () => {
      const { driver } = counting();
      const db = dbPool(driver, { max: 1 });
      const call = db.insert("t", failing(), { columns: ["a"], batchSize: 1 });
      await expect(call).rejects.toThrow("source");
      expect(driver.log.at(-1)).toBe("1 ROLLBACK");
      let closed = false;
      function* endless(): Generator<InsertRow> {
        try {
          yield { a: 1 };
          for (;;) yield { b: 2 };
        } finally {
          closed = true;
        }
      }
      const wrong = db.insert("t", endless(), { batchSize: 1 });
      await expect(wrong).rejects.toThrow("row 1 must have no value but of a, received one of b");
      expect(closed).toBe(true);
      expect(driver.log.at(-1)).toBe("1 ROLLBACK");
    }));

  test("inserts nothing of nothing", () =>
    withVirtualClock(async () => {
      const { driver, inserts } = counting();
      expect(await dbPool(driver).insert("t", [])).toBe(0);
      expect(inserts).toEqual([]);
    }));

  test("refuses what is no table, no row or no list of columns", () =>
    withVirtualClock(async () => {
      const { driver, inserts } = counting();
      const db = dbPool(driver, { max: 1 });
      const wrong: [string, unknown, object?][] = [
        ["", [{ a: 1 }]],
        ["t", 7],
        ["t", null],
        ["t", [[1]]],
        ["t", [7]],
        ["t", [[1, 2]], { columns: ["a"] }],
        ["t", [[1]], { columns: [] }],
        ["t", [[1]], { columns: "a" }],
        ["t", [{ a: 1 }], { batchSize: 0 }],
        ["t", [{ a: 1 }], { onProgress: 7 }],
      ];
      for (const [table, rows, options] of wrong) {
        const call = db.insert(table, rows as InsertRow[], options);
        await expect(call).rejects.toThrow(/^Cannot insert rows: /);
      }
      expect(inserts).toEqual([]);
    }));
});

const onProgress = (): Promise<never> => Promise.reject(new Error("no progress"));

describe("what is wrong with an insert", () => {
  test("is told before anything is asked", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      await expect(db.insert(5 as never, [])).rejects.toThrow('"table" must be a name');
      const columns = [1] as never;
      await expect(db.insert("t", [[1]], { columns })).rejects.toThrow('"columns" must be a list');
      expect(driver.log).toEqual([]);
      await using lease = await db.acquire();
      const signal = new AbortController().signal as never;
      await expect(lease.insert("t", [], signal)).rejects.toThrow('"options" must be an object');
      expect(driver.log).toEqual(["1 connect"]);
    }));

  test("is told of an onProgress that rejects, and stops nothing", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1 });
      const reports = await reportsDuring(async () => {
        expect(await db.insert("t", [{ a: 1 }], { onProgress })).toBe(1);
      });
      expect(reports.join()).toContain("onProgress has thrown: Error: no progress");
    }));
});
