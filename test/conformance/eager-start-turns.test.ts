import { gather, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "eager start";

/**
 * How many turns of the event loop `work` takes. Twice, and the smaller number: the budget that lets
 * the event loop have a turn now and then may be due in one of them, but not in both.
 */
async function turnsOf(work: () => Promise<unknown>): Promise<number> {
  const seen: number[] = [];
  for (let i = 0; i < 2; i++) {
    let turns = 0;
    let over = false;
    const count = (): void => {
      if (over) return;
      turns++;
      setImmediate(count);
    };
    setImmediate(count);
    await work();
    over = true;
    seen.push(turns);
  }
  return Math.min(...seen);
}

async function chain(depth: number): Promise<number> {
  return depth === 0 ? 0 : 1 + (await chain(depth - 1));
}

function groups(width: number, depth: number, begun: () => void): Promise<void> {
  return taskGroup((group) => {
    begun();
    if (depth === 0) return;
    for (let i = 0; i < width; i++) group.spawn(() => groups(width, depth - 1, begun));
  });
}

async function gathers(width: number, depth: number, begun: () => void): Promise<void> {
  begun();
  if (depth === 0) return;
  await gather(Array.from({ length: width }, () => () => gathers(width, depth - 1, begun)));
}

behaviour(
  {
    area,
    id: "test_awaitables_chain",
    says: "a chain of a hundred functions that await each other is never scheduled",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      let result: number | undefined;
      const turns = await turnsOf(() =>
        taskGroup(async (group) => {
          result = await group.spawn(() => chain(100)).wait(at(group.scope));
        }),
      );
      expect(result).toBe(100);
      expect(turns).toBe(0);
      const waiting = await turnsOf(() => taskGroup((group) => sleep(1, at(group.scope))));
      expect(waiting).toBeGreaterThan(0);
    }),
);

for (const [id, what, run] of [
  ["test_recursive_taskgroups", "groups", groups],
  ["test_recursive_gather", "gathers", gathers],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `a tree of 781 ${what} whose leaves never wait is never scheduled`,
      verdict: "differs",
      because:
        "The budget lets the event loop have a turn now and then, so that it stays alive; the tree itself takes none.",
    },
    () =>
      withVirtualClock(async () => {
        let begun = 0;
        const turns = await turnsOf(() => run(5, 4, () => begun++));
        expect(begun).toBe(2 * 781);
        expect(turns).toBeLessThan(20);
      }),
  );
}
