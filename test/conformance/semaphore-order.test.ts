import { type Permit, Semaphore, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Semaphore";

behaviour(
  {
    area,
    id: "test_acquire_fifo_order",
    says: "tasks that acquire, hold and release twice take strict turns",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const semaphore = new Semaphore(1);
      const log: string[] = [];
      await taskGroup((group) => {
        for (const name of ["a", "b", "c"]) {
          group.spawn(async (self) => {
            for (const round of [1, 2]) {
              using permit = await semaphore.acquire(at(self.scope));
              log.push(`${name}${round}`);
              await sleep(10, at(self.scope));
              expect(permit.released).toBe(false);
            }
          });
        }
      });
      expect(log).toEqual(["a1", "b1", "c1", "a2", "b2", "c2"]);
      expect(clock.now()).toBe(60);
    }),
);

behaviour(
  {
    area,
    id: "test_acquire_fifo_order_2",
    says: "a task that releases and acquires again goes behind those that wait already",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const semaphore = new Semaphore(1);
      const log: number[] = [];
      await taskGroup(async (group) => {
        const holder = await semaphore.acquire(at(group.scope));
        log.push(1);
        group.spawn(async (self) => {
          const permit = await semaphore.acquire(at(self.scope));
          log.push(2);
          permit.release();
          const again = await semaphore.acquire(at(self.scope));
          log.push(4);
          again.release();
        });
        group.spawn((self) => semaphore.run(() => log.push(3), at(self.scope)));
        holder.release();
      });
      expect(log).toEqual([1, 2, 3, 4]);
      expect(semaphore.available).toBe(1);
    }),
);

behaviour(
  {
    area,
    id: "test_acquire_fifo_order_3",
    says: "a waiter that is cancelled at the head of the line is skipped, and the others keep their order",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(0);
        const log: number[] = [];
        const [first] = [1, 2, 3].map((number) =>
          group.spawn((self) => semaphore.run(() => log.push(number), at(self.scope))),
        );
        await clock.runUntilIdle();
        first!.cancel();
        await clock.runUntilIdle();
        expect(log).toEqual([]);
        semaphore.resize(2);
        await clock.runUntilIdle();
        expect(log).toEqual([2, 3]);
        expect(first!.status).toBe("cancelled");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_acquire_fifo_order_4",
    says: "several releases in one step wake as many in their order; until they go on no newcomer gets in, and one that a winner starts runs after them",
    verdict: "holds",
    because: "The one that the winner starts asks for a permit: a task as such starts at once.",
  },
  () =>
    withVirtualClock(async () => {
      const semaphore = new Semaphore(3);
      const log: number[] = [];
      await taskGroup(async (group) => {
        const holders: Permit[] = [];
        for (let i = 0; i < 3; i++) holders.push(await semaphore.acquire(at(group.scope)));
        const take = (number: number): void => {
          group.spawn(async (self) => {
            using permit = await semaphore.acquire(at(self.scope));
            if (number === 1) take(4);
            log.push(number);
            await sleep(1, at(self.scope));
            expect(permit.released).toBe(false);
          });
        };
        for (const number of [1, 2, 3]) take(number);
        for (const holder of holders) holder.release();
        expect(log).toEqual([]);
        expect([semaphore.available, semaphore.waiting]).toEqual([0, 0]);
        expect(semaphore.tryAcquire()).toBeUndefined();
      });
      expect(log).toEqual([1, 2, 3, 4]);
    }),
);
