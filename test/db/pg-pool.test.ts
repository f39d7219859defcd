// What a Pool of `pg` that was handed over does with the clients that are given back to it.
import { EventEmitter } from "node:events";
import pg from "pg";
import { expect, test } from "vitest";
import { pgDriver } from "corral/db/pg";

/** A client without a server. */
class Client extends EventEmitter {
  readonly _queryable = true;
  readonly ended: (() => void)[] = [];

  connect(done: () => void): void {
    done();
  }

  end(done: () => void): void {
    this.ended.push(done);
  }
}

test("an error that comes while a client is closed ends no process", async () => {
  const pool = new pg.Pool({ Client: Client as never, max: 1 });
  const driver = pgDriver(pool);
  const { signal } = new AbortController();
  const connection = await driver.connect(signal);
  const client = driver.native!(connection) as Client;
  const heard: string[] = [];
  client.on("error", ({ message }: Error) => heard.push(message));
  await driver.disconnect(connection);
  expect(client.ended).toHaveLength(1);
  client.emit("error", new Error("terminating connection due to administrator command"));
  expect(heard).toEqual(["terminating connection due to administrator command"]);
  client.ended[0]!();
  const next = await driver.connect(signal);
  expect(driver.native!(next)).not.toBe(client);
});
