import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { filter, forEach, mapStream } from "corral";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are not collected, given some turns and collections. */
async function kept(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 10 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

function* objects(refs: WeakRef<object>[], length: number): Generator<object> {
  for (let i = 0; i < length; i++) {
    const item = { i };
    refs.push(new WeakRef(item));
    yield item;
  }
}

function* million(): Generator<number> {
  for (let i = 0; i < 1_000_000; i++) yield i;
}

test("the check itself sees what is held", async () => {
  const held = {};
  expect(await kept([new WeakRef(held)])).toBe(1);
  expect(held).toBeDefined();
});

test("forEach() keeps neither its items nor what its function returns", async () => {
  const refs: WeakRef<object>[] = [];
  const results: WeakRef<object>[] = [];
  let left = -1;
  const fn = async (_item: object, index: number): Promise<object | undefined> => {
    if (index === 99) {
      left = await kept([...refs.slice(0, 90), ...results.slice(0, 90)]);
      return undefined;
    }
    const result = { index };
    results.push(new WeakRef(result));
    return result;
  };
  await forEach(objects(refs, 100), fn, { concurrency: 2 });
  expect(left).toBe(0);
});

test("forEach() takes as much memory for a million items as for a few", async () => {
  gc();
  const before = process.memoryUsage().heapUsed;
  let most = 0;
  const fn = (item: number): string => {
    if (item % 250_000 === 249_999) {
      gc();
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    return `result ${item}`;
  };
  await forEach(million(), fn, { concurrency: 10 });
  expect(most).toBeLessThan(2 ** 20);
}, 20_000);

test.each([true, false])(
  "mapStream() keeps nothing of what was taken: ordered %s",
  async (ordered) => {
    const refs: WeakRef<object>[] = [];
    const stream = mapStream(objects(refs, 100), (item) => ({ item }), {
      concurrency: 3,
      buffer: 3,
      ordered,
    });
    for (let i = 0; i < 50; i++) refs.push(new WeakRef((await stream.next()).value!));
    await turn();
    // A few are under way; the source holds the last.
    expect(await kept(refs)).toBeLessThanOrEqual(8);
    await stream.return();
  },
);

test("filter() keeps nothing of what has not passed", async () => {
  const refs: WeakRef<object>[] = [];
  const stream = filter(objects(refs, 100), (_item, index) => index === 99, { concurrency: 3 });
  const result = await stream.next();
  expect(result.done).toBe(false);
  expect(await kept(refs)).toBeLessThanOrEqual(1);
  await stream.return();
});

test("mapStream() that is dropped unread, or between two reads, is collected", async () => {
  const refs: WeakRef<object>[] = [];
  const { signal } = new AbortController();
  const drop = async (): Promise<void> => {
    const unread = mapStream([1], (item) => item, { concurrency: 1, signal });
    const halfway = mapStream([1, 2, 3, 4], (item) => item, { concurrency: 1 });
    await halfway.next();
    refs.push(new WeakRef(unread), new WeakRef(halfway));
  };
  await drop();
  expect(await kept(refs)).toBe(0);
});
