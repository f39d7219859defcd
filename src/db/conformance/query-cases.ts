import { DatabaseError } from "../database-error.ts";
import type { DbErrorKind } from "../driver.ts";
import { expectEqual, expectRejection, expectTrue } from "./expectation.ts";
import type { Case, World } from "./world.ts";

async function kindOf(promise: Promise<unknown>, what: string): Promise<DbErrorKind> {
  const error = await expectRejection(promise, what);
  expectTrue(error instanceof DatabaseError, `${what} rejects with a DatabaseError, not ${error}`);
  return (error as DatabaseError).kind;
}

export async function countRows({ db, table }: World): Promise<number> {
  const { rows } = await db.query<{ count: unknown }>(`SELECT count(*) AS count FROM ${table}`);
  return Number(rows[0]?.count);
}

export const queryCases: readonly Case[] = [
  {
    name: "query() gives rows by the names of their columns",
    async run({ db, statements }) {
      const text = `it's a "quoted" \\ text; with $1 and ? – ü`;
      const { rows, rowCount } = await db.query(statements.echo, [42, text]);
      expectEqual(rows, [{ a: 42, b: text }], "the rows");
      expectEqual(rowCount, 1, "their number");
    },
  },
  {
    name: "query() takes null and undefined for NULL",
    async run({ db, table, statements: { place } }) {
      const text = `INSERT INTO ${table} (id, name, n) VALUES (1, ${place(1)}, 1), (2, ${place(2)}, 2)`;
      const { rowCount } = await db.query(text, [null, undefined]);
      expectEqual(rowCount, 2, "the number of rows inserted");
      const { rows } = await db.query(`SELECT name FROM ${table} ORDER BY id`);
      expectEqual(rows, [{ name: null }, { name: null }], "the rows");
    },
  },
  {
    name: "query() tells how many rows a statement has changed",
    async run({ db, table, statements: { place } }) {
      const insert = await db.query(`INSERT INTO ${table} (id, n) VALUES (1, 1), (2, 2), (3, 3)`);
      const update = await db.query(`UPDATE ${table} SET n = n + 1 WHERE n > ${place(1)}`, [1]);
      const none = await db.query(`UPDATE ${table} SET n = 0 WHERE n > ${place(1)}`, [99]);
      const remove = await db.query(`DELETE FROM ${table} WHERE id < ${place(1)}`, [3]);
      const select = await db.query(`SELECT id FROM ${table} WHERE id > ${place(1)}`, [99]);
      const counts = [insert, update, none, remove, select].map(({ rowCount }) => rowCount);
      expectEqual(counts, [3, 2, 0, 2, 0], "the numbers of rows");
    },
  },
  {
    name: "a failure is told by its kind, and leaves the connection usable",
    options: { max: 1 },
    async run({ db, table, statements }) {
      expectEqual(await kindOf(db.query(statements.wrong), "a wrong statement"), "syntax", "kind");
      expectEqual(await kindOf(db.query("SELEKT 1"), "no statement"), "syntax", "kind");
      await db.query(`INSERT INTO ${table} (id, n) VALUES (1, 1)`);
      const twice = db.query(`INSERT INTO ${table} (id, n) VALUES (1, 2)`);
      expectEqual(await kindOf(twice, "a key that is there"), "unique", "kind");
      const none = db.query(`INSERT INTO ${table} (id, n) VALUES (2, NULL)`);
      expectEqual(await kindOf(none, "a value that is missing"), "not-null", "kind");
      expectEqual((await db.query(statements.echo, [1, "still"])).rowCount, 1, "the next query");
      expectEqual(db.stats().created, 1, "the number of connections");
    },
  },
  {
    name: "insert() takes rows of objects and of arrays, by the thousand",
    async run(world) {
      const { db, table } = world;
      const names = ["plain", null, "tab\tnew\nline", "back\\slash", "quo'te", "\\N", "ü€😀", ""];
      const rows = Array.from({ length: 2_500 }, (_, id) => ({
        id,
        n: id % 7,
        name: names[id % names.length],
      }));
      const told: number[] = [];
      const inserted = await db.insert(table, rows, { onProgress: (count) => told.push(count) });
      expectEqual(inserted, 2_500, "the number of rows");
      expectEqual(told, [1_000, 2_000, 2_500], "the progress");
      const first = await db.query(`SELECT id, n, name FROM ${table} WHERE id < 8 ORDER BY id`);
      expectEqual(
        first.rows,
        names.map((name, id) => ({ id, n: id % 7, name })),
        "the rows",
      );
      const more = [[9_000, 1]] as const;
      await db.insert(table, more, { columns: ["id", "n"] });
      expectEqual(await countRows(world), 2_501, "the number of rows there");
    },
  },
  {
    name: "insert() inserts all rows, or none",
    async run(world) {
      const { db, table } = world;
      const rows = Array.from({ length: 1_500 }, (_, id) => ({ id: id === 1_400 ? 0 : id, n: 1 }));
      expectEqual(await kindOf(db.insert(table, rows), "a key that is there"), "unique", "kind");
      expectEqual(await countRows(world), 0, "the number of rows there");
    },
  },
  {
    name: "gather() gives the results in the order of the queries",
    async run({ db, statements }) {
      const queries = Array.from({ length: 200 }, (_, a) => ({
        text: statements.echo,
        params: [a, String(a)],
      }));
      const { results, errors, stats } = await db.gather<{ a: number }>(queries);
      expectEqual(
        results.map((result) => result?.rows[0]?.a),
        queries.map((_, index) => index),
        "the results",
      );
      expectEqual([errors.length, stats.succeeded], [0, 200], "the numbers");
      expectEqual(db.stats().busy, 0, "connections in use");
    },
  },
  {
    name: "gather() collects failures when asked to",
    async run({ db, statements }) {
      const good = { text: statements.echo, params: [1, "a"] };
      const queries = [good, statements.wrong, good];
      const { results, errors } = await db.gather(queries, { onError: "collect" });
      expectEqual(
        results.map((result) => result?.rowCount ?? "none"),
        [1, "none", 1],
        "the results",
      );
      expectEqual(
        errors.map(({ index }) => index),
        [1],
        "what has failed",
      );
      const all = db.gather(queries);
      expectEqual(await kindOf(all, "gather()"), "syntax", "kind");
      expectEqual(db.stats().busy, 0, "connections in use");
    },
  },
  {
    name: "stream() gives each result, and ends what runs when it is left",
    async run({ db, statements }) {
      let taken = 0;
      function* queries(): Generator<{ text: string; params: unknown[] }> {
        for (;;) yield { text: statements.echo, params: [taken++, "x"] };
      }
      let seen = 0;
      for await (const { result } of db.stream(queries(), { concurrency: 3 })) {
        seen += result?.rowCount ?? 0;
        if (seen === 50) break;
      }
      expectEqual(seen, 50, "the number of results");
      expectTrue(taken <= 56, `no more queries were taken than needed, but ${taken}`);
      expectEqual(db.stats().busy, 0, "connections in use");
    },
  },
];
