// Imports a CSV file into PostgreSQL, and tells how far it is.
//
//   node main.js [file.csv] [--url postgres://user@host/database] [--table orders]
//
// Without a file it makes one of 20,000 orders up (2,000 with --quick), and without a URL it uses PGlite, which is
// PostgreSQL in this process.

import { createReadStream, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { main } from "corral";
import { type DbDriver, DatabaseError, dbPool } from "corral/db";
import { importCsv } from "./import-csv.ts";
import { madeUpOrders } from "./made-up-orders.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: "string" },
    table: { type: "string", default: "orders" },
    quick: { type: "boolean", default: false },
  },
});

/** Each is loaded only where it is wanted: none of them is needed for the other. */
async function driver(): Promise<DbDriver> {
  if (values.url !== undefined) {
    const { default: pg } = await import("pg");
    const { pgDriver } = await import("corral/db/pg");
    return pgDriver(() => new pg.Client(values.url));
  }
  const { PGlite } = await import("@electric-sql/pglite");
  const { pgliteDriver } = await import("corral/db/pglite");
  return pgliteDriver(new PGlite());
}

function pieces(): AsyncIterable<string> | Iterable<string> {
  const [file] = positionals;
  if (file === undefined) return madeUpOrders(values.quick ? 2_000 : 20_000);
  console.log(`${file}: ${statSync(file).size} bytes`);
  return createReadStream(file, "utf8") as AsyncIterable<string>;
}

await main(async () => {
  await using db = dbPool(await driver(), { max: 1 });
  const columns = "id int PRIMARY KEY, customer text NOT NULL, amount numeric, ordered date";
  const name = values.table.split(".").map((part) => `"${part.replaceAll('"', '""')}"`);
  await db.query(`CREATE TABLE IF NOT EXISTS ${name.join(".")} (${columns})`);
  const begun = performance.now();
  try {
    const rows = await importCsv(db, values.table, pieces(), {
      timeoutMs: 600_000,
      onProgress: (count) => console.log(`${count} rows`),
    });
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    const total = await db.query<{ sum: string }>(`SELECT sum(amount) FROM ${name.join(".")}`);
    console.log(`imported ${rows} rows in ${seconds} s; they add up to ${total.rows[0]?.sum}`);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    console.error(`nothing was imported: ${error.message} (${error.kind})`);
    process.exitCode = 1;
  }
});
