import { describe, expect, test } from "vitest";
import { DatabaseError, type DbPool, dbPool } from "corral/db";
import { pgliteDriver } from "corral/db/pglite";
import { records } from "../../examples/csv-import/csv.ts";
import { CsvError, importCsv } from "../../examples/csv-import/import-csv.ts";
import { madeUpOrders } from "../../examples/csv-import/made-up-orders.ts";
import { sharedPglite } from "../support/databases.ts";
import { FakeDriver } from "../db/fake-driver.ts";

async function all(pieces: Iterable<string>): Promise<string[][]> {
  const found: string[][] = [];
  for await (const fields of records(pieces)) found.push(fields);
  return found;
}

const options = { timeoutMs: 60_000, onProgress: (): void => {} };

describe("examples/csv-import", () => {
  test("reads quotes, line ends and pieces of any size", async () => {
    const text = 'a,b\r\n1,"x, ""y""\nz"\r\n,""\n"",last';
    const expected = [
      ["a", "b"],
      ["1", 'x, "y"\nz'],
      ["", ""],
      ["", "last"],
    ];
    expect(await all([text])).toEqual(expected);
    expect(await all(text)).toEqual(expected);
    expect(await all([])).toEqual([]);
    expect(await all(["a\n"])).toEqual([["a"]]);
    await expect(all(['a,"b'])).rejects.toThrow("a quote is not closed");
  });

  test("keeps nothing of a file that is broken", async () => {
    const driver = new FakeDriver();
    const broken = importCsv(dbPool(driver), "t", ["a,b\n1,2\n3\n"], options);
    await expect(broken).rejects.toThrow(CsvError);
    expect(driver.log.at(-1)).toBe("1 ROLLBACK");
    expect(driver.log).not.toContain("1 COMMIT");
  });

  test("imports into PostgreSQL, and tells how far it is", { timeout: 120_000 }, async () => {
    const db: DbPool = dbPool(pgliteDriver(sharedPglite(), { keepOpen: true }));
    const columns = "id int PRIMARY KEY, customer text NOT NULL, amount numeric, ordered date";
    await db.query("DROP TABLE IF EXISTS imported");
    await db.query(`CREATE TABLE imported (${columns})`);
    const told: number[] = [];
    const onProgress = (rows: number): void => void told.push(rows);
    const rows = await importCsv(db, "imported", madeUpOrders(1_500), { ...options, onProgress });
    expect([rows, told]).toEqual([1_500, [1_000, 1_500]]);
    const found = await db.query(
      "SELECT customer, amount, ordered::text FROM imported WHERE id IN (4, 2, 10) ORDER BY id",
    );
    expect(found.rows).toEqual([
      { customer: 'Eve "E" Doe', amount: "0.5", ordered: "2026-01-03" },
      { customer: "Ada, Countess", amount: "1", ordered: "2026-01-05" },
      { customer: 'Eve "E" Doe', amount: null, ordered: "2026-01-11" },
    ]);
    // All of it again: the keys are there.
    const again = importCsv(db, "imported", madeUpOrders(1_500), options);
    await expect(again).rejects.toThrow(DatabaseError);
    await db.query("DROP TABLE imported");
    await db.close();
  });
});
