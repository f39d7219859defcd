import type { PGlite } from "@electric-sql/pglite";
import * as mariadb from "mariadb";
import mysql from "mysql2/promise";
import pg from "pg";
import postgres from "postgres";
import { describe, expectTypeOf, test } from "vitest";
import { type DbConnection, type DbOutcome, dbPool, type DbResult } from "corral/db";
import { mariadbDriver } from "corral/db/mariadb";
import { mysql2Driver } from "corral/db/mysql2";
import { pgDriver } from "corral/db/pg";
import { pgliteDriver } from "corral/db/pglite";
import { postgresDriver } from "corral/db/postgres";
import { sqliteDriver } from "corral/db/sqlite";

declare const lite: PGlite;
const db = dbPool(pgliteDriver(lite));
const body = async (tx: DbConnection): Promise<number> => (await tx.query("SELECT 1")).rowCount;

describe("the types of corral/db", () => {
  test("the drivers take what the packages make", () => {
    dbPool(pgDriver(new pg.Pool()));
    dbPool(pgDriver(() => new pg.Client()));
    dbPool(postgresDriver(() => postgres({ max: 1 })));
    dbPool(mysql2Driver(mysql.createPool({})));
    dbPool(mysql2Driver(() => mysql.createConnection({})));
    dbPool(mariadbDriver(() => mariadb.createConnection({})));
    // @ts-expect-error An instance has more than one connection.
    postgresDriver(postgres());
    // @ts-expect-error A client is not made yet when a function is asked for.
    pgDriver(new pg.Client());
    // @ts-expect-error
    sqliteDriver({});
  });

  test("rows are what the caller says", () => {
    expectTypeOf(db.query("SELECT 1")).resolves.toEqualTypeOf<DbResult>();
    expectTypeOf(db.query<{ a: number }>("SELECT 1")).resolves.toEqualTypeOf<
      DbResult<{ a: number }>
    >();
    expectTypeOf(
      db.stream<{ a: number }>(["SELECT 1"])[Symbol.asyncIterator]().next(),
    ).resolves.toExtend<IteratorResult<DbOutcome<{ a: number }>>>();
    // @ts-expect-error
    void db.query("SELECT 1", "a");
    // @ts-expect-error
    void db.gather([7]);
  });

  test("functions give what they give", () => {
    expectTypeOf(db.transaction(body)).resolves.toEqualTypeOf<number>();
    expectTypeOf(db.run(() => "text")).resolves.toEqualTypeOf<string>();
    // @ts-expect-error
    void db.transaction(body, { isolation: "snapshot" });
  });
});
