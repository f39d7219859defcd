import { describe, expect, test } from "vitest";
import { CancelScope, now, sleep, TimeoutError } from "corral";
import { type DbConnection, dbPool, type DialectName } from "corral/db";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { FakeDriver, FakeError, pause } from "./fake-driver.ts";

/** What was asked, without what is not of the transactions. */
function statements({ log }: FakeDriver): string[] {
  return log.map((line) => line.slice(2)).filter((line) => !/^(?:connect|SELECT)/.test(line));
}

describe("transaction()", () => {
  test("commits, and needs no reset", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      expect(await db.transaction((tx) => tx.query("INSERT 1").then(() => 7))).toBe(7);
      expect(await db.transaction(() => 8)).toBe(8);
      expect(statements(driver)).toEqual(["BEGIN", "INSERT 1", "COMMIT", "BEGIN", "COMMIT"]);
    }));

  test.each<[DialectName, object, string[]]>([
    ["postgres", { isolation: "serializable" }, ["BEGIN ISOLATION LEVEL SERIALIZABLE", "COMMIT"]],
    [
      "postgres",
      { isolation: "repeatable read", readOnly: true },
      ["BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "COMMIT"],
    ],
    ["mysql", { readOnly: true }, ["START TRANSACTION READ ONLY", "COMMIT"]],
    [
      "mysql",
      { isolation: "read committed" },
      ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION", "COMMIT"],
    ],
    ["sqlite", { isolation: "serializable" }, ["BEGIN IMMEDIATE", "COMMIT"]],
    [
      "sqlite",
      { readOnly: true },
      ["PRAGMA query_only = 1", "BEGIN", "COMMIT", "PRAGMA query_only = 0"],
    ],
  ])("begins in %s as %o say", (dialect, options, expected) =>
    withVirtualClock(async () => {
      const driver = new FakeDriver(dialect);
      await dbPool(driver, { max: 1 }).transaction(() => 1, options);
      expect(statements(driver)).toEqual(expected);
    }),
  );

  test("rolls back what throws, and throws it as it is", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const failures: unknown[] = [new Error("no"), undefined, "text"];
      for (const failure of failures) {
        const call = db.transaction(() => {
          throw failure;
        });
        await expect(call).rejects.toBe(failure);
      }
      const own = db.transaction((tx) => tx.query("FAIL unique"));
      await expect(own).rejects.toMatchObject({ kind: "unique", code: "code of unique" });
      expect(statements(driver).filter((line) => line === "ROLLBACK")).toHaveLength(4);
      expect(db.stats().created).toBe(1);
    }));

  test("rolls back when a cancellation is visible before the COMMIT", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const controller = new AbortController();
      const body = (): string => {
        controller.abort("late");
        return "a value";
      };
      await expect(db.transaction(body, { signal: controller.signal })).rejects.toBe("late");
      expect(statements(driver)).toEqual(["BEGIN", "ROLLBACK"]);
    }));

  test("is out of reach of a cancellation while it commits", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.handlers.set("COMMIT", () => pause(100));
      const db = dbPool(driver, { max: 1 });
      const controller = new AbortController();
      const call = db.transaction(() => "a value", { signal: controller.signal });
      await sleep(50);
      controller.abort("late");
      expect(await call).toBe("a value");
      expect(statements(driver)).toEqual(["BEGIN", "COMMIT"]);
    }));

  test("says that it does not know, when the COMMIT takes too long", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.handlers.set("COMMIT", () => new Promise(() => {}));
      const db = dbPool(driver, { max: 1, commitTimeoutMs: 300, cancelTimeoutMs: 200 });
      await reportsDuring(async () => {
        await expect(db.transaction(() => 1)).rejects.toThrow('"commit" timed out after 300 ms');
      });
      expect(driver.log).toContain("1 disconnect");
      expect(db.busy).toBe(0);
    }));

  test.each<[DialectName, string[]]>([
    ["sqlite", ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"]],
    // A COMMIT that has failed there has ended the transaction.
    ["postgres", ["BEGIN", "COMMIT"]],
  ])("leaves none open whose COMMIT has failed in %s", (dialect, expected) =>
    withVirtualClock(async () => {
      const driver = new FakeDriver(dialect);
      driver.handlers.set("COMMIT", () => {
        throw new FakeError("lock");
      });
      const db = dbPool(driver, { max: 1 });
      await expect(db.transaction(() => 1)).rejects.toMatchObject({ kind: "lock" });
      expect(statements(driver)).toEqual(expected);
      expect(db.stats()).toMatchObject({ idle: 1, created: 1 });
    }),
  );

  test("gives a connection up whose COMMIT it has had ended", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.handlers.set(
        "COMMIT",
        (connection) =>
          new Promise((_resolve, reject) => {
            connection.interrupt = () => reject(new FakeError("cancelled"));
          }),
      );
      const db = dbPool(driver, { max: 1, commitTimeoutMs: 300 });
      await expect(db.transaction(() => 1)).rejects.toThrow(TimeoutError);
      expect(statements(driver)).toEqual(["BEGIN", "COMMIT", "cancel", "disconnect"]);
    }));

  test("closes a connection that it cannot roll back", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.handlers.set("ROLLBACK", () => {
        throw new FakeError("other", "cannot");
      });
      const db = dbPool(driver, { max: 1 });
      const failure = new Error("no");
      const reports = await reportsDuring(async () => {
        const call = db.transaction(() => {
          throw failure;
        });
        await expect(call).rejects.toBe(failure);
      });
      expect(reports.join()).toContain("could not be rolled back");
      expect(driver.log.at(-1)).toBe("1 disconnect");
    }));

  test("has time, which ends its queries and rolls back", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const call = db.transaction((tx) => tx.query("SELECT slow 900"), { timeoutMs: 100 });
      await expect(call).rejects.toThrow(TimeoutError);
      expect(now()).toBe(100);
      expect(statements(driver)).toEqual(["BEGIN", "cancel", "interrupted", "ROLLBACK", "reset"]);
    }));

  test("ends a query that its function has not waited for", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      let left: Promise<unknown> | undefined;
      const call = db.transaction(async (tx) => {
        left = tx.query("SELECT slow 900").catch((error: unknown) => error);
        await pause(10);
        throw new Error("no");
      });
      await expect(call).rejects.toThrow("no");
      expect(now()).toBe(10);
      expect(await left).toMatchObject({ name: "ClosedError" });
      expect(statements(driver)).toEqual(["BEGIN", "cancel", "interrupted", "ROLLBACK", "reset"]);
    }));

  test("commits nothing of what has failed in PostgreSQL, where a COMMIT would not tell", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const call = db.transaction(async (tx) => {
        await tx.query("FAIL unique").catch(() => {});
        return "as if nothing were";
      });
      await expect(call).rejects.toMatchObject({ kind: "aborted", code: "code of unique" });
      expect(statements(driver)).toEqual(["BEGIN", "FAIL unique", "ROLLBACK", "reset"]);
      // Whoever rolls back to a savepoint of his own can go on.
      const saved = await db.transaction(async (tx) => {
        await tx.query("SAVEPOINT mine");
        await tx.query("FAIL unique").catch(() => {});
        await tx.query("ROLLBACK TO mine");
        return "saved";
      });
      expect(saved).toBe("saved");
    }));

  test("commits in MySQL what a failed statement has left, but nothing after a deadlock", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver("mysql");
      const db = dbPool(driver, { max: 1 });
      await db.transaction((tx) => tx.query("FAIL unique").catch(() => {}));
      expect(statements(driver).at(-2)).toBe("COMMIT");
      let second: unknown;
      const call = db.transaction(async (tx) => {
        await tx.query("FAIL deadlock").catch(() => {});
        second = await tx.query("INSERT 1").catch((error: unknown) => error);
      });
      await expect(call).rejects.toMatchObject({ kind: "aborted" });
      expect(second).toMatchObject({ kind: "aborted" });
      expect(driver.log).not.toContain("1 INSERT 1");
      expect(driver.log.at(-2)).toBe("1 ROLLBACK");
    }));

  test("is over with its function", () =>
    withVirtualClock(async () => {
      const db = dbPool(new FakeDriver(), { max: 1 });
      const tx = await db.transaction((held) => held);
      for (const call of [tx.query("SELECT 1"), tx.insert("t", []), tx.transaction(() => 1)]) {
        await expect(call).rejects.toThrow("the transaction has ended");
      }
      expect(() => tx.native).toThrow("the transaction has ended");
    }));

  test("that could not begin rolls nothing back", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.handlers.set("BEGIN", () => {
        throw new FakeError("other", "no more");
      });
      const db = dbPool(driver, { max: 1 });
      await expect(db.transaction(() => 1)).rejects.toThrow("no more");
      expect(statements(driver)).toEqual(["BEGIN", "reset"]);
    }));

  test("that is cancelled while it begins leaves none open", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      driver.handlers.set("BEGIN", () => pause(100));
      const db = dbPool(driver, { max: 1 });
      const lease = await db.acquire();
      const scope = new CancelScope({ timeoutMs: 50 });
      const call = scope.run((own) => lease.transaction(() => 1, at(own)));
      await expect(call).rejects.toThrow(TimeoutError);
      expect(statements(driver)).toContain("ROLLBACK");
      await lease.release();
    }));
});

