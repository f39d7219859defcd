// Against a real server: what is left there of those who have gone.
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, describe, expect } from "vitest";
import { gather, retry, timeout, TimeoutError } from "corral";
import { DatabaseError, type DbPool, dbPool } from "corral/db";
import { POSTGRES, postgresDatabase } from "../support/databases.ts";
import { at, explicit } from "../support/mode.ts";
import { OwnPostgres } from "../support/own-postgres.ts";
import { requires, type ServiceTest } from "../support/services.ts";
import { postgresEngines } from "./engines.ts";

const server = await postgresDatabase();
const needsServer = requires(POSTGRES, server !== undefined);
const needsPrograms = requires(
  "PostgreSQL's programs, and a user that may run them",
  OwnPostgres.available,
);
// What a loaded machine may take.
const LONG_MS = 60_000;
const serverTest: ServiceTest = (name, run) => needsServer(name, run, LONG_MS);
const ownTest: ServiceTest = (name, run) => needsPrograms(name, run, LONG_MS);
const pools: DbPool[] = [];
/** For so long something may be shown that has ended. */
const SHOWN_MS = 2_000;
const COUNT = explicit ? 1_000 : 10_000;

function poolOf(engine: string, options?: Parameters<typeof dbPool>[1]): DbPool {
  const db = dbPool(postgresEngines[engine]!(server!.url), options);
  pools.push(db);
  return db;
}

/**
 * The statements that the sessions of the test's database run now, and a while later still: one that has told of the end of
 * a query is shown with it for a moment, and one that has just been made asks something itself. The queries of these tests
 * take 20 s.
 */
async function running(): Promise<unknown[]> {
  const text =
    "SELECT query FROM pg_stat_activity WHERE datname = $1 AND (state <> 'idle' OR xact_start IS NOT NULL)";
  const until = performance.now() + SHOWN_MS;
  for (;;) {
    const rows = await server!.query(text, [new URL(server!.url).pathname.slice(1)]);
    if (rows.length === 0 || performance.now() > until) return rows.map(({ query }) => query);
    await wait(20);
  }
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((db) => db.close()));
});

afterAll(async () => {
  await server?.drop();
});

