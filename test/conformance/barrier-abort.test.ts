import { Barrier, ClosedError } from "corral";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";
import { together } from "./together.ts";

const area = "Barrier";
const PARTIES = 5;

behaviour(
  {
    area,
    id: "test_abort_barrier",
    says: "aborting an empty barrier breaks it",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(1);
    barrier.abort();
    expect([barrier.waiting, barrier.broken]).toEqual([0, true]);
    await expect(barrier.wait()).rejects.toBeInstanceOf(ClosedError);
  },
);

behaviour(
  {
    area,
    id: "test_abort_barrier_when_tasks_half_draining_half_blocking",
    says: "an abort when half of a round has left and waits again breaks those inside and those who are held back",
    verdict: "differs",
    because:
      "A round leaves in one step, so nobody is inside: the abort breaks those who wait again, and whoever comes later.",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    let passed = 0;
    let broken = 0;
    await together(PARTIES, async (task) => {
      await barrier.wait(at(task.scope));
      if (++passed === 3) barrier.abort();
      await barrier.wait(at(task.scope)).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ClosedError);
        broken++;
      });
    });
    expect([passed, broken]).toEqual([PARTIES, PARTIES]);
    expect([barrier.waiting, barrier.broken]).toEqual([0, true]);
  },
);

behaviour(
  {
    area,
    id: "test_abort_barrier_when_exception",
    says: "one that fails can abort the barrier, and all others get an error from their next wait",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    const log: string[] = [];
    await together(PARTIES, async (task) => {
      try {
        const index = await barrier.wait(at(task.scope));
        if (index === 2) throw new Error("of one party");
        await barrier.wait(at(task.scope));
        log.push("passed");
      } catch (error) {
        if (error instanceof ClosedError) log.push("broken");
        else barrier.abort();
      }
    });
    expect(log).toEqual(Array<string>(PARTIES - 1).fill("broken"));
    expect([barrier.waiting, barrier.broken]).toEqual([0, true]);
  },
);

behaviour(
  {
    area,
    id: "test_abort_barrier_when_exception_then_resetting",
    says: "one that was aborted can be used again after a reset",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    const sync = new Barrier(PARTIES);
    const log: string[] = [];
    const indices: number[] = [];
    await together(PARTIES, async (task) => {
      try {
        const index = await barrier.wait(at(task.scope));
        if (index === 2) throw new Error("of one party");
        await barrier.wait(at(task.scope));
        log.push("passed");
      } catch (error) {
        if (error instanceof ClosedError) log.push("broken");
        else barrier.abort();
      }
      expect(barrier.broken).toBe(true);
      if ((await sync.wait(at(task.scope))) === 2) barrier.reset();
      await sync.wait(at(task.scope));
      indices.push(await barrier.wait(at(task.scope)));
    });
    expect(log).toEqual(Array<string>(PARTIES - 1).fill("broken"));
    expect(new Set(indices)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
  },
);
