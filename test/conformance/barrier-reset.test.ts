import { Barrier, ClosedError, type Task, taskGroup } from "corral";
import { type VirtualClock, withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Barrier";
const PARTIES = 5;

/** Runs so many tasks at once until all wait or have ended, and gives those that have not ended. */
async function rest(
  clock: VirtualClock,
  count: number,
  fn: (task: Task<unknown>) => Promise<void>,
): Promise<number> {
  let running = 0;
  await taskGroup(async (group) => {
    const tasks = Array.from({ length: count }, () => group.spawn(fn));
    await clock.runUntilIdle();
    running = tasks.filter((task) => task.status === "running").length;
    for (const task of tasks) task.cancel();
  });
  return running;
}

/** Waits at the barrier, and tells whether that was broken off. */
async function brokenOff(barrier: Barrier, task: Task<unknown>): Promise<boolean> {
  try {
    await barrier.wait(at(task.scope));
    return false;
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
    return true;
  }
}

behaviour(
  {
    area,
    id: "test_reset_barrier",
    says: "resetting an empty barrier breaks nothing",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(1);
    barrier.reset();
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    await expect(barrier.wait()).resolves.toBe(0);
  },
);

behaviour(
  {
    area,
    id: "test_reset_barrier_while_tasks_waiting",
    says: "a reset lets go all who wait with an error, and the barrier can be used again",
    verdict: "holds",
    because: "The error is a ClosedError.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const barrier = new Barrier(PARTIES);
      const broken: boolean[] = [];
      await taskGroup((group) => {
        for (let i = 1; i < PARTIES; i++) {
          group.spawn(async (self) => broken.push(await brokenOff(barrier, self)));
        }
        barrier.reset();
        expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
      });
      expect(broken).toEqual(Array<boolean>(PARTIES - 1).fill(true));
      const running = await rest(
        clock,
        PARTIES,
        async (task) => void (await brokenOff(barrier, task)),
      );
      expect(running).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "test_reset_barrier_when_tasks_half_draining",
    says: "a reset when half of a round has left lets the other half go with an error",
    verdict: "differs",
    because: "A round leaves in one step: who has gone on cannot reset it for the others.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const barrier = new Barrier(PARTIES);
      const broken: boolean[] = [];
      const running = await rest(clock, PARTIES, async (task) => {
        broken.push(await brokenOff(barrier, task));
        if (broken.length === 2) barrier.reset();
      });
      expect(running).toBe(0);
      expect(broken).toEqual(Array<boolean>(PARTIES).fill(false));
      expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    }),
);

behaviour(
  {
    area,
    id: "test_reset_barrier_when_tasks_half_draining_half_blocking",
    says: "a reset when half of a round has left and waits again breaks those inside, and not those who are held back",
    verdict: "differs",
    because:
      "A round leaves in one step, and whoever waits again is in the next one: that is what the reset breaks.",
  },
  () =>
    withVirtualClock(async (clock) => {
      const barrier = new Barrier(PARTIES);
      const first: boolean[] = [];
      const second: boolean[] = [];
      const running = await rest(clock, PARTIES, async (task) => {
        first.push(await brokenOff(barrier, task));
        if (first.length === 3) {
          expect(barrier.waiting).toBe(2);
          barrier.reset();
        }
        if (first.length <= 2) second.push(await brokenOff(barrier, task));
      });
      expect(running).toBe(0);
      expect(first).toEqual(Array<boolean>(PARTIES).fill(false));
      expect(second).toEqual([true, true]);
      expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    }),
);

behaviour(
  {
    area,
    id: "test_reset_barrier_while_tasks_waiting_and_waiting_again",
    says: "those whom a reset has let go can complete a round with one more",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const barrier = new Barrier(PARTIES);
      const broken: boolean[] = [];
      let passed = 0;
      await taskGroup((group) => {
        for (let i = 1; i < PARTIES; i++) {
          group.spawn(async (self) => {
            broken.push(await brokenOff(barrier, self));
            await barrier.wait(at(self.scope));
            passed++;
          });
        }
        barrier.reset();
        group.spawn(async (self) => {
          await barrier.wait(at(self.scope));
          passed++;
        });
      });
      expect(broken).toEqual(Array<boolean>(PARTIES - 1).fill(true));
      expect(passed).toBe(PARTIES);
      expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    }),
);

behaviour(
  {
    area,
    id: "test_reset_barrier_while_tasks_draining",
    says: "a reset by the last one to leave does not break those who are there for the next round already",
    verdict: "differs",
    because:
      "Those who are there for the next round wait at the barrier, and a reset lets go all who do. All can use it again.",
  },
  () =>
    withVirtualClock(async () => {
      const barrier = new Barrier(PARTIES);
      const broken: boolean[] = [];
      const indices: number[] = [];
      let count = 0;
      await taskGroup((group) => {
        for (let i = 0; i < PARTIES; i++) {
          group.spawn(async (self) => {
            await barrier.wait(at(self.scope));
            if (++count === PARTIES) barrier.reset();
            else broken.push(await brokenOff(barrier, self));
            indices.push(await barrier.wait(at(self.scope)));
          });
        }
      });
      expect(broken).toEqual(Array<boolean>(PARTIES - 1).fill(true));
      expect(new Set(indices)).toEqual(new Set([0, 1, 2, 3, 4]));
      expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    }),
);
