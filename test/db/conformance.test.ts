import { afterAll, describe, test } from "vitest";
import type { DbDriver } from "corral/db";
import { dbConformance } from "corral/db/conformance";
import {
  MARIADB,
  mariadbDatabase,
  POSTGRES,
  postgresDatabase,
  sharedPglite,
} from "../support/databases.ts";
import { requires } from "../support/services.ts";
import { mariadbEngines, pglite, postgresEngines, sqlite, sqliteEngines } from "./engines.ts";

const postgres = await postgresDatabase();
const mariadb = await mariadbDatabase();
// It keeps the process busy while it starts, so that others would seem not to answer.
await sharedPglite().waitReady;

afterAll(async () => {
  await postgres?.drop();
  await mariadb?.drop();
});

const LONG_MS = 20_000;

function conforms(
  engine: string,
  make: (() => DbDriver) | undefined,
  missing: string,
  required: boolean,
): void {
  describe(engine, () => {
    if (make === undefined) {
      const name = "does what a driver must do";
      if (required) requires(missing, false)(name, async () => {});
      else test.skip(`${name} (skipped: needs ${missing})`, () => {});
      return;
    }
    for (const { name, skipped, run } of dbConformance(make)) {
      if (skipped === undefined) test(name, run, LONG_MS);
      else test.skip(`${name} (skipped: ${skipped})`, run);
    }
  });
}

for (const [engine, make] of Object.entries(postgresEngines)) {
  conforms(engine, postgres && (() => make(postgres.url)), POSTGRES, true);
}
for (const [engine, make] of Object.entries(mariadbEngines)) {
  conforms(engine, mariadb && (() => make(mariadb.url)), MARIADB, true);
}
conforms("PGlite", pglite, "", true);
for (const [engine, open] of Object.entries(sqliteEngines)) {
  conforms(engine, open && (() => sqlite(open)), `${engine}, which this machine lacks`, false);
}
