import { type DbPool, dbPool } from "../db-pool.ts";
import type { DbPoolOptions } from "../db-options.ts";
import type { DbDriver } from "../driver.ts";
import { type Statements, statementsOf } from "./statements.ts";

/** What a case has to work with. */
export interface World {
  readonly statements: Statements;
  readonly driver: DbDriver;
  /** The name of an empty table of the case's own. */
  readonly table: string;
  /** A pool on the driver, with other options than usual. It is closed with the case. */
  readonly db: DbPool;
}

export interface Case {
  readonly name: string;
  /** Why it says nothing about this driver, if so. */
  readonly unless?: ((driver: DbDriver) => string | undefined) | undefined;
  readonly options?: DbPoolOptions | undefined;
  readonly run: (world: World) => Promise<void>;
}

let tables = 0;

/** Runs a case with a table and a pool of its own, and leaves nothing behind. */
export async function inWorld(
  make: () => DbDriver | Promise<DbDriver>,
  { options, run }: Case,
): Promise<void> {
  const driver = await make();
  const statements = statementsOf(driver.dialect);
  const table = `corral_conformance_${++tables}`;
  const most = driver.max ?? Infinity;
  const max = Math.min(options?.max ?? most, most);
  const few = max === Infinity ? undefined : { max: Math.min(max, 10) };
  const db = dbPool(driver, { nested: "allow", ...options, ...few });
  try {
    await db.query(`CREATE TABLE ${table} (${statements.columns})`);
    await run({ statements, driver, table, db });
  } finally {
    try {
      await db.query(`DROP TABLE ${table}`);
    } finally {
      await db.close();
    }
  }
}