/** The first updates meet another transaction. */
function meeting(driver: FakeDriver, times: number, kind: "deadlock" | "serialization"): void {
  let left = times;
  driver.handlers.set("UPDATE", () => {
    if (left-- > 0) throw new FakeError(kind);
  });
}

const update = (tx: DbConnection): Promise<unknown> => tx.query("UPDATE 1");

describe("a transaction that has met another one", () => {
  test.each(["deadlock", "serialization"] as const)("is begun anew after a %s", (kind) =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      meeting(driver, 2, kind);
      let runs = 0;
      const body = async (tx: DbConnection): Promise<number> => {
        await tx.query("UPDATE 1");
        return ++runs;
      };
      expect(await db.transaction(body, { retries: 2 })).toBe(1);
      const once = ["BEGIN", "UPDATE 1", "ROLLBACK"];
      const expected = [...once, ...once, "BEGIN", "UPDATE 1", "COMMIT"];
      expect(statements(driver)).toEqual(expected);
      expect(now()).toBeGreaterThan(0);
    }),
  );

  test("gives up after so many times, and at once without retries or for other failures", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      const db = dbPool(driver, { max: 1 });
      const begun = (): number => driver.log.filter((line) => line === "1 BEGIN").length;
      meeting(driver, 100, "deadlock");
      await expect(db.transaction(update, { retries: 3 })).rejects.toMatchObject({
        kind: "deadlock",
        retryable: true,
      });
      expect(begun()).toBe(4);
      await expect(db.transaction(update)).rejects.toMatchObject({ kind: "deadlock" });
      expect(begun()).toBe(5);
      const other = db.transaction((tx) => tx.query("FAIL unique"), { retries: 3 });
      await expect(other).rejects.toMatchObject({ kind: "unique", retryable: false });
      expect(begun()).toBe(6);
    }));

  test("is begun anew when the COMMIT has failed so", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      let left = 1;
      driver.handlers.set("COMMIT", () => {
        if (left-- > 0) throw new FakeError("serialization");
      });
      const db = dbPool(driver, { max: 1 });
      expect(await db.transaction(() => "done", { retries: 1 })).toBe("done");
    }));

  test("is begun anew on a lease, too", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      meeting(driver, 1, "deadlock");
      await using lease = await dbPool(driver, { max: 1 }).acquire();
      await lease.transaction((tx) => tx.query("UPDATE 1"), { retries: 1 });
      expect(statements(driver).filter((line) => line === "BEGIN")).toHaveLength(2);
    }));
});

