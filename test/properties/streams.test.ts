// The functions over streams against what arrays give, with sources, readers and times of any kind.
import fc from "fast-check";
import { expect, test } from "vitest";
import { buffer, chunk, detached, type ItemStream, merge, sleep, tee, zip } from "corral";
import { withVirtualClock } from "corral/testing";

/** The items of a source, after how many milliseconds each comes; at once if 0. */
type Delays = readonly number[];

const delays = fc.array(fc.constantFrom(0, 0, 1, 2, 7), { maxLength: 12 });
const paces = fc.array(fc.constantFrom(0, 0, 1, 5), { minLength: 1, maxLength: 6 });
const kinds = fc.constantFrom("array", "generator", "async", "stream");

interface Shape {
  readonly kind: string;
  readonly delays: Delays;
  /** Whether it fails at its end. */
  readonly fails: boolean;
}

const shape: fc.Arbitrary<Shape> = fc.record({ kind: kinds, delays, fails: fc.boolean() });

/** An array fails nowhere. */
function failsOf({ kind, fails }: Shape): boolean {
  return fails && kind !== "array";
}

class Failure extends Error {
  override readonly name = "Failure";
}

/** How many items were given, and how many sources are open. */
interface Count {
  given: number;
  open: number;
}

type Item = readonly [source: number, index: number];

function sourceOf(made: Shape, id: number, count: Count): Iterable<Item> | AsyncIterable<Item> {
  const items = made.delays.map((_ms, index): Item => [id, index]);
  if (made.kind === "array") return items;
  if (made.kind === "generator") {
    return (function* (): Generator<Item> {
      count.open++;
      try {
        for (const item of items) {
          count.given++;
          yield item;
        }
        if (made.fails) throw new Failure(String(id));
      } finally {
        count.open--;
      }
    })();
  }
  async function* generate(): AsyncGenerator<Item> {
    count.open++;
    try {
      for (const [index, item] of items.entries()) {
        const ms = made.delays[index]!;
        if (ms > 0) await detached(() => sleep(ms));
        count.given++;
        yield item;
      }
      if (made.fails) throw new Failure(String(id));
    } finally {
      count.open--;
    }
  }
  if (made.kind === "async") return generate();
  const iterator = generate();
  return new ReadableStream<Item>(
    {
      async pull(controller) {
        try {
          const { value, done } = await iterator.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: async () => void (await iterator.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

interface Outcome<T> {
  readonly items: T[];
  readonly error: unknown;
}

/** Reads at a pace, and leaves after so many items. */
async function read<T>(
  stream: ItemStream<T>,
  pace: readonly number[],
  most: number,
  each?: (items: readonly T[]) => void,
): Promise<Outcome<T>> {
  const items: T[] = [];
  try {
    for await (const item of stream) {
      items.push(item);
      each?.(items);
      if (items.length >= most) break;
      const ms = pace[items.length % pace.length]!;
      if (ms > 0) await sleep(ms);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { items, error };
  }
  return { items, error: undefined };
}

const most = fc.constantFrom(1, 3, Infinity, Infinity);
const runs = { numRuns: 150 };

test("buffer() is the source, as far as it is read", async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      paces,
      most,
      fc.integer({ min: 1, max: 5 }),
      async (made, pace, stop, size) => {
        await withVirtualClock(async () => {
          const count: Count = { given: 0, open: 0 };
          const outcome = await read(
            buffer(sourceOf(made, 0, count), size),
            pace,
            stop,
            ({ length }) => {
              if (made.kind !== "array") expect(count.given - length).toBeLessThanOrEqual(size);
            },
          );
          const expected = made.delays.map((_ms, index) => [0, index]);
          expect(outcome.items).toEqual(expected.slice(0, stop));
          const left = outcome.items.length >= stop;
          // What was read ahead may have failed before it was left.
          if (!left) expect(outcome.error !== undefined).toBe(failsOf(made));
          expect(count.open).toBe(0);
        });
      },
    ),
    runs,
  );
});

test("merge() has the items of all, each source's in order, until one fails", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shape, { maxLength: 4 }),
      paces,
      most,
      fc.integer({ min: 0, max: 3 }),
      async (shapes, pace, stop, size) => {
        await withVirtualClock(async () => {
          const count: Count = { given: 0, open: 0 };
          const sources = shapes.map((made, id) => sourceOf(made, id, count));
          const counted = shapes.every(({ kind }) => kind !== "array");
          const outcome = await read(merge(sources, { buffer: size }), pace, stop, ({ length }) => {
            if (counted) expect(count.given - length).toBeLessThanOrEqual(size + shapes.length);
          });
          shapes.forEach((made, id) => {
            const got = outcome.items.filter(([from]) => from === id);
            const all = made.delays.map((_ms, index) => [id, index]);
            expect(got).toEqual(all.slice(0, got.length));
            if (outcome.error === undefined && outcome.items.length < stop) {
              expect(got.length).toBe(all.length);
            }
          });
          if (outcome.items.length < stop) {
            expect(outcome.error !== undefined).toBe(shapes.some(failsOf));
          }
          expect(count.open).toBe(0);
        });
      },
    ),
    runs,
  );
});

