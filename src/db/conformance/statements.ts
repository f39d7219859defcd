import type { DbErrorKind, DialectName } from "../driver.ts";

/** What the suite asks, in the words of a database. */
export interface Statements {
  /** Gives its two parameters, a number and a text, as `a` and `b`. */
  readonly echo: string;
  /** Columns of a table: `id` is its key, `name` a text that may be null, `n` a number that may not. */
  readonly columns: string;
  /** A placeholder. */
  readonly place: (number: number) => string;
  /** Runs for half a minute. */
  readonly slow: string;
  /** The same, for many at once. */
  readonly slowToo: string;
  /** Changes the session. */
  readonly dirty: string;
  /** Tells as `v` whether it was changed so: as "dirty". */
  readonly isDirty: string;
  /** A function of the user's own that changes the session, as a statement that looks harmless. */
  readonly hidden: string;
  /** Tells as `v` what that has changed. */
  readonly isHidden: string;
  readonly begin: string;
  /** Names what is not there. */
  readonly wrong: string;
  /** What a write in a read-only transaction fails as. */
  readonly readOnly: DbErrorKind;
}

const postgres: Statements = {
  echo: "SELECT $1::int AS a, $2::text AS b",
  columns: "id integer PRIMARY KEY, name text, n integer NOT NULL",
  place: (number) => `$${number}`,
  slow: "SELECT pg_sleep(30)",
  slowToo: "SELECT pg_sleep(30)",
  dirty: "SET application_name = 'dirty'",
  isDirty: "SELECT current_setting('application_name') AS v",
  hidden: "SELECT set_config('application_name', 'dirty', false)",
  isHidden: "SELECT current_setting('application_name') AS v",
  begin: "BEGIN",
  wrong: "SELECT nothing FROM nowhere",
  readOnly: "other",
};

const mysql: Statements = {
  echo: "SELECT ? AS a, ? AS b",
  columns: "id integer PRIMARY KEY, name varchar(200), n integer NOT NULL",
  place: () => "?",
  slow: "SELECT SLEEP(30)",
  // All that sleep share a lock, for which MariaDB waits up to two seconds when it ends one of them.
  slowToo: "SELECT BENCHMARK(300000000, MD5('a'))",
  dirty: "SET @corral = 'dirty'",
  isDirty: "SELECT @corral AS v",
  hidden: "SELECT @corral := 'dirty'",
  isHidden: "SELECT @corral AS v",
  begin: "START TRANSACTION",
  wrong: "SELECT nothing FROM nowhere",
  readOnly: "other",
};

const temporary =
  "SELECT CASE WHEN count(*) > 0 THEN 'dirty' END AS v FROM temp.sqlite_master WHERE name = 'corral'";

const sqlite: Statements = {
  echo: "SELECT ? AS a, ? AS b",
  columns: "id integer PRIMARY KEY, name text, n integer NOT NULL",
  place: () => "?",
  slow: "",
  slowToo: "",
  dirty: "CREATE TEMP TABLE corral (a)",
  isDirty: temporary,
  hidden: "CREATE TEMPORARY TABLE corral AS SELECT 1 AS a",
  isHidden: temporary,
  begin: "BEGIN",
  wrong: "SELECT nothing FROM nowhere",
  readOnly: "other",
};

const all: Readonly<Record<DialectName, Statements>> = { postgres, mysql, sqlite };

export function statementsOf(dialect: DialectName): Statements {
  return all[dialect];
}
