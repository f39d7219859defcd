import { describe, expect, test } from "vitest";
import { checkpoint, limit, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

/** Far more operations than one turn of the event loop may take. */
const MANY = 1_000_000;

/** Runs `loop` until a turn of the event loop came through, and says how many steps that took. */
async function stepsUntil(
  arm: (done: () => void) => void,
  step: () => unknown,
  workers: number,
): Promise<number> {
  let served = false;
  let steps = 0;
  arm(() => {
    served = true;
  });
  const loop = async (): Promise<void> => {
    while (!served && steps < MANY) {
      steps++;
      await step();
    }
  };
  await Promise.all(Array.from({ length: workers }, loop));
  return steps;
}

const arms: [string, (done: () => void) => void][] = [
  ["setImmediate", (done) => void setImmediate(done)],
  ["a timer of 1 ms", (done) => void setTimeout(done, 1)],
];

const one = limit(1);
const hundred = limit(100);
const loops: [string, () => unknown][] = [
  ["checkpoint()", () => checkpoint()],
  ["a limit with a free place", () => hundred(() => undefined)],
  ["a limit with a line", () => one(() => undefined)],
  [
    "a task that has ended",
    () =>
      taskGroup(async (group) => {
        await group.spawn(() => undefined);
      }),
  ],
];

describe.each(arms)("%s is served", (_, arm) => {
  test.each(loops)("while two tasks do nothing but %s", async (__, step) => {
    await expect(stepsUntil(arm, step, 2)).resolves.toBeLessThan(MANY);
  });
});

test("two tasks that wake only each other let timers through", async () => {
  let served = false;
  const turn = new Promise<void>((resolve) =>
    setImmediate(() => {
      served = true;
      resolve();
    }),
  );
  let rounds = 0;
  const pingPong = async (): Promise<void> => {
    while (!served && rounds < MANY) {
      rounds++;
      await one(() => Promise.resolve());
    }
  };
  await Promise.all([pingPong(), pingPong()]);
  expect(rounds).toBeLessThan(MANY);
  await turn;
});

test("spawn() never hops: 1,000 children begin in the call", async () => {
  const started: number[] = [];
  await taskGroup((group) => {
    for (let i = 0; i < 4_000; i++) group.spawn(() => started.push(i));
    expect(started).toHaveLength(4_000);
  });
});

test("limit() begins at once with a free place, also when the budget is spent", async () => {
  const many = limit(Infinity);
  const started: number[] = [];
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 4_000; i++) {
    calls.push(many(() => started.push(i)));
    expect(started).toHaveLength(i + 1);
  }
  await Promise.all(calls);
});

test.each([1, 3])("starts under limit(%i) are in the order of the calls across hops", async (n) => {
  const few = limit(n);
  const started: number[] = [];
  const expected: number[] = [];
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < 4_000; i++) {
    expected.push(i);
    calls.push(
      few(async () => {
        started.push(i);
        if (i % 7 === 0) await checkpoint();
      }),
    );
  }
  await Promise.all(calls);
  expect(started).toEqual(expected);
});

test("calls that are made as places become free overtake nobody", async () => {
  const few = limit(2);
  const called: number[] = [];
  const started: number[] = [];
  let count = 0;
  const producer = async (): Promise<void> => {
    for (let i = 0; i < 300; i++) {
      const id = count++;
      called.push(id);
      await few(() => {
        started.push(id);
        return Promise.resolve();
      });
    }
  };
  await Promise.all([producer(), producer(), producer(), producer()]);
  expect(started).toEqual(called);
});

/** At which steps of a loop the event loop was let through, counted from a hop. */
function hops(busyMs: number): Promise<number[]> {
  return withVirtualClock(async (clock) => {
    await clock.runUntilIdle();
    while (checkpoint() === undefined);
    await sleep(0);
    const seen: number[] = [];
    for (let i = 0; i < 40_000; i++) {
      const hop = checkpoint();
      if (hop !== undefined) {
        seen.push(i);
        await hop;
      }
      if (i % 4_000 === 50) for (const end = performance.now() + busyMs; performance.now() < end;);
    }
    return seen;
  });
}

test("under a virtual clock hops come at the same steps, however slow they are", async () => {
  const first = await hops(0);
  expect(first.length).toBeGreaterThan(3);
  await expect(hops(10)).resolves.toEqual(first);
});

test("a cancelled checkpoint rejects, budget or not", async () => {
  const controller = new AbortController();
  controller.abort("enough");
  for (let i = 0; i < 300; i++) {
    await expect(checkpoint({ signal: controller.signal })).rejects.toBe("enough");
  }
  await taskGroup(async (group) => {
    group.cancel();
    await expect(checkpoint(at(group.scope))).rejects.toMatchObject({ name: "AbortError" });
  });
});