for (const engine of Object.keys(postgresEngines)) {
  describe(`${engine} on a server`, () => {
    serverTest("leaves nothing running there, whenever it is cancelled", async () => {
      const db = poolOf(engine, { max: 3 });
      const slow = (): Promise<unknown> => db.query("SELECT pg_sleep(20)");
      // While some wait, some connect and some run; later, with connections that are there.
      for (const ms of [0, 1, 3, 10, 30, 60, 0, 1, 3, 10]) {
        const many = timeout(ms, (scope) =>
          gather(
            Array.from({ length: 8 }, () => (own) => db.query("SELECT pg_sleep(20)", [], at(own))),
            at(scope),
          ),
        );
        await expect(many).rejects.toThrow(TimeoutError);
        expect(await running()).toEqual([]);
        expect(db.stats()).toMatchObject({ busy: 0, waiting: 0 });
      }
      const left = slow().catch((error: unknown) => error);
      await wait(20);
      await db.close({ graceMs: 0 });
      expect(await left).toMatchObject({ name: "ClosedError" });
      expect(await running()).toEqual([]);
    });

    serverTest("leaves no lock, no transaction and no listener behind", async () => {
      const db = poolOf(engine, { max: 1 });
      const lease = await db.acquire();
      await lease.query("LISTEN corral");
      await lease.query("SELECT pg_advisory_lock(7)");
      await lease.query("BEGIN");
      await lease.query("CREATE TABLE half_made (a int)");
      await lease.release();
      expect(await running()).toEqual([]);
      const locks = "SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory'";
      const { rows } = await db.query(locks);
      expect(rows).toEqual([{ n: 0 }]);
      const channels = await db.query("SELECT pg_listening_channels() AS name");
      expect(channels.rows).toEqual([]);
      const table = await db.query("SELECT to_regclass('half_made')::text AS name");
      expect(table.rows).toEqual([{ name: null }]);
    });

    serverTest("ends no query but the one that was cancelled", async () => {
      const db = poolOf(engine, { max: 1 });
      await using lease = await db.acquire();
      for (let i = 0; i < 250; i++) {
        const timeoutMs = 1 + (i % 4) / 2;
        await lease.query("SELECT pg_sleep(0.0015)", [], { timeoutMs }).catch(() => {});
        // A request that comes late would meet one of these.
        for (let k = 0; k < 3; k++) await lease.query("SELECT pg_sleep(0.0005)");
      }
      expect(db.stats().created).toBe(1);
    });

    serverTest("calls no transaction committed that the server has rolled back", async () => {
      const db = poolOf(engine, { max: 1 });
      await db.query("CREATE TABLE unseen (a int)");
      const call = db.transaction(async (tx) => {
        await tx.query("INSERT INTO unseen VALUES (1)");
        // What is done so is not seen by the pool.
        const native = tx.native as Record<"query" | "unsafe", (text: string) => Promise<unknown>>;
        const name = engine === "postgres" ? "unsafe" : "query";
        await native[name]("SELECT nothing").catch(() => {});
      });
      await expect(call).rejects.toMatchObject({ name: "DatabaseError", kind: "aborted" });
      expect((await db.query("SELECT a FROM unseen")).rows).toEqual([]);
      await db.query("DROP TABLE unseen");
    });

    serverTest("lends a session that is as it was when it was new", async () => {
      const db = poolOf(engine, { max: 1 });
      const look = async (): Promise<unknown> => {
        const seen = [
          "current_user::text AS a, session_user::text AS b, current_schemas(false)::text AS c",
          "current_setting('application_name') AS d, current_setting('statement_timeout') AS e",
          "current_setting('transaction_read_only') AS f, current_setting('a.b', true) AS g",
          "current_setting('transaction_isolation') AS h, to_regclass('own')::text AS i",
          "(SELECT count(*)::int FROM pg_cursors WHERE is_holdable) AS j",
          "(SELECT count(*)::int FROM pg_prepared_statements WHERE name = 'mine') AS k",
        ];
        const { rows } = await db.query(`SELECT ${seen.join(", ")}`);
        return { ...(rows[0] as object), g: rows[0]!["g"] ?? "" };
      };
      const clean = await look();
      const dirty = [
        "SET ROLE pg_monitor",
        "SET SESSION AUTHORIZATION pg_monitor",
        "CREATE TEMP TABLE own (a int)",
        "SET search_path = nowhere",
        "UPDATE pg_settings SET setting = 'mine' WHERE name = 'application_name'",
        "BEGIN; DECLARE mine CURSOR WITH HOLD FOR SELECT 1; COMMIT",
        "PREPARE mine AS SELECT 1",
        "SET statement_timeout = 12345",
        "SET default_transaction_read_only = on",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SELECT set_config('a.b', 'mine', false)",
      ];
      for (const text of dirty) {
        await db.query(text);
        expect([text, await look()]).toEqual([text, clean]);
      }
      expect(db.stats().created).toBe(1);
    });

    serverTest("survives a COPY that has nobody to talk to", async () => {
      const db = poolOf(engine, { max: 1, resetTimeoutMs: 500 });
      await db.query("CREATE TABLE copied (a int)");
      await expect(db.query("COPY copied FROM STDIN")).rejects.toThrow(DatabaseError);
      expect((await db.query("SELECT 1 AS a")).rows).toEqual([{ a: 1 }]);
      await db.query("DROP TABLE copied");
    });

    serverTest(`gathers ${COUNT} queries over 10 connections`, async () => {
      const db = poolOf(engine, { max: 10 });
      function* queries(): Generator<{ text: string; params: number[] }> {
        for (let i = 0; i < COUNT; i++) yield { text: "SELECT $1::int AS i", params: [i] };
      }
      const { results, stats } = await db.gather<{ i: number }>(queries());
      expect(stats).toMatchObject({ succeeded: COUNT, failed: 0, complete: true });
      expect(results.every((result, index) => result?.rows[0]?.i === index)).toBe(true);
      expect(db.stats().created).toBeLessThanOrEqual(10);
    });

    serverTest("goes on when its sessions are ended by somebody else", async () => {
      const db = poolOf(engine, { max: 2 });
      await Promise.all([db.query("SELECT 1"), db.query("SELECT pg_sleep(0.05)")]);
      const name = new URL(server!.url).pathname.slice(1);
      const text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
      const transaction = db.transaction(async (tx) => {
        await tx.query("CREATE TABLE never (a int)");
        await server!.query(text, [name]);
        await wait(50);
        // Must not run on a new connection, outside of the transaction.
        await tx.query("CREATE TABLE outside (a int)");
      });
      const error = await transaction.catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(DatabaseError);
      expect(error).toMatchObject({ kind: "connection" });
      const { rows } = await retry(() => db.query("SELECT to_regclass('outside')::text AS name"), {
        retryIf: (failure) => failure instanceof DatabaseError && failure.kind === "connection",
      });
      expect(rows).toEqual([{ name: null }]);
    });
  });
}

describe("PostgreSQL that is restarted", () => {
  ownTest("is found again by those who wait and those who come", async () => {
    const own = await OwnPostgres.start();
    try {
      const engines = Object.entries(postgresEngines);
      const all = engines.map(([, make]) => dbPool(make(own.url), { max: 4 }));
      let stop = false;
      let served = 0;
      const lost = new Set<string>();
      const caller = async (db: DbPool): Promise<void> => {
        while (!stop) {
          try {
            await db.query("SELECT pg_sleep(0.005)");
            served++;
          } catch (error) {
            lost.add((error as DatabaseError).kind);
            await wait(10);
          }
        }
      };
      const callers = all.flatMap((db) => Array.from({ length: 6 }, () => caller(db)));
      while (served < 50) await wait(10);
      await own.down();
      await wait(100);
      await own.up();
      await wait(100);
      await own.down("SIGQUIT");
      await own.up();
      const since = served;
      while (served < since + 200) await wait(10);
      stop = true;
      await Promise.all(callers);
      expect([...lost]).toEqual(["connection"]);
      for (const db of all) expect(db.stats()).toMatchObject({ busy: 0, waiting: 0 });
      await Promise.all(all.map((db) => db.close()));
    } finally {
      await own.remove();
    }
  });
});
