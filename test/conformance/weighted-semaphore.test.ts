import { moveOnAfter, type Permit, Semaphore, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "weighted semaphore (Go, tokio)";

behaviour(
  {
    area,
    id: "TestWeighted",
    says: "many that take and give back different weights never hold more than there is, and leave all of it",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const semaphore = new Semaphore(4);
      let held = 0;
      let most = 0;
      await taskGroup((group) => {
        for (const weight of [1, 2, 3, 4]) {
          group.spawn(async (self) => {
            for (let i = 0; i < 25; i++) {
              using permit = await semaphore.acquire({ weight, ...at(self.scope) });
              held += permit.weight;
              most = Math.max(most, held);
              await sleep((i * 7 + weight) % 5, at(self.scope));
              held -= permit.weight;
            }
          });
        }
      });
      expect([most, held, semaphore.available]).toEqual([4, 0, 4]);
    }),
);

behaviour(
  {
    area,
    id: "TestWeightedPanic",
    says: "releasing more than is held is an error",
    verdict: "differs",
    because:
      "A permit is an object that is released once, with its weight: doing it again does nothing.",
  },
  () => {
    const semaphore = new Semaphore(3);
    const permit = semaphore.tryAcquire({ weight: 2 });
    expect(semaphore.available).toBe(1);
    permit!.release();
    permit!.release();
    expect(semaphore.available).toBe(3);
  },
);

behaviour(
  {
    area,
    id: "TestWeightedTryAcquire",
    says: "trying takes what is free, and nothing when that is too little",
    verdict: "holds",
  },
  () => {
    const semaphore = new Semaphore(2);
    const permits = [1, 1, 1].map(() => semaphore.tryAcquire());
    expect(permits.map((permit) => permit?.weight)).toEqual([1, 1, undefined]);
    permits[0]!.release();
    expect(semaphore.tryAcquire({ weight: 2 })).toBeUndefined();
    permits[1]!.release();
    const both = semaphore.tryAcquire({ weight: 2 });
    expect([both?.weight, semaphore.available]).toEqual([2, 0]);
    both!.release();
  },
);

behaviour(
  {
    area,
    id: "TestWeightedAcquire",
    says: "a request with a limit gets what is free, and gives up when nothing comes in time",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(2);
        const ask = (): Promise<Permit | undefined> =>
          moveOnAfter(10, (scope) => semaphore.acquire(at(scope)), at(group.scope));
        const permits = [await ask(), await ask(), await ask()];
        expect(permits.map((permit) => permit?.weight)).toEqual([1, 1, undefined]);
        expect([clock.now(), semaphore.waiting]).toEqual([10, 0]);
        permits[0]!.release();
        permits.push(await ask());
        expect(clock.now()).toBe(10);
        for (const permit of permits) permit?.release();
        expect(semaphore.available).toBe(2);
      }),
    ),
);

behaviour(
  {
    area,
    id: "TestWeightedDoesntBlockIfTooBig",
    says: "a request for more than there is at all waits until it is cancelled, and holds up nobody",
    verdict: "differs",
    because: "It is a RangeError at once: it could never be had.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(2);
        await expect(semaphore.acquire({ weight: 3 })).rejects.toThrow(RangeError);
        expect(() => semaphore.tryAcquire({ weight: 3 })).toThrow(RangeError);
        await expect(semaphore.run(() => {}, { weight: 3 })).rejects.toThrow(RangeError);
        const tasks = Array.from({ length: 6 }, () =>
          group.spawn((self) => semaphore.run(() => sleep(1, at(self.scope)), at(self.scope))),
        );
        await Promise.all(tasks.map((task) => task.wait(at(group.scope))));
        expect(clock.now()).toBe(3);
      }),
    ),
);

behaviour(
  {
    area,
    id: "TestLargeAcquireDoesntStarve",
    says: "a large request is not starved by small ones that come again and again",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const semaphore = new Semaphore(4);
      let had: number | undefined;
      await taskGroup(async (group) => {
        for (const ms of [1, 2, 3, 4]) {
          group.spawn(async (self) => {
            for (let i = 0; i < 100 && had === undefined; i++) {
              await semaphore.run(() => sleep(ms, at(self.scope)), at(self.scope));
            }
          });
        }
        await semaphore.run(() => void (had = clock.now()), { weight: 4, ...at(group.scope) });
      });
      expect(had).toBe(4);
      expect(semaphore.available).toBe(4);
    }),
);

behaviour(
  {
    area,
    id: "TestAllocCancelDoesntStarve",
    says: "when a large request at the head of the line is cancelled, those behind it that fit go on at once",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(10);
        using reader = await semaphore.acquire(at(group.scope));
        const writer = moveOnAfter(
          300,
          (scope) => semaphore.acquire({ weight: 10, ...at(scope) }),
          at(group.scope),
        );
        await sleep(100, at(group.scope));
        const permits: Permit[] = [];
        const task = group.spawn(async (self) => {
          for (const weight of [4, 5]) {
            permits.push(await semaphore.acquire({ weight, ...at(self.scope) }));
          }
        });
        await clock.advance(199);
        expect([semaphore.waiting, permits.length]).toEqual([2, 0]);
        await task.wait(at(group.scope));
        expect(clock.now()).toBe(300);
        expect([await writer, semaphore.waiting, semaphore.available]).toEqual([undefined, 0, 0]);
        for (const permit of permits) permit.release();
        expect(reader.released).toBe(false);
      }),
    ),
);
