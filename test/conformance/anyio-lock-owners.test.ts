import {
  AsyncEvent,
  CapacityLimiter,
  Condition,
  DeadlockError,
  Mutex,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "locks (anyio, Trio)";

behaviour(
  {
    area,
    id: "Lock: statistics",
    says: "its figures tell whether it is locked, by which task, and how many wait",
    verdict: "differs",
    because:
      "They do not tell by whom: a lock belongs to whoever has its permit, which need be no task. A CapacityLimiter knows.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const mutex = new Mutex();
        expect(mutex.stats()).toEqual({ locked: false, waiting: 0 });
        const permit = await mutex.acquire(at(group.scope));
        expect(mutex.stats()).toEqual({ locked: true, waiting: 0 });
        const tasks = [1, 2].map((count) => {
          const task = group.spawn((self) => mutex.run(() => {}, at(self.scope)));
          expect(mutex.stats()).toEqual({ locked: true, waiting: count });
          return task;
        });
        permit.release();
        await Promise.all(tasks.map((task) => task.wait(at(group.scope))));
        expect(mutex.stats()).toEqual({ locked: false, waiting: 0 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "CapacityLimiter: statistics",
    says: "its figures tell who borrows, and how many wait",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const limiter = new CapacityLimiter(1);
        const tasks = ["a", "b"].map((key) =>
          group.spawn((self) =>
            limiter.run(() => sleep(10, at(self.scope)), { key, ...at(self.scope) }),
          ),
        );
        expect(limiter.owners).toEqual(["a"]);
        expect(limiter.stats()).toEqual({ total: 1, borrowed: 1, waiting: 1 });
        await clock.advance(10);
        expect(limiter.owners).toEqual(["b"]);
        await tasks[1]!.wait(at(group.scope));
        expect(limiter.owners).toEqual([]);
        expect(limiter.stats()).toEqual({ total: 1, borrowed: 0, waiting: 0 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "Semaphore: statistics",
    says: "its figures tell how many wait",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(1);
        const permit = await semaphore.acquire(at(group.scope));
        for (const count of [1, 2]) {
          group.spawn((self) => semaphore.run(() => {}, at(self.scope)));
          expect(semaphore.stats()).toEqual({ permits: 1, available: 0, waiting: count });
        }
        permit.release();
        expect(semaphore.stats()).toEqual({ permits: 1, available: 0, waiting: 1 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "Event: statistics",
    says: "its figures tell how many wait",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup((group) => {
        const event = new AsyncEvent();
        for (const count of [1, 2]) {
          group.spawn((self) => event.wait(at(self.scope)));
          expect(event.stats()).toEqual({ isSet: false, waiting: count });
        }
        event.set();
        expect(event.stats()).toEqual({ isSet: true, waiting: 0 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "Condition: statistics",
    says: "its figures tell whether its lock is held, and how many wait to be notified",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const condition = new Condition();
        for (const count of [1, 2]) {
          group.spawn((self) => condition.run((held) => held.wait(at(self.scope)), at(self.scope)));
          await clock.runUntilIdle();
          expect(condition.stats()).toEqual({ locked: false, waiting: count });
        }
        for (const count of [1, 0]) {
          await condition.run((held) => {
            held.notify();
            expect(condition.stats()).toEqual({ locked: true, waiting: count });
          });
          await clock.runUntilIdle();
          expect(condition.stats()).toEqual({ locked: false, waiting: count });
        }
      }),
    ),
);

behaviour(
  {
    area,
    id: "Lock: release by another task",
    says: "releasing a lock that another task holds is an error",
    verdict: "differs",
    because:
      "It cannot be asked for: a lock is released by its permit, which its holder alone has, and may hand to whom it likes.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const mutex = new Mutex();
        expect(["release" in mutex, "release" in new Semaphore(1)]).toEqual([false, false]);
        const permit = await mutex.acquire(at(group.scope));
        await group.spawn(() => permit.release()).wait(at(group.scope));
        expect([mutex.locked, permit.released]).toEqual([false, true]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "Lock: acquire by its owner",
    says: "a task that holds the lock and acquires it again gets an error, not a deadlock",
    verdict: "differs",
    because:
      "So it is in a function given to `run()`, in development. A permit of `acquire()` belongs to nobody in particular: whoever has it and asks again waits.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const mutex = new Mutex({ name: "it" });
        const again = [
          mutex.run(() => mutex.run(() => {}, at(group.scope)), at(group.scope)),
          mutex.run(() => mutex.acquire(at(group.scope)), at(group.scope)),
        ];
        await expect(again[0]).rejects.toBeInstanceOf(DeadlockError);
        await expect(again[1]).rejects.toBeInstanceOf(DeadlockError);
        using permit = await mutex.acquire(at(group.scope));
        const wait = timeout(10, (scope) => mutex.acquire(at(scope)), at(group.scope));
        await expect(wait).rejects.toBeInstanceOf(TimeoutError);
        expect([clock.now(), permit.released, mutex.waiting]).toEqual([10, false, 0]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "CapacityLimiter: borrow_twice",
    says: "a borrower that borrows again gets an error, not a deadlock",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const limiter = new CapacityLimiter(2);
        const key = "table 4";
        using permit = await limiter.acquire({ key, ...at(group.scope) });
        await expect(limiter.acquire({ key, ...at(group.scope) })).rejects.toThrow(TypeError);
        expect(() => limiter.tryAcquire({ key })).toThrow(TypeError);
        await expect(limiter.run(() => {}, { key, ...at(group.scope) })).rejects.toThrow(TypeError);
        expect([limiter.owners, permit.released]).toEqual([[key], false]);
      }),
    ),
);
