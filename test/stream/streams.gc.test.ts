import { expect, test } from "vitest";
import { buffer, merge, tee } from "corral";
import { turn } from "../support/turn.ts";

async function collected(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await turn();
    globalThis.gc!();
  }
}

test("tee() keeps an item until the slowest open branch has taken it, and no longer", async () => {
  const references: WeakRef<object>[] = [];
  function* objects(): Generator<object> {
    for (let n = 0; n < 20; n++) {
      const item = { n };
      references.push(new WeakRef(item));
      yield item;
    }
  }
  const alive = (): number => references.filter((one) => one.deref() !== undefined).length;
  const [first, second] = tee(objects(), { capacity: Infinity });
  for (let i = 0; i < 10; i++) await first.next();
  await collected();
  expect(alive()).toBe(10);
  for (let i = 0; i < 6; i++) await second.next();
  await collected();
  expect(alive()).toBeLessThanOrEqual(5);
  await second.return();
  await collected();
  expect(alive()).toBeLessThanOrEqual(1);
  await first.return();
});

test("merge() holds on to no source that has ended", async () => {
  const references: WeakRef<object>[] = [];
  async function* sources(): AsyncGenerator<Iterable<number>> {
    for (let n = 0; n < 20; n++) {
      const source = [n].values();
      references.push(new WeakRef(source));
      yield source;
    }
  }
  const stream = merge(sources());
  for (let i = 0; i < 20; i++) await stream.next();
  await collected();
  expect(references.filter((one) => one.deref() !== undefined).length).toBeLessThanOrEqual(4);
  await stream.return();
});

test("buffer() drops what it holds when it is left", async () => {
  const references: WeakRef<object>[] = [];
  function* objects(): Generator<object> {
    for (let n = 0; n < 20; n++) {
      const item = { n };
      references.push(new WeakRef(item));
      yield item;
    }
  }
  const stream = buffer(objects(), 10);
  await stream.next();
  await turn();
  expect(references.length).toBe(11);
  await stream.return();
  await collected();
  expect(references.filter((one) => one.deref() !== undefined).length).toBeLessThanOrEqual(1);
  expect((await stream.next()).done).toBe(true);
});