describe("a transaction within another one", () => {
  test("is a savepoint", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      await dbPool(driver, { max: 1 }).transaction(async (tx) => {
        await tx.transaction((inner) => inner.transaction(() => 1));
        await tx.transaction((inner) => inner.query("FAIL unique")).catch(() => {});
        await tx.query("INSERT 1");
      });
      expect(statements(driver)).toEqual([
        "BEGIN",
        "SAVEPOINT corral_1",
        "SAVEPOINT corral_2",
        "RELEASE SAVEPOINT corral_2",
        "RELEASE SAVEPOINT corral_1",
        "SAVEPOINT corral_1",
        "FAIL unique",
        "ROLLBACK TO SAVEPOINT corral_1",
        "RELEASE SAVEPOINT corral_1",
        "INSERT 1",
        "COMMIT",
        "reset",
      ]);
    }));

  test("has the word while it is open: what the outer one did would be undone with it", () =>
    withVirtualClock(async () => {
      await dbPool(new FakeDriver(), { max: 1 }).transaction(async (tx) => {
        await tx.transaction(async (inner) => {
          await expect(tx.query("SELECT 1")).rejects.toThrow("expected the nested transaction");
          await expect(tx.transaction(() => 1)).rejects.toThrow(TypeError);
          await inner.query("SELECT 1");
        });
        await tx.query("SELECT 1");
      });
    }));

  test("leaves isolation, read-only and retries to the outermost", () =>
    withVirtualClock(async () => {
      await dbPool(new FakeDriver(), { max: 1 }).transaction(async (tx) => {
        for (const options of [{ isolation: "serializable" }, { readOnly: true }, { retries: 1 }]) {
          const call = tx.transaction(() => 1, options as object);
          await expect(call).rejects.toThrow('Cannot run a nested transaction: "');
        }
      });
    }));

  test("that has failed unseen is rolled back, and the outer one goes on", () =>
    withVirtualClock(async () => {
      const driver = new FakeDriver();
      await dbPool(driver, { max: 1 }).transaction(async (tx) => {
        const call = tx.transaction((inner) => inner.query("FAIL unique").catch(() => "unseen"));
        await expect(call).rejects.toMatchObject({ kind: "aborted" });
      });
      expect(statements(driver)).toContain("ROLLBACK TO SAVEPOINT corral_1");
      expect(statements(driver)).toContain("COMMIT");
    }));
});
