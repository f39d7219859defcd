// Against a real server: what is left there of those who have gone.
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, describe, expect } from "vitest";
import { gather, retry, timeout, TimeoutError } from "corral";
import { DatabaseError, type DbConnection, type DbPool, dbPool } from "corral/db";
import { MARIADB, mariadbDatabase } from "../support/databases.ts";
import { at, explicit } from "../support/mode.ts";
import { requires, type ServiceTest } from "../support/services.ts";
import { mariadbEngines } from "./engines.ts";

const server = await mariadbDatabase();
const needsServer = requires(MARIADB, server !== undefined);
// What a loaded machine may take.
const LONG_MS = 60_000;
const serverTest: ServiceTest = (name, run) => needsServer(name, run, LONG_MS);
const pools: DbPool[] = [];
const COUNT = explicit ? 1_000 : 10_000;

function poolOf(engine: string, options?: Parameters<typeof dbPool>[1]): DbPool {
  const db = dbPool(mariadbEngines[engine]!(server!.url), options);
  pools.push(db);
  return db;
}

const name = server === undefined ? "" : new URL(server.url).pathname.slice(1);

/** For so long something may be shown that has ended; the queries of these tests take longer. */
const SHOWN_MS = 2_000;

/**
 * The statements that run in the test's database. A session that begins or is reset has none; a KILL that
 * has been answered is shown a little longer.
 */
async function running(): Promise<unknown[]> {
  const text =
    "SELECT info FROM information_schema.processlist WHERE db = ? AND command NOT IN ('Sleep', 'Killed') AND info NOT LIKE 'KILL QUERY%'";
  const until = performance.now() + SHOWN_MS;
  for (;;) {
    const rows = await server!.query(text, [name]);
    if (rows.length === 0 || performance.now() > until) return rows.map(({ info }) => info);
    await wait(20);
  }
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((db) => db.close()));
});

afterAll(async () => {
  await server?.drop();
});

const SLOW = "SELECT BENCHMARK(100000000, MD5('a'))";

const init = (connection: DbConnection): unknown =>
  connection.query("SET innodb_snapshot_isolation = 1");

