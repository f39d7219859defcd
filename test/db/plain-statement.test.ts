import { describe, expect, test } from "vitest";
import { isPlain } from "../../src/db/plain-statement.ts";

describe("a statement is known to leave the session as it was", () => {
  test.each([
    "SELECT 1",
    "  select a, b from t where c = $1 and d in ($2, $3)",
    "(SELECT 1) UNION (SELECT 2)",
    "SELECT count(*), max(a) FROM t GROUP BY b HAVING sum(c) > 3",
    "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT (a) DO UPDATE SET b = 1 RETURNING a",
    'INSERT INTO "my t" ("a") VALUES (now())',
    "INSERT INTO `t` (`a`) VALUES (?)",
    "insert into s.t(a) select coalesce(b, 'set_config(') from u",
    "UPDATE t SET a = a + 1 WHERE b = 'it''s (fine)';",
    "DELETE FROM t USING u WHERE t.a = u.a",
    "REPLACE INTO t VALUES (1)",
    "VALUES (1), (2)",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SELECT a FROM t FOR UPDATE",
    "SELECT x::varchar(10), cast(y AS numeric(3, 1)) FROM t",
  ])("%s", (text) => expect(isPlain(text)).toBe(true));
});

describe("of a statement is not known that it leaves the session as it was", () => {
  test.each([
    "SET a = 1",
    "BEGIN",
    "START TRANSACTION",
    "CREATE TEMP TABLE t (a int)",
    "LISTEN a",
    "DECLARE c CURSOR FOR SELECT 1",
    "CALL p()",
    "DO 1",
    "",
    "EXPLAIN ANALYZE SELECT set_config('a', 'b', false)",
    "SELECT set_config('a', 'b', false)",
    "SELECT pg_catalog.set_config('a', 'b', false)",
    "SELECT mine.count(1)",
    'SELECT mine."count" (1)',
    'SELECT "mine"(1)',
    "SELECT `mine`(1)",
    "SELECT pg_advisory_lock (7)",
    "SELECT GET_LOCK('a', 1)",
    "SELECT nextval('s')",
    "SELECT set_config/**/('a', 'b', false)",
    "SELECT 1 -- set_config\n, a(1)",
    "SELECT 1; SET a = 1",
    "SELECT @a := 1",
    "SELECT 1 INTO @a",
    "SELECT 1 INTO TEMP t",
    "WITH a AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM a",
    "SELECT E'\\'', set_config('a', 'b', false), ''",
    "SELECT $$ $$, set_config('a', 'b', false)",
    "SELECT $a$'$a$, set_config('a', 'b', false), '1'",
    // In MySQL these are literals, with what seems one between them.
    `SELECT "it's", get_lock('x', 1), "it's"`,
    "INSERT INTO t (a) VALUES (mine(1))",
    "INSERT INTO t (a) SELECT mine(1)",
    "SELECT mine$count(1)",
    "SELECT démax(1)",
    `SELECT U&"!0073et_config" UESCAPE '!' ('a', 'b', false)`,
    // A view that is another word for SET.
    "UPDATE pg_settings SET setting = 'a' WHERE name = 'search_path'",
  ])("%s", (text) => expect(isPlain(text)).toBe(false));

  test("however many there are", () => {
    for (let i = 0; i < 5_000; i++) expect(isPlain(`SELECT ${i}`)).toBe(true);
    expect(isPlain("SET a = 1")).toBe(false);
  });

  test("nor of a long one, which would take long, and much memory", () => {
    expect(isPlain(`SELECT '${"a".repeat(9_000)}'`)).toBe(true);
    expect(isPlain(`SELECT '${"a".repeat(30_000_000)}'`)).toBe(false);
    expect(isPlain(`INSERT INTO t VALUES (0x${"AB".repeat(1_000_000)})`)).toBe(false);
  });
});
