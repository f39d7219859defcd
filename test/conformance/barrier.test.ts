import { Barrier } from "corral";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";
import { together } from "./together.ts";

const area = "Barrier";
const PARTIES = 5;

behaviour(
  {
    area,
    id: "test_barrier",
    says: "awaiting the barrier itself is an error, and counts for nobody",
    verdict: "differs",
    because: "Awaiting any object that is no promise gives that object. A barrier is no thenable.",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    expect(await Promise.resolve(barrier)).toBe(barrier);
    expect(barrier.waiting).toBe(0);
  },
);

behaviour(
  {
    area,
    id: "test_repr",
    says: "its text tells how many wait, and whether it is filling, draining, resetting or broken",
    verdict: "differs",
    because:
      "All leave in the step in which the last one comes, or it is reset: it is never seen draining or resetting.",
  },
  async () => {
    const barrier = new Barrier(3);
    const waits = [barrier.wait(), barrier.wait()];
    expect(String(barrier)).toBe("Barrier { parties: 3, waiting: 2, broken: false }");
    waits.push(barrier.wait());
    expect(String(barrier)).toBe("Barrier { parties: 3, waiting: 0, broken: false }");
    waits.push(barrier.wait());
    expect(String(barrier)).toBe("Barrier { parties: 3, waiting: 1, broken: false }");
    barrier.reset();
    expect(String(barrier)).toBe("Barrier { parties: 3, waiting: 0, broken: false }");
    waits.push(barrier.wait());
    barrier.abort();
    expect(String(barrier)).toBe("Barrier { parties: 3, waiting: 0, broken: true }");
    const settled = await Promise.allSettled(waits);
    expect(settled.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
  },
);

behaviour(
  {
    area,
    id: "test_barrier_parties",
    says: "the number of parties must be positive",
    verdict: "holds",
  },
  () => {
    expect(() => new Barrier(0)).toThrow(RangeError);
    expect(() => new Barrier(-4)).toThrow(RangeError);
    expect(new Barrier(PARTIES).parties).toBe(PARTIES);
  },
);

behaviour(
  {
    area,
    id: "test_context_manager",
    says: "each of a round gets an index of its own",
    verdict: "holds",
    because: "There is no block to enter: `wait()` gives the index.",
  },
  async () => {
    const barrier = new Barrier(3);
    const indices = await together(3, (task) => barrier.wait(at(task.scope)));
    expect(new Set(indices)).toEqual(new Set([0, 1, 2]));
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
  },
);

behaviour(
  {
    area,
    id: "test_draining_state",
    says: "all but the last to leave see the barrier draining",
    verdict: "differs",
    because: "All leave in the step in which the last one comes: nobody ever sees it half empty.",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    const seen = await together(PARTIES, async (task, number) => {
      const wait = barrier.wait(at(task.scope));
      const counts = [barrier.waiting];
      await wait;
      return [...counts, barrier.waiting, number];
    });
    expect(seen).toEqual([
      [1, 0, 0],
      [2, 0, 1],
      [3, 0, 2],
      [4, 0, 3],
      [0, 0, 4],
    ]);
  },
);

behaviour(
  {
    area,
    id: "test_blocking_tasks_while_draining",
    says: "who comes back while others are still leaving is held until they have left, and belongs to the next round",
    verdict: "differs",
    because:
      "All leave in the step in which the last one comes, so whoever comes back is in the next round at once.",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    const others = new Barrier(PARTIES - 2);
    let back = 0;
    const seen = await together(PARTIES, async (task) => {
      await barrier.wait(at(task.scope));
      const waiting = barrier.waiting;
      if (back < 2) back++;
      else await others.wait(at(task.scope));
      await barrier.wait(at(task.scope));
      return waiting;
    });
    expect(seen).toEqual([0, 1, 2, 2, 2]);
    expect([barrier.waiting, others.waiting]).toEqual([0, 0]);
  },
);
