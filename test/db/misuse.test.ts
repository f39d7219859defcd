import { describe, expect, test } from "vitest";
import { DatabaseError, type DbDriver, DbPool, dbPool } from "corral/db";
import { mariadbDriver } from "corral/db/mariadb";
import { mysql2Driver } from "corral/db/mysql2";
import { pgDriver } from "corral/db/pg";
import { pgliteDriver } from "corral/db/pglite";
import { postgresDriver } from "corral/db/postgres";
import { sqliteDriver } from "corral/db/sqlite";
import { withVirtualClock } from "corral/testing";
import { FakeDriver } from "./fake-driver.ts";

describe("dbPool()", () => {
  test.each<[string, unknown, typeof TypeError | typeof RangeError]>([
    ["max", 0, RangeError],
    ["max", "1", TypeError],
    ["min", -1, RangeError],
    ["queryTimeoutMs", Number.NaN, RangeError],
    ["queryTimeoutMs", "1", TypeError],
    ["cancelTimeoutMs", Infinity, RangeError],
    ["commitTimeoutMs", Infinity, RangeError],
    ["rollbackTimeoutMs", Infinity, RangeError],
    ["resetTimeoutMs", Infinity, RangeError],
    ["connectTimeoutMs", null, TypeError],
    ["acquireTimeoutMs", "1", TypeError],
    ["reset", "sometimes", TypeError],
    ["nested", "perhaps", TypeError],
    ["init", 7, TypeError],
    ["name", 7, TypeError],
  ])("refuses %s: %s", (name, value, kind) => {
    const make = (): unknown => dbPool(new FakeDriver(), { [name]: value });
    expect(make).toThrow(kind);
    expect(make).toThrow(`"${name}"`);
  });

  test("refuses what is no driver, and more connections than it can have", () => {
    for (const wrong of [undefined, null, 7, {}, { connect() {} }]) {
      expect(() => dbPool(wrong as never)).toThrow(TypeError);
    }
    expect(() => dbPool(new FakeDriver("oracle" as never))).toThrow('"dialect" of the driver');
    expect(() => dbPool(new FakeDriver(), 7 as never)).toThrow('"options" must be an object');
    const few = new FakeDriver();
    few.max = 3;
    expect(() => dbPool(few, { max: 4 })).toThrow('"max" must be at most 3');
    expect(dbPool(few).stats().max).toBe(3);
    expect(dbPool(new FakeDriver()).stats().max).toBe(10);
  });

  test("refuses a query that is none, and changes nothing", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver);
      const wrong: [unknown, unknown?, unknown?][] = [
        [7],
        [["SELECT 1"]],
        ["SELECT 1", { a: 1 }],
        ["SELECT 1", "a"],
        ["SELECT 1", [], 7],
        ["SELECT 1", [], new AbortController().signal],
        ["SELECT 1", [], { timeoutMs: "1" }],
      ];
      for (const [text, params, options] of wrong) {
        const call = db.query(text as string, params as unknown[], options as object);
        await expect(call).rejects.toThrow(
          /^Cannot query: "(?:text|params|options|timeoutMs)" must/,
        );
      }
      await expect(db.transaction(7 as never)).rejects.toThrow('"fn" must be a function');
      const level = db.transaction(() => 1, { isolation: "snapshot" as never });
      await expect(level).rejects.toThrow('"isolation" must be "read uncommitted"');
      const retries = db.transaction(() => 1, { retries: -1 });
      await expect(retries).rejects.toThrow(RangeError);
      await expect(db.run(7 as never)).rejects.toThrow(TypeError);
      await expect(db.gather(["SELECT 1"], { concurrency: 0 })).rejects.toThrow(RangeError);
      await expect(db.gather(7 as never)).rejects.toThrow(TypeError);
      const onError = db.gather(["SELECT 1"], { onError: "skip" as never });
      await expect(onError).rejects.toThrow('"onError" must be "cancel" or "collect"');
      expect(() => db.stream(["SELECT 1"], { timeoutMs: Number.NaN })).toThrow(RangeError);
      expect(driver.log).toEqual([]);
    }));
});

describe("the drivers", () => {
  test("refuse what they are not made of", () => {
    const make: Record<string, (what: never) => DbDriver> = {
      pg: pgDriver,
      postgres: postgresDriver,
      mysql2: mysql2Driver,
      mariadb: mariadbDriver,
      pglite: pgliteDriver,
      sqlite: sqliteDriver,
    };
    for (const [name, driver] of Object.entries(make)) {
      for (const wrong of [undefined, null, "postgres://localhost", {}]) {
        expect(() => driver(wrong as never), name).toThrow(/^Cannot make a driver: "\w+" must be/);
      }
    }
    // An instance of postgres is a function, too.
    const instance = Object.assign(() => {}, { reserve: () => {} });
    expect(() => postgresDriver(instance as never)).toThrow("max: 1");
  });
});

describe("DatabaseError", () => {
  test("is known by its brand, and has the words of its cause", () => {
    const details = {
      kind: "other",
      driver: "fake",
      cause: new AggregateError([new Error("a")]),
    } as const;
    const error = new DatabaseError("connect", details);
    expect(error.message).toBe("Cannot connect: a");
    expect(error).toBeInstanceOf(DatabaseError);
    expect(error).toBeInstanceOf(Error);
    expect(new Error("a")).not.toBeInstanceOf(DatabaseError);
    class Mine extends DatabaseError {}
    expect(new Mine("query", details)).toBeInstanceOf(Mine);
    expect(error).not.toBeInstanceOf(Mine);
    expect((null as unknown) instanceof DatabaseError).toBe(false);
    expect(new DatabaseError("query", { ...details, cause: "text" }).message).toBe(
      "Cannot query: text",
    );
  });

  test("is what a pool is made by", () => {
    expect(dbPool(new FakeDriver())).toBeInstanceOf(DbPool);
  });
});
