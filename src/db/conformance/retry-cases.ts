import { type CancelScope, gather, Latch } from "../../index.ts";
import { expectEqual, expectTrue } from "./expectation.ts";
import type { Case, World } from "./world.ts";

function twoRows({ table }: World): string {
  return `INSERT INTO ${table} (id, n) VALUES (1, 0), (2, 0)`;
}

async function numbers({ db, table }: World): Promise<number[]> {
  const { rows } = await db.query<{ n: unknown }>(`SELECT n FROM ${table} ORDER BY id`);
  return rows.map(({ n }) => Number(n));
}

/** Adds one to rows, one after the other, in a transaction that is begun anew. */
function addOne(
  { db, table }: World,
  rows: readonly number[],
  signal: AbortSignal,
  added?: (id: number) => Promise<void>,
): Promise<unknown> {
  return db.transaction(
    async (transaction) => {
      for (const id of rows) {
        await transaction.query(`UPDATE ${table} SET n = n + 1 WHERE id = ${id}`);
        await added?.(id);
      }
    },
    { retries: 10, isolation: "repeatable read", signal },
  );
}

/** What becomes of transactions that meet. */
export const retryCases: readonly Case[] = [
  {
    name: "transactions that wait for each other are begun anew",
    unless: ({ max = 2 }) => (max < 2 ? "it has only one connection" : undefined),
    async run(world) {
      const { driver } = world;
      if (driver.dialect === "sqlite") return;
      await world.db.query(twoRows(world));
      let begun = 0;
      const both = new Latch(2);
      await gather(
        [[1, 2] as const, [2, 1] as const].map(([first, second]) => ({ signal }) => {
          let isFirst = true;
          return addOne(world, [first, second], signal, async (id) => {
            if (id !== first) return;
            begun++;
            if (!isFirst) return;
            isFirst = false;
            // Each has its first row, and will want the other's.
            both.countDown();
            await both.wait({ signal });
          });
        }),
      );
      expectEqual(await numbers(world), [2, 2], "what they have added");
      expectTrue(begun > 2, `one was begun anew, of ${begun}`);
      expectEqual(world.db.stats().busy, 0, "connections in use");
    },
  },
  {
    name: "transactions that change the same rows all succeed when they are begun anew",
    unless: ({ max = 2 }) => (max < 2 ? "it has only one connection" : undefined),
    async run(world) {
      const { driver } = world;
      if (driver.dialect === "sqlite") return;
      await world.db.query(twoRows(world));
      // In one order they cannot wait for each other, and each can fail once for each of the nine that commit before it.
      const ten = Array.from(
        { length: 10 },
        () =>
          ({ signal }: CancelScope) =>
            addOne(world, [1, 2], signal),
      );
      await gather(ten);
      expectEqual(await numbers(world), [10, 10], "what they have added");
      expectEqual(world.db.stats().busy, 0, "connections in use");
    },
  },
];
