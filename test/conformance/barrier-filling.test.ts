import { Barrier, CancelledError, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";
import { together } from "./together.ts";

const area = "Barrier";
const PARTIES = 5;

behaviour(
  {
    area,
    id: "test_filling_one_task",
    says: "a barrier for one holds nobody",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(1);
    const wait = barrier.wait();
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    await expect(wait).resolves.toBe(0);
  },
);

behaviour(
  {
    area,
    id: "test_filling_one_task_twice",
    says: "a barrier for one can be passed again, with the same index",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(1);
    const waits = [barrier.wait(), barrier.wait()];
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    expect(await Promise.all(waits)).toEqual([0, 0]);
  },
);

behaviour(
  {
    area,
    id: "test_filling_task_by_task",
    says: "who comes is counted until the last one has come; then nobody waits",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const barrier = new Barrier(3);
        const tasks: Task<number>[] = [];
        const counts: number[] = [];
        for (let i = 0; i < 3; i++) {
          tasks.push(group.spawn((self) => barrier.wait(at(self.scope))));
          await clock.runUntilIdle();
          counts.push(barrier.waiting);
        }
        expect(counts).toEqual([1, 2, 0]);
        expect(tasks.map((task) => task.result())).toEqual([0, 1, 2]);
        expect(barrier.broken).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_filling_tasks_wait_twice",
    says: "tasks that wait twice all pass twice, and nobody the second time before all have passed once",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    const log: string[] = [];
    await together(PARTIES, async (task) => {
      await barrier.wait(at(task.scope));
      log.push("once");
      await barrier.wait(at(task.scope));
      log.push("twice");
    });
    expect(log).toEqual([
      ...Array<string>(PARTIES).fill("once"),
      ...Array<string>(PARTIES).fill("twice"),
    ]);
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
  },
);

behaviour(
  {
    area,
    id: "test_filling_tasks_check_return_value",
    says: "the indices of the second round are complete, too",
    verdict: "holds",
  },
  async () => {
    const barrier = new Barrier(PARTIES);
    const indices = await together(PARTIES, async (task) => {
      await barrier.wait(at(task.scope));
      return barrier.wait(at(task.scope));
    });
    expect(new Set(indices)).toEqual(new Set([0, 1, 2, 3, 4]));
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
  },
);

behaviour(
  {
    area,
    id: "test_filling_tasks_cancel_one",
    says: "who is cancelled while it waits has not come; the barrier is not broken, and others complete the round",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const barrier = new Barrier(3);
        const spawn = (): Task<number> => group.spawn((self) => barrier.wait(at(self.scope)));
        const first = spawn();
        const tasks = [spawn()];
        expect(barrier.waiting).toBe(2);
        first.cancel();
        expect(barrier.waiting).toBe(1);
        await expect(first.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        tasks.push(spawn());
        await clock.runUntilIdle();
        expect([barrier.waiting, tasks[0]!.status]).toEqual([2, "running"]);
        tasks.push(spawn());
        await clock.runUntilIdle();
        expect(tasks.map((task) => task.result())).toEqual([0, 1, 2]);
        expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
      }),
    ),
);