for (const engine of Object.keys(mariadbEngines)) {
  describe(`${engine} on a server`, () => {
    serverTest("leaves nothing running there, whenever it is cancelled", async () => {
      const db = poolOf(engine, { max: 3 });
      for (const ms of [0, 1, 3, 10, 30, 60, 0, 1, 3, 10]) {
        const many = timeout(ms, (scope) =>
          gather(
            Array.from({ length: 8 }, () => (own) => db.query(SLOW, [], at(own))),
            at(scope),
          ),
        );
        await expect(many).rejects.toThrow(TimeoutError);
        expect(await running()).toEqual([]);
        expect(db.stats()).toMatchObject({ busy: 0, waiting: 0 });
      }
      const left = db.query(SLOW).catch((error: unknown) => error);
      await wait(20);
      await db.close({ graceMs: 0 });
      expect(await left).toMatchObject({ name: "ClosedError" });
      // Nobody waits for it any more: the server has been asked, and ends it long before it is done.
      await expect.poll(running, { timeout: 5_000 }).toEqual([]);
    });

    serverTest("leaves no lock, no transaction and no variable behind", async () => {
      const db = poolOf(engine, { max: 1 });
      await db.query("CREATE TABLE IF NOT EXISTS rows_of_mine (a int)");
      const lease = await db.acquire();
      await lease.query("SELECT GET_LOCK('corral', 1)");
      await lease.query("SET @mine = 1, SESSION sql_mode = 'ANSI'");
      await lease.query("SET autocommit = 0");
      await lease.query("INSERT INTO rows_of_mine VALUES (1)");
      await lease.release();
      const { rows } = await db.query(
        "SELECT IS_USED_LOCK('corral') AS held, @mine AS mine, @@autocommit AS auto, @@sql_mode AS mode",
      );
      expect(rows).toMatchObject([{ held: null, mine: null }]);
      expect(Number(rows[0]?.["auto"])).toBe(1);
      expect(rows[0]?.["mode"]).not.toContain("ANSI");
      const left = await db.query("SELECT a FROM rows_of_mine");
      expect(left.rows).toEqual([]);
    });

    serverTest("keeps its character set through a reset", async () => {
      const db = poolOf(engine, { max: 1 });
      const text = "SELECT @@character_set_client AS c, @@character_set_results AS r, '😀' AS face";
      const before = await db.query(text);
      await db.query("SET @a = 1");
      const after = await db.query(text);
      expect(after.rows).toEqual(before.rows);
      expect(after.rows[0]?.["face"]).toBe("😀");
    });

    serverTest("ends no query but the one that was cancelled", async () => {
      const db = poolOf(engine, { max: 1 });
      await using lease = await db.acquire();
      for (let i = 0; i < 250; i++) {
        const timeoutMs = 1 + (i % 4) / 2;
        await lease.query("SELECT sleep(0.0015)", [], { timeoutMs }).catch(() => {});
        for (let k = 0; k < 3; k++) {
          // One that is interrupted says 1.
          const { rows } = await lease.query("SELECT sleep(0.0005) AS interrupted");
          expect(Number(rows[0]!["interrupted"])).toBe(0);
        }
      }
    });

    serverTest("goes on with nothing after a record has changed since it was read", async () => {
      const db = poolOf(engine, { max: 2, init });
      await db.query("CREATE OR REPLACE TABLE records (id int PRIMARY KEY, v int)");
      await db.query("INSERT INTO records VALUES (1, 0), (2, 0), (3, 0)");
      const call = db.transaction(
        async (tx) => {
          await tx.query("UPDATE records SET v = 9 WHERE id = 2");
          await tx.query("SELECT * FROM records");
          await server!.query(`UPDATE ${name}.records SET v = 5 WHERE id = 1`);
          await tx.query("UPDATE records SET v = v + 1 WHERE id = 1").catch(() => {});
          await tx.query("UPDATE records SET v = 7 WHERE id = 3");
        },
        { isolation: "repeatable read" },
      );
      await expect(call).rejects.toMatchObject({ kind: "aborted" });
      const { rows } = await db.query("SELECT v FROM records ORDER BY id");
      expect(rows).toEqual([{ v: 5 }, { v: 0 }, { v: 0 }]);
    });

    serverTest("lends a session that is as it was", async () => {
      const db = poolOf(engine, { max: 1 });
      const look = async (): Promise<string> => {
        const seen =
          "@v, @@in_transaction, @@sql_mode, @@autocommit, @@tx_isolation, database(), @@tx_read_only, is_free_lock('mine'), @@character_set_client";
        const { rows } = await db.query(`SELECT ${seen}`);
        return JSON.stringify(rows[0], (_, value) =>
          typeof value === "bigint" ? Number(value) : value,
        );
      };
      await db.query("SET @v = 1");
      const clean = await look();
      const dirty = [
        "SET @v = 5",
        "SELECT 5 INTO @v",
        "START TRANSACTION",
        "SET sql_mode = ''",
        "SET autocommit = 0",
        "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET SESSION TRANSACTION READ ONLY",
        "SELECT get_lock('mine', 1)",
        "USE mysql",
        "SET NAMES latin1",
      ];
      for (const text of dirty) {
        await db.query(text);
        expect([text, await look()]).toEqual([text, clean]);
      }
      const lease = await db.acquire();
      await (lease.native as { query(text: string): Promise<unknown> }).query("USE mysql");
      await lease.release();
      expect(await look()).toBe(clean);
      expect(db.stats().created).toBe(1);
    });

    serverTest(`gathers ${COUNT} queries over 10 connections`, async () => {
      const db = poolOf(engine, { max: 10 });
      function* queries(): Generator<{ text: string; params: number[] }> {
        for (let i = 0; i < COUNT; i++) yield { text: "SELECT ? AS i", params: [i] };
      }
      const { results, stats } = await db.gather<{ i: unknown }>(queries());
      expect(stats).toMatchObject({ succeeded: COUNT, failed: 0, complete: true });
      expect(results.every((result, index) => Number(result?.rows[0]?.i) === index)).toBe(true);
      expect(db.stats().created).toBeLessThanOrEqual(10);
    });

    serverTest("goes on when its sessions are ended by somebody else", async () => {
      const db = poolOf(engine, { max: 2 });
      await Promise.all([db.query("SELECT 1"), db.query("SELECT SLEEP(0.05)")]);
      const transaction = db.transaction(async (tx) => {
        await tx.query("SELECT 1");
        const text = "SELECT id FROM information_schema.processlist WHERE db = ?";
        for (const { id } of await server!.query(text, [name])) {
          await server!.query(`KILL ${String(id)}`).catch(() => {});
        }
        await wait(50);
        await tx.query("SELECT 2");
      });
      const error = await transaction.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error).toMatchObject({ kind: "connection" });
      const { rows } = await retry(() => db.query("SELECT 3 AS a"), {
        retryIf: (failure) => failure instanceof DatabaseError && failure.kind === "connection",
      });
      expect(rows).toMatchObject([{ a: expect.anything() }]);
    });
  });
}
