import { ClosedError } from "../../index.ts";
import { expectEqual, expectRejection, expectTrue } from "./expectation.ts";
import type { Case } from "./world.ts";

export const leaseCases: readonly Case[] = [
  {
    name: "a lease that comes back dirty is clean for the next one",
    options: { max: 1 },
    async run({ db, table, statements }) {
      const lease = await db.acquire();
      await lease.query(statements.dirty);
      expectEqual((await lease.query(statements.isDirty)).rows, [{ v: "dirty" }], "before");
      await lease.query(statements.begin);
      await lease.query(`INSERT INTO ${table} (id, n) VALUES (1, 1)`);
      await lease.release();
      const { rows } = await db.query<{ v: unknown }>(statements.isDirty);
      expectTrue(rows[0]?.v !== "dirty", "the session was reset");
      const left = await db.query(`SELECT id FROM ${table}`);
      expectEqual(left.rows, [], "rows of the transaction left open");
      await db.query(`INSERT INTO ${table} (id, n) VALUES (2, 2)`);
      const other = await db.query(`SELECT id FROM ${table}`);
      expectEqual(other.rows, [{ id: 2 }], "rows of the next one");
    },
  },
  {
    name: "what a function changes behind a harmless look is reset, too",
    options: { max: 1 },
    async run({ db, statements }) {
      await db.query(statements.hidden);
      const { rows } = await db.query<{ v: unknown }>(statements.isHidden);
      expectTrue(rows[0]?.v !== "dirty", "the session was reset");
    },
  },
  {
    name: "a failed transaction left open is rolled back",
    options: { max: 1 },
    async run({ db, statements }) {
      const lease = await db.acquire();
      await lease.query(statements.begin);
      await expectRejection(lease.query(statements.wrong), "a wrong statement");
      await lease.release();
      expectEqual((await db.query(statements.echo, [1, "a"])).rowCount, 1, "the next query");
    },
  },
  {
    name: "a lease is over after its release, and counts once",
    options: { max: 1 },
    async run({ db, statements }) {
      const lease = await db.acquire();
      const { native } = lease;
      await lease.release();
      await lease.release();
      await lease.destroy();
      expectEqual([db.idle, db.busy], [1, 0], "idle and busy connections");
      const calls = [
        lease.query(statements.echo, [1, "a"]),
        lease.insert("nowhere", [{ a: 1 }]),
        lease.transaction(() => 1),
      ];
      for (const call of calls) {
        const error = await expectRejection(call, "a call after the release");
        expectTrue(error instanceof ClosedError, `it rejects with a ClosedError, not ${error}`);
      }
      let dead = false;
      try {
        Reflect.get(native, "query");
      } catch {
        dead = true;
      }
      expectTrue(dead, "the driver's own connection is over, too");
    },
  },
  {
    name: "a destroyed lease is replaced by another connection",
    options: { max: 1 },
    async run({ db, statements }) {
      const lease = await db.acquire();
      await lease.destroy();
      expectEqual((await db.query(statements.echo, [1, "a"])).rowCount, 1, "the next query");
      expectEqual(db.stats().created, 2, "the number of connections made");
    },
  },
  {
    name: "who waits for a connection can leave, and loses none",
    options: { max: 1 },
    async run({ db, statements }) {
      const lease = await db.acquire();
      const controller = new AbortController();
      const waiting = db.acquire({ signal: controller.signal });
      const late = db.query(statements.echo, [1, "a"], { signal: AbortSignal.abort("gone") });
      const inTime = db.query(statements.echo, [2, "b"]);
      controller.abort("enough");
      expectEqual(await expectRejection(waiting, "the wait"), "enough", "its reason");
      expectEqual(await expectRejection(late, "the query"), "gone", "its reason");
      const short = db.acquire({ timeoutMs: 5 });
      await expectRejection(short, "the wait");
      await lease.release();
      expectEqual((await inTime).rowCount, 1, "the one who stayed");
      expectEqual([db.idle, db.busy, db.waiting], [1, 0, 0], "idle, busy, waiting");
    },
  },
  {
    name: "queries on one lease run one after the other",
    options: { max: 1 },
    async run({ db, statements }) {
      await using lease = await db.acquire();
      const calls = Array.from({ length: 20 }, (_, a) => lease.query(statements.echo, [a, "x"]));
      const results = await Promise.all(calls);
      expectEqual(
        results.map(({ rows }) => rows[0]?.["a"]),
        calls.map((_, index) => index),
        "the results",
      );
    },
  },
  {
    name: "init prepares each connection, and again each that was reset",
    options: {
      max: 1,
      init: (connection) => connection.query("SELECT 1 AS one"),
      reset: "always",
    },
    async run({ db, statements }) {
      expectEqual((await db.query(statements.echo, [1, "a"])).rowCount, 1, "a query");
      expectEqual(db.stats().created, 1, "the number of connections made");
    },
  },
  {
    name: "close() waits for leases, and lets nobody in",
    options: { max: 1 },
    async run({ db, statements, driver }) {
      // The case's own pool stays, for the table.
      const lease = await db.acquire();
      const { rowCount } = await lease.query(statements.echo, [1, "a"]);
      expectEqual([rowCount, driver.dialect.length > 0], [1, true], "a query");
      let released = false;
      const waiting = db.acquire().then(async (other) => {
        expectTrue(released, "the second one waited");
        await other.release();
      });
      released = true;
      await lease.release();
      await waiting;
    },
  },
];
