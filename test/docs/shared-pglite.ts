import type { PgliteResult } from "corral/db/pglite";
import { sharedPglite } from "../support/databases.ts";

/**
 * Stands for the class in the examples: each has an empty database, but all have the same one, since it takes
 * seconds to start.
 */
export class PGlite {
  closed = false;
  readonly waitReady: Promise<void>;
  readonly #shared = sharedPglite();

  constructor() {
    const empty = this.#shared.exec("ROLLBACK; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    this.waitReady = empty.then(() => {});
  }

  query(text: string, params?: unknown[]): Promise<PgliteResult> {
    return this.#shared.query(text, params);
  }

  exec(text: string): Promise<PgliteResult[]> {
    return this.#shared.exec(text);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
