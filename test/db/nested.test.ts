import { describe, expect } from "vitest";
import { dbPool } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { FakeDriver } from "./fake-driver.ts";

describe("a call of the pool by who holds a connection (needs ambient scopes)", () => {
  ambientTest("warns once by default", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 2 });
      const reports = await reportsDuring(() =>
        db.transaction(async () => {
          await db.query("SELECT 1");
          await db.query("SELECT 2");
          await db.transaction(() => 1);
        }),
      );
      expect(reports).toHaveLength(1);
      expect(reports[0]).toContain("Cannot query: expected the connection that the caller holds");
      expect(reports[0]).toContain("nested.test.ts");
    }),
  );

  ambientTest("fails if that is an error", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1, nested: "error" });
      await db.run(async (connection) => {
        await expect(db.query("SELECT 1")).rejects.toThrow(TypeError);
        await expect(db.acquire()).rejects.toThrow("Cannot acquire a connection");
        await expect(db.run(() => 1)).rejects.toThrow("Cannot run");
        await expect(db.transaction(() => 1)).rejects.toThrow("Cannot run a transaction");
        await expect(db.gather(["SELECT 1"])).rejects.toThrow(TypeError);
        await connection.query("SELECT 1");
      });
      // Nobody holds anything any more.
      expect((await db.query("SELECT 1")).rowCount).toBe(1);
    }),
  );

  ambientTest("uses the connection that is held if it is to be used again", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1, nested: "reuse" });
      const value = await db.transaction(async () => {
        await db.query("INSERT 1");
        await db.transaction(async () => {
          await db.query("INSERT 2");
          return db.run((connection) => connection.query("INSERT 3"));
        });
        await db.insert("t", [{ a: 1 }]);
        return "done";
      });
      expect(value).toBe("done");
      expect(driver.log).toEqual([
        "1 connect",
        "1 BEGIN",
        "1 INSERT 1",
        "1 SAVEPOINT corral_1",
        "1 INSERT 2",
        "1 INSERT 3",
        "1 RELEASE SAVEPOINT corral_1",
        "1 SAVEPOINT corral_1",
        '1 INSERT INTO "t" ("a") VALUES ($1)',
        "1 RELEASE SAVEPOINT corral_1",
        "1 COMMIT",
      ]);
    }),
  );

  ambientTest("takes another one if that is allowed", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 2, nested: "allow" });
      const reports = await reportsDuring(() => db.transaction(() => db.query("SELECT 1")));
      expect(reports).toEqual([]);
      expect(driver.log).toContain("2 SELECT 1");
    }),
  );

  ambientTest("is known by the pool alone whose connection it is", () =>
    withVirtualClock(async () => {
      const [one, other] = [1, 2].map(() => dbPool(new FakeDriver(), { nested: "error" }));
      await one!.run(() => other!.query("SELECT 1"));
      let late: Promise<unknown> | undefined;
      let go: (() => void) | undefined;
      await one!.run(() => {
        late = new Promise<void>((resolve) => {
          go = resolve;
        }).then(() => one!.query("SELECT 1"));
      });
      go!();
      await late;
    }),
  );
});
