import { CancelledError, type Permit, Semaphore, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Semaphore";

behaviour(
  {
    area,
    id: "test_initial_value_zero",
    says: "one that has no permits is locked",
    verdict: "holds",
  },
  () => {
    const semaphore = new Semaphore(0);
    expect(semaphore.available).toBe(0);
    expect(semaphore.tryAcquire()).toBeUndefined();
  },
);

behaviour(
  {
    area,
    id: "test_repr",
    says: "its text tells how many permits are free, and how many wait",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(1);
        expect(String(semaphore)).toBe("Semaphore { permits: 1, available: 1, waiting: 0 }");
        using permit = await semaphore.acquire(at(group.scope));
        expect(String(semaphore)).toBe("Semaphore { permits: 1, available: 0, waiting: 0 }");
        for (let i = 0; i < 2; i++) {
          group.spawn((self) => semaphore.run(() => {}, at(self.scope)));
        }
        expect(String(semaphore)).toBe("Semaphore { permits: 1, available: 0, waiting: 2 }");
        expect(permit.released).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_semaphore",
    says: "awaiting the semaphore itself is an error, and takes no permit",
    verdict: "differs",
    because:
      "Awaiting any object that is no promise gives that object. A semaphore is no thenable, so that nobody acquires a permit by returning it.",
  },
  async () => {
    const semaphore = new Semaphore(1);
    expect(await Promise.resolve(semaphore)).toBe(semaphore);
    expect(semaphore.available).toBe(1);
  },
);

behaviour(
  {
    area,
    id: "test_semaphore_value",
    says: "a negative number of permits is an error",
    verdict: "holds",
  },
  () => {
    expect(() => new Semaphore(-1)).toThrow(RangeError);
  },
);

behaviour(
  {
    area,
    id: "test_acquire",
    says: "what is released is handed to those in line, so that none is free while anybody waits",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(3);
        const permits = [
          await semaphore.acquire(at(group.scope)),
          await semaphore.acquire(at(group.scope)),
        ];
        expect(semaphore.available).toBe(1);
        const log: number[] = [];
        const take = (number: number): void => {
          group.spawn(async (self) => {
            permits.push(await semaphore.acquire(at(self.scope)));
            log.push(number);
          });
        };
        for (const number of [1, 2, 3]) take(number);
        await clock.runUntilIdle();
        expect(log).toEqual([1]);
        expect([semaphore.available, semaphore.waiting]).toEqual([0, 2]);
        take(4);
        permits[0]!.release();
        permits[1]!.release();
        expect([semaphore.available, semaphore.waiting]).toEqual([0, 1]);
        await clock.runUntilIdle();
        expect(log).toEqual([1, 2, 3]);
        expect([semaphore.available, semaphore.waiting]).toEqual([0, 1]);
        permits[2]!.release();
        await clock.runUntilIdle();
        expect(log).toEqual([1, 2, 3, 4]);
        for (const permit of permits) permit.release();
        expect(semaphore.available).toBe(3);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_acquire_cancel",
    says: "a waiter that is cancelled leaves the line",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(1);
        const permit = await semaphore.acquire(at(group.scope));
        const waiter = group.spawn((self) => semaphore.acquire(at(self.scope)));
        expect(semaphore.waiting).toBe(1);
        waiter.cancel();
        await expect(waiter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(semaphore.waiting).toBe(0);
        permit.release();
        expect(semaphore.available).toBe(1);
      }),
    ),
);

for (const [id, count, says] of [
  [
    "test_acquire_cancel_before_awoken",
    4,
    "when the first two of four waiters are cancelled in the turn of a release, the third gets the permit and the fourth does not",
  ],
  [
    "test_acquire_hang",
    2,
    "when the first of two waiters is cancelled in the turn of a release, the second gets the permit",
  ],
] as const) {
  behaviour({ area, id, says, verdict: "holds" }, () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(1);
        const permit = await semaphore.acquire(at(group.scope));
        const permits: Permit[] = [];
        const tasks = Array.from({ length: count }, () =>
          group.spawn(async (self) => permits.push(await semaphore.acquire(at(self.scope)))),
        );
        await clock.runUntilIdle();
        for (const task of tasks.slice(0, count / 2)) task.cancel();
        permit.release();
        await clock.runUntilIdle();
        expect(permits).toHaveLength(1);
        expect(semaphore.available).toBe(0);
        expect(tasks.map((task) => task.status)).toEqual(
          count === 4
            ? ["cancelled", "cancelled", "succeeded", "running"]
            : ["cancelled", "succeeded"],
        );
        for (const task of tasks) task.cancel();
        permits[0]!.release();
        expect(semaphore.available).toBe(1);
      }),
    ),
  );
}

behaviour(
  {
    area,
    id: "test_acquire_no_hang",
    says: "a waiter that is cancelled as it is handed a permit never enters its block, ends cancelled, and loses no permit",
    verdict: "holds",
    because:
      "So it is with `run()`. What `acquire()` was handed it has, and the next wait is what is cancelled: the permit is not lost either.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(2);
        const holders = [
          await semaphore.acquire(at(group.scope)),
          await semaphore.acquire(at(group.scope)),
        ];
        let entered = false;
        const running = group.spawn((self) =>
          semaphore.run(() => void (entered = true), at(self.scope)),
        );
        let got: Permit | undefined;
        const holding = group.spawn(async (self) => {
          using permit = await semaphore.acquire(at(self.scope));
          got = permit;
          await sleep(1, at(self.scope));
        });
        await clock.runUntilIdle();
        for (const holder of holders) holder.release();
        running.cancel();
        holding.cancel();
        await expect(running.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        await expect(holding.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(entered).toBe(false);
        expect(got?.released).toBe(true);
        expect([semaphore.available, clock.now()]).toEqual([2, 0]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_release_not_acquired",
    says: "releasing more permits of a bounded semaphore than were acquired is an error",
    verdict: "differs",
    because:
      "A permit is an object that is released once: doing it again does nothing, and there are never more permits than it was made with.",
  },
  async () => {
    const semaphore = new Semaphore(1);
    expect("release" in semaphore).toBe(false);
    const permit = await semaphore.acquire();
    permit.release();
    permit.release();
    expect(semaphore.available).toBe(1);
  },
);

behaviour(
  {
    area,
    id: "test_release_no_waiters",
    says: "what is released while nobody waits is free",
    verdict: "holds",
  },
  async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    expect(semaphore.available).toBe(0);
    permit.release();
    expect(semaphore.available).toBe(1);
  },
);
