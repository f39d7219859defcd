import { expect, test } from "vitest";
import { limit, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

test("limit() begins calls in the order in which they were made", async () => {
  await withVirtualClock(async () => {
    const two = limit(2);
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        two(async () => {
          order.push(i);
          await sleep((i * 7) % 5);
        }),
      ),
    );
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});

test("limit() lets no newcomer overtake in the step in which a place becomes free", async () => {
  const one = limit(1);
  const order: string[] = [];
  const first = one(async () => {});
  const newcomer = first.then(() => one(() => order.push("newcomer")));
  const queued = one(() => order.push("queued"));
  await Promise.all([first, queued, newcomer]);
  expect(order).toEqual(["queued", "newcomer"]);
});

test("limit() lets no newcomer overtake one that was handed a place and has yet to begin", async () => {
  const gate = limit(1);
  const order: string[] = [];
  const first = gate(async () => {});
  const queued = gate(() => order.push("queued"));
  gate.concurrency = 5;
  const newcomer = gate(() => order.push("newcomer"));
  await Promise.all([first, queued, newcomer]);
  expect(order).toEqual(["queued", "newcomer"]);
});

test("limit() begins a queued call before one made by the function that just ended", async () => {
  const one = limit(1);
  const order: string[] = [];
  let last: Promise<unknown> | undefined;
  const first = one(async () => {
    last = one(() => order.push("made later"));
  });
  const calls = [first, one(() => order.push("made outside"))];
  await Promise.all(calls);
  await last;
  expect(order).toEqual(["made later", "made outside"]);
});

test("limit() keeps the order however much of the budget is spent", async () => {
  const one = limit(1);
  const order: number[] = [];
  const calls: Promise<void>[] = [];
  for (let i = 0; i < 1_000; i++) calls.push(one(() => void order.push(i)));
  await Promise.all(calls);
  expect(order).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
});

test("limit() keeps the order when the ones in the middle leave", async () => {
  const one = limit(1);
  const order: number[] = [];
  const controller = new AbortController();
  const calls = Array.from({ length: 9 }, (_, i) =>
    one(
      async () => {
        order.push(i);
      },
      i % 3 === 1 ? { signal: controller.signal } : {},
    ).catch(() => {}),
  );
  controller.abort();
  await Promise.all(calls);
  expect(order).toEqual([0, 2, 3, 5, 6, 8]);
});

test("limit() keeps the order when its concurrency is raised again and again", async () => {
  await withVirtualClock(async () => {
    const gate = limit(1);
    const order: number[] = [];
    const calls = Array.from({ length: 12 }, (_, i) =>
      gate(async () => {
        order.push(i);
        gate.concurrency = 1 + (i % 4);
        await sleep(1);
      }),
    );
    await Promise.all(calls);
    expect(order).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });
});