test("chunk() is the source, cut into pieces that are full, late or last", async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      paces,
      most,
      fc.constantFrom(1, 2, 5, undefined),
      fc.constantFrom(0, 3, 10),
      async (made, pace, stop, size, withinMs) => {
        await withVirtualClock(async () => {
          const count: Count = { given: 0, open: 0 };
          const stream = chunk(sourceOf(made, 0, count), { size, withinMs });
          const outcome = await read(stream, pace, stop, (chunks) => {
            if (made.kind === "array") return;
            const { length } = chunks.flat();
            expect(count.given - length).toBeLessThanOrEqual(1);
          });
          for (const some of outcome.items) {
            expect(some.length).toBeGreaterThan(0);
            expect(some.length).toBeLessThanOrEqual(size ?? Infinity);
          }
          const items = outcome.items.flat();
          const all = made.delays.map((_ms, index) => [0, index]);
          expect(items).toEqual(all.slice(0, items.length));
          if (outcome.items.length < stop) {
            expect(items.length).toBe(all.length);
            expect(outcome.error !== undefined).toBe(failsOf(made));
          }
          // Nothing is late in a source that never waits.
          const ready = made.kind === "array" || made.delays.every((ms) => ms === 0);
          if (ready && size !== undefined) {
            const short = outcome.items.slice(0, -1).filter((some) => some.length < size);
            expect(short).toEqual([]);
          }
          expect(count.open).toBe(0);
        });
      },
    ),
    runs,
  );
});

test("tee() gives each branch the source, as far as it is read", async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.array(fc.record({ pace: paces, stop: most }), { minLength: 1, maxLength: 4 }),
      fc.constantFrom(1, 2, 5, Infinity),
      async (made, readers, capacity) => {
        await withVirtualClock(async () => {
          const count: Count = { given: 0, open: 0 };
          const taken = readers.map(() => 0);
          const branches = tee(sourceOf(made, 0, count), readers.length, { capacity });
          const outcomes = await Promise.all(
            branches.map(async (branch, i) => {
              const { pace, stop } = readers[i]!;
              const outcome = await read(branch, pace, stop, ({ length }) => {
                taken[i] = length;
                expect(length - Math.min(...taken)).toBeLessThanOrEqual(capacity);
              });
              taken[i] = Infinity;
              return outcome;
            }),
          );
          outcomes.forEach(({ items, error }, i) => {
            const all = made.delays.map((_ms, index) => [0, index]);
            const { stop } = readers[i]!;
            expect(items).toEqual(all.slice(0, stop));
            if (items.length < stop) expect(error !== undefined).toBe(failsOf(made));
          });
          expect(count.open).toBe(0);
        });
      },
    ),
    runs,
  );
});

test("zip() is the rows of its sources, down to the end of the shortest", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shape, { minLength: 1, maxLength: 4 }),
      paces,
      most,
      fc.boolean(),
      async (shapes, pace, stop, strict) => {
        await withVirtualClock(async () => {
          const count: Count = { given: 0, open: 0 };
          const sources = shapes.map((made, id) => sourceOf(made, id, count));
          const failed: unknown[] = [];
          const outcome = await read(zip(sources, { strict }), pace, stop).catch(
            (error: unknown) => {
              failed.push(error);
            },
          );
          const lengths = shapes.map(({ delays: { length } }) => length);
          const rows = Math.min(...lengths);
          if (failed.length > 0) {
            expect([strict, failed[0]]).toEqual([true, expect.any(RangeError)]);
            expect(Math.max(...lengths)).toBeGreaterThan(rows);
          } else {
            const { items, error } = outcome!;
            const expected = Array.from({ length: rows }, (_row, index) =>
              shapes.map((_made, id) => [id, index]),
            );
            expect(items).toEqual(expected.slice(0, stop));
            if (error !== undefined) {
              expect(shapes.some((made, i) => failsOf(made) && lengths[i] === rows)).toBe(true);
            } else if (strict && items.length < stop) {
              expect(Math.max(...lengths)).toBe(rows);
            }
          }
          expect(count.open).toBe(0);
        });
      },
    ),
    runs,
  );
});
