import { Condition, Mutex, Semaphore, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "Lock";

behaviour(
  {
    area,
    id: "test_repr",
    says: "its text tells whether it is locked",
    verdict: "holds",
  },
  () => {
    const mutex = new Mutex();
    expect(String(mutex)).toBe("Mutex { locked: false, waiting: 0 }");
    const permit = mutex.tryAcquire();
    expect(String(mutex)).toBe("Mutex { locked: true, waiting: 0 }");
    permit!.release();
    expect(String(mutex)).toBe("Mutex { locked: false, waiting: 0 }");
  },
);

behaviour(
  {
    area,
    id: "test_lock",
    says: "awaiting the lock itself is an error, and leaves it unlocked",
    verdict: "differs",
    because:
      "Awaiting any object that is no promise gives that object. A lock is no thenable, so that nobody acquires one by returning it.",
  },
  async () => {
    const mutex = new Mutex();
    expect(await Promise.resolve(mutex)).toBe(mutex);
    expect(mutex.locked).toBe(false);
  },
);

notTransferable({
  area,
  id: "test_lock_doesnt_accept_loop_parameter",
  says: "a lock takes no event loop",
  because: "There is one event loop, the platform's.",
});

behaviour(
  {
    area,
    id: "test_lock_by_with_statement",
    says: "a block on a lock, condition or semaphore itself that was never acquired is an error, and leaves it unlocked",
    verdict: "holds",
    because: "The form for a block is `using permit = await lock.acquire()`.",
  },
  async () => {
    const condition = new Condition();
    const mutex = new Mutex();
    const semaphore = new Semaphore(1);
    let entered = false;
    for (const primitive of [mutex, condition, semaphore]) {
      const misuse = async (): Promise<void> => {
        // @ts-expect-error -- a lock is no guard
        using guard = await Promise.resolve(primitive);
        entered = guard === primitive;
      };
      await expect(misuse()).rejects.toThrow(TypeError);
    }
    expect(entered).toBe(false);
    expect([mutex.locked, condition.mutex.locked, semaphore.available]).toEqual([false, false, 1]);
  },
);

behaviour(
  {
    area,
    id: "test_acquire",
    says: "each release lets one waiter through, in the order in which they came",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const mutex = new Mutex();
        const log: number[] = [];
        const permits = [await mutex.acquire(at(group.scope))];
        const take = (number: number): void => {
          group.spawn(async (self) => {
            permits.push(await mutex.acquire(at(self.scope)));
            log.push(number);
          });
        };
        const release = (): Promise<void> => {
          permits.shift()!.release();
          return clock.runUntilIdle();
        };
        take(1);
        take(2);
        await clock.runUntilIdle();
        expect(log).toEqual([]);
        await release();
        expect(log).toEqual([1]);
        await clock.runUntilIdle();
        expect(log).toEqual([1]);
        take(3);
        await release();
        expect(log).toEqual([1, 2]);
        await release();
        expect(log).toEqual([1, 2, 3]);
        await release();
        expect(mutex.locked).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_release_not_acquired",
    says: "releasing a lock that is not held is an error",
    verdict: "differs",
    because:
      "A lock is released by its permit, which its holder alone has. Releasing that again does nothing, and frees nobody else's.",
  },
  async () => {
    const mutex = new Mutex();
    expect("release" in mutex).toBe(false);
    const stale = await mutex.acquire();
    stale.release();
    using permit = await mutex.acquire();
    stale.release();
    expect([mutex.locked, permit.released]).toEqual([true, false]);
  },
);

behaviour(
  {
    area,
    id: "test_release_no_waiters",
    says: "a lock that is released while nobody waits is unlocked",
    verdict: "holds",
  },
  async () => {
    const mutex = new Mutex();
    const permit = await mutex.acquire();
    expect(mutex.locked).toBe(true);
    permit.release();
    expect(mutex.locked).toBe(false);
  },
);

behaviour(
  {
    area,
    id: "test_context_manager",
    says: "it is locked in a block, and unlocked before and after",
    verdict: "holds",
    because: "A block is `using`, or a function given to `run()`.",
  },
  async () => {
    const mutex = new Mutex();
    expect(mutex.locked).toBe(false);
    {
      using permit = await mutex.acquire();
      expect([mutex.locked, permit.released]).toEqual([true, false]);
    }
    expect(mutex.locked).toBe(false);
    await mutex.run(() => expect(mutex.locked).toBe(true));
    expect(mutex.locked).toBe(false);
  },
);
