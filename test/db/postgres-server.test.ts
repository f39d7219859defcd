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
const COUNT = explicit ? 1_000 : 10_000;

function poolOf(engine: string, options?: Parameters<typeof dbPool>[1]): DbPool {
  const db = dbPool(postgresEngines[engine]!(server!.url), options);
  pools.push(db);
  return db;
}

/** The statements that the sessions of the test's database run now. */
async function running(): Promise<unknown[]> {
  const text =
    "SELECT query FROM pg_stat_activity WHERE datname = $1 AND (state <> 'idle' OR xact_start IS NOT NULL)";
  const rows = await server!.query(text, [new URL(server!.url).pathname.slice(1)]);
  return rows.map(({ query }) => query);
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
