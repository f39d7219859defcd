// Small queries on a server: the pool of each driver as it is, and through corral/db; with asyncpg and aiomysql below,
// where Python has them. It needs PostgreSQL (CORRAL_TEST_POSTGRES_URL or 127.0.0.1:5432) and MariaDB
// (CORRAL_TEST_MARIADB_URL or 127.0.0.1:3306), and leaves out what is not there.
//
// The pools of the drivers do less: no query of theirs can be cancelled, and nothing is reset. postgres.js sends many
// queries on a connection before the first one is answered, where one that was cancelled would hit another one.
import { dbPool } from "../dist/db/index.js";
import { mariadbDriver } from "../dist/db/mariadb/index.js";
import { mysql2Driver } from "../dist/db/mysql2/index.js";
import { pgDriver } from "../dist/db/pg/index.js";
import { postgresDriver } from "../dist/db/postgres/index.js";
import { options } from "./support/options.mjs";
import { peer } from "./support/peers.mjs";
import { ns, record } from "./support/report.mjs";
import { runPython } from "./support/run-python.mjs";
import { median } from "./support/statistics.mjs";
import { table } from "./support/table.mjs";
import { workerLoop } from "./support/work.mjs";

const COUNT = 10_000;
const MAX = 10;
const TEXT = "SELECT 1";
const queries = Array.from({ length: COUNT }, () => TEXT);
const opened = [];

const [pgPackage, postgresPackage, mysql2, mariadb] = await Promise.all(
  ["pg", "postgres", "mysql2/promise", "mariadb"].map(peer),
);

function corral(driver) {
  const db = dbPool(driver, { max: MAX });
  opened.push(() => db.close());
  return db;
}

const gathering = (db) => () => db.gather(queries);
const working = (query) => () => workerLoop(COUNT, MAX, query);
const transacting = (db) => working(() => db.transaction((transaction) => transaction.query(TEXT)));

/** Prints what Python says, below the tables that it belongs to. */
function pythonRows(server, where, titles) {
  if (!options.only.test("python")) return;
  const measured = runPython("db-python.py", { server, where, rounds: options.rounds });
  if (measured === undefined) return;
  for (const [title, rows] of Object.entries(measured.tables)) {
    for (const [name, perOp] of Object.entries(rows)) {
      const row = { name: `${name} (python ${measured.version})`, ns: median(perOp) };
      console.log(`  ${titles[title]}: ${row.name.padEnd(40)}${ns(row.ns).padStart(11)}`);
      record({ title: `${titles[title]}, python`, rows: [{ ...row, minNs: Math.min(...perOp) }] });
    }
  }
}

async function answers(query, what) {
  try {
    await query();
    return true;
  } catch (error) {
    console.log(`db: no ${what} to measure on: ${error.message}`);
    return false;
  }
}

async function postgresTables() {
  const url = process.env.CORRAL_TEST_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres";
  const { Client, Pool } = pgPackage.default;
  const sql = postgresPackage.default;
  const pool = new Pool({ connectionString: url, max: MAX });
  const instance = sql(url, { max: MAX });
  opened.push(
    () => pool.end(),
    () => instance.end(),
  );
  if (!(await answers(() => pool.query(TEXT), "PostgreSQL"))) return;
  const byPg = corral(pgDriver(() => new Client(url)));
  const byPostgres = corral(postgresDriver(() => sql(url, { max: 1 })));
  const nearly = { goals: { "corral db/pg": { times: 1.1 } } };
  const titles = {
    gather: `db: ${COUNT} queries gathered, PostgreSQL`,
    workers: `db: ${MAX} workers, PostgreSQL`,
    transactions: `db: transactions of ${MAX} workers, PostgreSQL`,
  };
  await table(
    titles.gather,
    { ops: COUNT, ...nearly },
    {
      "pg.Pool (floor)": () => Promise.all(queries.map((text) => pool.query(text))),
      "corral db/pg": gathering(byPg),
      "postgres.js, pipelined": () => Promise.all(queries.map((text) => instance.unsafe(text))),
      "corral db/postgres": gathering(byPostgres),
    },
  );
  await table(
    titles.workers,
    { ops: COUNT, ...nearly },
    {
      "pg.Pool (floor)": working(() => pool.query(TEXT)),
      "corral db/pg": working(() => byPg.query(TEXT)),
      "postgres.js": working(() => instance.unsafe(TEXT)),
      "corral db/postgres": working(() => byPostgres.query(TEXT)),
    },
  );
  const byHand = async () => {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query(TEXT);
      await client.query("COMMIT");
    } finally {
      client.release();
    }
  };
  await table(
    titles.transactions,
    { ops: COUNT, ...nearly },
    {
      "pg.Pool (floor)": working(byHand),
      "corral db/pg": transacting(byPg),
      "postgres.js": working(() => instance.begin((own) => own.unsafe(TEXT))),
      "corral db/postgres": transacting(byPostgres),
    },
  );
  pythonRows("postgres", url, titles);
}

async function mariadbTables() {
  const given = new URL(process.env.CORRAL_TEST_MARIADB_URL ?? "mariadb://root@127.0.0.1:3306/");
  const where = {
    host: given.hostname,
    port: Number(given.port || 3306),
    user: given.username,
    password: decodeURIComponent(given.password),
  };
  const pool = mariadb.createPool({ ...where, connectionLimit: MAX });
  const other = mysql2.createPool({ ...where, connectionLimit: MAX });
  opened.push(
    () => pool.end(),
    () => other.end(),
  );
  if (!(await answers(() => pool.query(TEXT), "MariaDB"))) return;
  const byMariadb = corral(mariadbDriver(() => mariadb.createConnection(where)));
  const byMysql2 = corral(mysql2Driver(() => mysql2.createConnection(where)));
  const nearly = { goals: { "corral db/mariadb": { times: 1.1 } } };
  const titles = {
    gather: `db: ${COUNT} queries gathered, MariaDB`,
    workers: `db: ${MAX} workers, MariaDB`,
  };
  await table(
    titles.gather,
    { ops: COUNT, ...nearly },
    {
      "mariadb's pool (floor)": () => Promise.all(queries.map((text) => pool.query(text))),
      "corral db/mariadb": gathering(byMariadb),
      "mysql2's pool": () => Promise.all(queries.map((text) => other.query(text))),
      "corral db/mysql2": gathering(byMysql2),
    },
  );
  await table(
    titles.workers,
    { ops: COUNT, ...nearly },
    {
      "mariadb's pool (floor)": working(() => pool.query(TEXT)),
      "corral db/mariadb": working(() => byMariadb.query(TEXT)),
      "mysql2's pool": working(() => other.query(TEXT)),
      "corral db/mysql2": working(() => byMysql2.query(TEXT)),
    },
  );
  pythonRows("mariadb", where, titles);
}

try {
  if (pgPackage && postgresPackage) await postgresTables();
  if (mysql2 && mariadb) await mariadbTables();
} finally {
  await Promise.all(opened.map((close) => close()));
}
