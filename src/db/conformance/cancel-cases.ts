import { moveOnAfter, now, sleep, timeout, TimeoutError } from "../../index.ts";
import type { DbDriver } from "../driver.ts";
import { expectEqual, expectRejection, expectTrue } from "./expectation.ts";
import type { Case } from "./world.ts";

const withoutCancel = (driver: DbDriver): string | undefined =>
  driver.cancel === undefined ? "it cannot end a query" : undefined;

/** What runs for half a minute must have ended by then. */
const SOON_MS = 4_000;

export const cancelCases: readonly Case[] = [
  {
    name: "an aborted query is ended on the server, and its connection used again",
    unless: withoutCancel,
    options: { max: 1 },
    async run({ db, statements }) {
      const begun = now();
      const controller = new AbortController();
      const call = db.query(statements.slow, [], { signal: controller.signal });
      await sleep(50);
      controller.abort("enough");
      expectEqual(await expectRejection(call, "the query"), "enough", "its reason");
      for (let i = 0; i < 20; i++) {
        expectEqual((await db.query(statements.echo, [i, "a"])).rows[0]?.["a"], i, "what follows");
      }
      expectTrue(now() - begun < SOON_MS, `it ends soon, but took ${now() - begun} ms`);
      expectEqual(db.stats().created, 1, "the number of connections made");
    },
  },
  {
    name: "a query that is out of time is ended on the server",
    unless: withoutCancel,
    options: { max: 1, queryTimeoutMs: 100 },
    async run({ db, statements }) {
      const begun = now();
      const error = await expectRejection(db.query(statements.slow), "the query");
      expectTrue(error instanceof TimeoutError, `it rejects with a TimeoutError, not ${error}`);
      const call = db.query(statements.slow, [], { timeoutMs: 50 });
      const own = await expectRejection(call, "the query");
      expectTrue(own instanceof TimeoutError, `it rejects with a TimeoutError, not ${own}`);
      expectEqual((await db.query(statements.echo, [1, "a"])).rowCount, 1, "what follows");
      expectTrue(now() - begun < SOON_MS, `it ends soon, but took ${now() - begun} ms`);
      expectEqual(db.stats().created, 1, "the number of connections made");
    },
  },
  {
    name: "a query that is aborted as soon as it was sent never runs to its end",
    unless: withoutCancel,
    options: { max: 1 },
    async run({ db, statements }) {
      const begun = now();
      for (let i = 0; i < 10; i++) {
        const controller = new AbortController();
        const call = db.query(statements.slow, [], { signal: controller.signal });
        for (let turn = 0; turn < i; turn++) await Promise.resolve();
        controller.abort("at once");
        expectEqual(await expectRejection(call, "the query"), "at once", "its reason");
      }
      expectEqual((await db.query(statements.echo, [1, "a"])).rowCount, 1, "what follows");
      expectTrue(now() - begun < SOON_MS, `it ends soon, but took ${now() - begun} ms`);
    },
  },
  {
    name: "an abort at the moment of success meets no other query",
    options: { max: 2 },
    async run({ db, statements }) {
      let ended = 0;
      const callers = Array.from({ length: 4 }, async (_, caller) => {
        for (let i = 0; i < 25; i++) {
          const controller = new AbortController();
          const call = db.query(statements.echo, [i, "a"], { signal: controller.signal });
          const wait = sleep((caller + i) % 3).then(() => controller.abort("late"));
          await call.then(
            ({ rows }) => expectEqual(rows[0]?.["a"], i, "the result"),
            (error: unknown) => expectEqual(error, "late", "the reason"),
          );
          await wait;
          // Whoever is not cancelled must never be met by what was meant for another one.
          const { rows } = await db.query(statements.echo, [-i, "b"]);
          expectEqual(rows[0]?.["a"], i === 0 ? 0 : -i, "the result of the next one");
          ended++;
        }
      });
      await Promise.all(callers);
      expectEqual([ended, db.stats().busy], [100, 0], "what has ended, connections in use");
    },
  },
  {
    name: "a released lease ends what runs on it",
    unless: withoutCancel,
    options: { max: 1 },
    async run({ db, statements }) {
      const begun = now();
      const lease = await db.acquire();
      const running = expectRejection(lease.query(statements.slow), "the query");
      const queued = expectRejection(lease.query(statements.slow), "the one behind it");
      await sleep(20);
      await lease.release();
      expectEqual((await db.query(statements.echo, [1, "a"])).rowCount, 1, "what follows");
      const errors = await Promise.all([running, queued]);
      expectEqual(
        errors.map(({ name }) => name),
        ["ClosedError", "ClosedError"],
        "what they reject with",
      );
      expectTrue(now() - begun < SOON_MS, `it ends soon, but took ${now() - begun} ms`);
    },
  },
  {
    name: "a scope ends all that was gathered in it",
    unless: withoutCancel,
    async run({ db, statements }) {
      const begun = now();
      const queries = Array.from({ length: 20 }, () => statements.slowToo);
      const gathering = timeout(100, ({ signal }) => db.gather(queries, { signal }));
      const error = await expectRejection(gathering, "gather()");
      expectTrue(error instanceof TimeoutError, `it rejects with a TimeoutError, not ${error}`);
      const { errors, results, stats } = await db.gather(queries, {
        onError: "collect",
        timeoutMs: 100,
      });
      expectTrue(errors.length > 0 && errors.length === results.length, "all have failed");
      expectTrue(!stats.complete, "it says that it was cut short");
      expectTrue(now() - begun < SOON_MS, `it ends soon, but took ${now() - begun} ms`);
      expectEqual(db.stats().busy, 0, "connections in use");
    },
  },
  {
    name: "a transaction that is cancelled while a query runs is rolled back",
    unless: withoutCancel,
    options: { max: 1 },
    async run({ db, table, statements }) {
      const value = await moveOnAfter(
        100,
        ({ signal }) =>
          db.transaction(
            async (transaction) => {
              await transaction.query(`INSERT INTO ${table} (id, n) VALUES (1, 1)`);
              await transaction.query(statements.slow);
            },
            { signal },
          ),
        { fallback: () => "moved on" },
      );
      expectEqual(value, "moved on", "the value");
      expectEqual((await db.query(`SELECT id FROM ${table}`)).rows, [], "the rows");
    },
  },
  {
    name: "connecting for somebody who has left leaves nothing behind",
    async run({ driver }) {
      const controller = new AbortController();
      controller.abort(new Error("gone"));
      await driver.connect(controller.signal).then(
        (connection) => driver.disconnect(connection),
        () => {},
      );
      const connection = await driver.connect(new AbortController().signal);
      await driver.disconnect(connection);
      expectTrue(driver.isOpen?.(connection) !== true || driver.max === 1, "it is closed");
    },
  },
];
