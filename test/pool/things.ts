import { Pool, type PoolOptions } from "corral";

/** A resource that knows what became of it. */
export interface Thing {
  readonly id: number;
  destroyed: number;
}

/** A pool of numbered things, which are there at once unless the options say otherwise. */
export function thingPool(options: Partial<PoolOptions<Thing>> = {}): {
  readonly pool: Pool<Thing>;
  readonly things: Thing[];
  /** The numbers of those that were destroyed, in order. */
  readonly gone: number[];
} {
  const things: Thing[] = [];
  const gone: number[] = [];
  const pool = new Pool<Thing>({
    max: 2,
    create() {
      const thing = { id: things.length + 1, destroyed: 0 };
      things.push(thing);
      return thing;
    },
    destroy(thing) {
      thing.destroyed++;
      gone.push(thing.id);
    },
    ...options,
  });
  return { pool, things, gone };
}

/** What a call ends with: the number of what it got, or the name of its error. */
export function outcomeOf(call: Promise<{ readonly value: Thing }>): Promise<number | string> {
  return call.then(
    (lease) => lease.value.id,
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );
}
