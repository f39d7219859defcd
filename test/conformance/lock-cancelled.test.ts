import { CancelledError, Mutex, type Permit, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Lock";

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
        const mutex = new Mutex();
        using permit = await mutex.acquire(at(group.scope));
        const waiter = group.spawn((self) => mutex.acquire(at(self.scope)));
        expect(mutex.waiting).toBe(1);
        waiter.cancel();
        await expect(waiter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(mutex.waiting).toBe(0);
        expect(permit.released).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_race",
    says: "when the holder is told to release and the first waiter is cancelled in the same turn, the second waiter gets the lock",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const mutex = new Mutex();
        const holder = group.spawn((self) =>
          mutex.run(() => sleep(10, at(self.scope)), at(self.scope)),
        );
        const log: string[] = [];
        const [first, second] = ["first", "second"].map((name) =>
          group.spawn((self) => mutex.run(() => log.push(name), at(self.scope))),
        );
        await clock.runUntilIdle();
        expect([mutex.locked, mutex.waiting]).toEqual([true, 2]);
        group.spawn(async (self) => {
          await sleep(10, at(self.scope));
          first!.cancel();
          expect(mutex.waiting).toBe(1);
        });
        await clock.advance(10);
        expect(mutex.locked).toBe(false);
        expect([holder.status, first!.status, second!.status]).toEqual([
          "succeeded",
          "cancelled",
          "succeeded",
        ]);
        expect(log).toEqual(["second"]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancel_release_race",
    says: "when the first of three waiters is cancelled and the lock released in one step, one of the others gets it, never both",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const mutex = new Mutex();
        const permit = await mutex.acquire(at(group.scope));
        const permits: Permit[] = [];
        const [first, second, third] = [1, 2, 3].map(() =>
          group.spawn(async (self) => permits.push(await mutex.acquire(at(self.scope)))),
        );
        first!.cancel();
        permit.release();
        await clock.runUntilIdle();
        expect(permits).toHaveLength(1);
        expect([first!.status, second!.status, third!.status]).toEqual([
          "cancelled",
          "succeeded",
          "running",
        ]);
        third!.cancel();
        await expect(third!.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        permits[0]!.release();
        expect(mutex.locked).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_finished_waiter_cancelled",
    says: "a waiter that is cancelled in the turn of the release does not lose the wake-up of the next one",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const mutex = new Mutex();
        const permit = await mutex.acquire(at(group.scope));
        const second = group.spawn((self) => mutex.acquire(at(self.scope)));
        await clock.runUntilIdle();
        const third = group.spawn((self) => mutex.acquire(at(self.scope)));
        second.cancel();
        permit.release();
        using last = await third.wait(at(group.scope));
        await clock.runUntilIdle();
        expect(second.status).toBe("cancelled");
        expect([mutex.locked, last.released]).toEqual([true, false]);
      }),
    ),
);
