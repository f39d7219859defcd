import { DatabaseError } from "../database-error.ts";
import { expectEqual, expectRejection, expectTrue } from "./expectation.ts";
import { countRows } from "./query-cases.ts";
import type { Case, World } from "./world.ts";

async function ids({ db, table }: World): Promise<number[]> {
  const { rows } = await db.query<{ id: unknown }>(`SELECT id FROM ${table} ORDER BY id`);
  return rows.map(({ id }) => Number(id));
}

function insert({ table }: World, id: number): string {
  return `INSERT INTO ${table} (id, n) VALUES (${id}, ${id})`;
}

export const transactionCases: readonly Case[] = [
  {
    name: "transaction() commits what its function has done",
    async run(world) {
      const { db } = world;
      const value = await db.transaction(async (transaction) => {
        await transaction.query(insert(world, 1));
        await transaction.query(insert(world, 2));
        return "done";
      });
      expectEqual([value, await ids(world)], ["done", [1, 2]], "the value and the rows");
    },
  },
  {
    name: "transaction() rolls back when its function throws",
    options: { max: 1 },
    async run(world) {
      const { db } = world;
      const failure = new Error("not so");
      const call = db.transaction(async (transaction) => {
        await transaction.query(insert(world, 1));
        throw failure;
      });
      expectTrue((await expectRejection(call, "it")) === failure, "it throws what was thrown");
      expectEqual(await ids(world), [], "the rows");
      expectEqual(db.stats().created, 1, "the number of connections made");
    },
  },
  {
    name: "transaction() rolls back when it is cancelled",
    options: { max: 1 },
    async run(world) {
      const { db } = world;
      const controller = new AbortController();
      const call = db.transaction(
        async (transaction) => {
          await transaction.query(insert(world, 1));
          controller.abort("enough");
          return "never";
        },
        { signal: controller.signal },
      );
      expectEqual(await expectRejection(call, "it"), "enough", "its reason");
      expectEqual(await ids(world), [], "the rows");
      expectEqual(db.stats().created, 1, "the number of connections made");
    },
  },
  {
    name: "a transaction within one is a savepoint",
    async run(world) {
      const { db } = world;
      await db.transaction(async (transaction) => {
        await transaction.query(insert(world, 1));
        await transaction.transaction(async (inner) => {
          await inner.query(insert(world, 2));
          await inner.transaction((innermost) => innermost.query(insert(world, 3)));
        });
        const failing = transaction.transaction(async (inner) => {
          await inner.query(insert(world, 4));
          await inner.query(insert(world, 4));
        });
        await expectRejection(failing, "a savepoint that fails");
        await transaction.query(insert(world, 5));
      });
      expectEqual(await ids(world), [1, 2, 3, 5], "the rows");
    },
  },
  {
    name: "a transaction is over when its function has ended",
    async run({ db, statements }) {
      const transaction = await db.transaction((held) => held);
      const call = transaction.query(statements.echo, [1, "a"]);
      const { name } = await expectRejection(call, "a query after the end");
      expectEqual(name, "ClosedError", "the name of the error");
    },
  },
  {
    name: "a transaction in which a statement has failed is never half committed",
    async run(world) {
      const { db, driver } = world;
      if (driver.dialect !== "postgres") return;
      const call = db.transaction(async (transaction) => {
        await transaction.query(insert(world, 1));
        await expectRejection(transaction.query(insert(world, 1)), "a key that is there");
        return "as if nothing were";
      });
      const error = await expectRejection(call, "it");
      expectEqual((error as DatabaseError).kind, "aborted", "the kind");
      expectEqual(await ids(world), [], "the rows");
    },
  },
  {
    name: "a read-only transaction refuses to write",
    async run(world) {
      const { db, statements } = world;
      const call = db.transaction((transaction) => transaction.query(insert(world, 1)), {
        readOnly: true,
      });
      expectTrue(
        (await expectRejection(call, "a write")) instanceof DatabaseError,
        "it is refused",
      );
      const read = (text: string): Promise<number> =>
        db.transaction(async (transaction) => (await transaction.query(text, [1, "a"])).rowCount, {
          readOnly: true,
        });
      expectEqual(await read(statements.echo), 1, "the rows read");
      await db.query(insert(world, 2));
      expectEqual(await countRows(world), 1, "the rows there");
    },
  },
  {
    name: "each isolation is known",
    async run({ db, statements, driver }) {
      const levels = ["read committed", "repeatable read", "serializable"] as const;
      for (const isolation of levels) {
        const { rowCount } = await db.transaction(
          (transaction) => transaction.query(statements.echo, [1, "a"]),
          { isolation },
        );
        expectEqual(rowCount, 1, `${driver.name}: ${isolation}`);
      }
    },
  },
];
