import { CancelledError, type Permit, Semaphore, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "weighted semaphore (Go, tokio)";

behaviour(
  {
    area,
    id: "try_acquire",
    says: "trying takes a permit if one is free; leaving its block gives it back",
    verdict: "holds",
  },
  () => {
    const semaphore = new Semaphore(1);
    {
      using permit = semaphore.tryAcquire();
      expect(permit?.released).toBe(false);
      expect(semaphore.tryAcquire()).toBeUndefined();
    }
    const permit = semaphore.tryAcquire();
    expect(permit?.released).toBe(false);
    permit!.release();
  },
);

for (const [id, permits] of [
  ["poll_acquire_one_zero_permits", 1],
  ["add_permits", 3],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `one that was made without permits can get ${permits === 1 ? "one" : "some"}, and whoever waits has them at once`,
      verdict: "holds",
      because: "`resize()` says how many there are.",
    },
    () =>
      withVirtualClock(() =>
        taskGroup(async (group) => {
          const semaphore = new Semaphore(0);
          const task = group.spawn((self) =>
            semaphore.acquire({ weight: permits, ...at(self.scope) }),
          );
          expect([semaphore.available, semaphore.waiting]).toEqual([0, 1]);
          semaphore.resize(permits);
          expect([semaphore.available, semaphore.waiting]).toEqual([0, 0]);
          const permit = await task.wait(at(group.scope));
          permit.release();
          expect(semaphore.available).toBe(permits);
        }),
      ),
  );
}

behaviour(
  {
    area,
    id: "poll_acquire_many_unavailable",
    says: "a request goes on when as much as it wants is there, and not before the one ahead of it",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(5);
        const held = [1, 2, 2].map((weight) => semaphore.tryAcquire({ weight })!);
        const got: Permit[] = [];
        for (const weight of [3, 1]) {
          group.spawn(async (self) => {
            got.push(await semaphore.acquire({ weight, ...at(self.scope) }));
          });
        }
        held[1]!.release();
        await clock.runUntilIdle();
        expect([got.length, semaphore.available, semaphore.waiting]).toEqual([0, 2, 2]);
        expect(semaphore.tryAcquire()).toBeUndefined();
        held[0]!.release();
        await clock.runUntilIdle();
        expect(got.map((permit) => permit.weight)).toEqual([3]);
        held[2]!.release();
        await clock.runUntilIdle();
        expect(got.map((permit) => permit.weight)).toEqual([3, 1]);
        for (const permit of got) permit.release();
        expect(semaphore.available).toBe(5);
      }),
    ),
);

behaviour(
  {
    area,
    id: "cancel_acquire_releases_permits",
    says: "a request that waits gathers what is free, and gives that back when it is cancelled",
    verdict: "differs",
    because:
      "It gathers nothing: what is free counts as free, though nobody overtakes the request to take it.",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const semaphore = new Semaphore(10);
        const held = semaphore.tryAcquire({ weight: 4 });
        const task = group.spawn((self) => semaphore.acquire({ weight: 8, ...at(self.scope) }));
        expect(semaphore.available).toBe(6);
        expect(semaphore.tryAcquire()).toBeUndefined();
        task.cancel();
        await expect(task.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        const rest = semaphore.tryAcquire({ weight: 6 });
        expect([rest?.weight, semaphore.available]).toEqual([6, 0]);
        rest!.release();
        held!.release();
      }),
    ),
);

behaviour(
  {
    area,
    id: "stress_test",
    says: "after a thousand tasks have had a permit, all permits are there",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const semaphore = new Semaphore(5);
      let entered = 0;
      await taskGroup((group) => {
        for (let i = 0; i < 1_000; i++) {
          group.spawn(async (self) => {
            using permit = await semaphore.acquire(at(self.scope));
            entered += permit.weight;
          });
        }
      });
      expect(entered).toBe(1_000);
      const permits = Array.from({ length: 6 }, () => semaphore.tryAcquire());
      expect(permits.map((permit) => permit?.released)).toEqual([
        ...Array<boolean>(5).fill(false),
        undefined,
      ]);
      for (const permit of permits) permit?.release();
    }),
);

behaviour(
  {
    area,
    id: "validates_max_permits",
    says: "more permits than can be counted are an error",
    verdict: "holds",
    because: "Except `Infinity`, which is no limit.",
  },
  () => {
    expect(() => new Semaphore(2 ** 53)).toThrow(RangeError);
    expect(() => new Semaphore(1).resize(2 ** 53)).toThrow(RangeError);
    expect(new Semaphore(2 ** 53 - 1).available).toBe(2 ** 53 - 1);
    expect(new Semaphore(Infinity).available).toBe(Infinity);
  },
);

notTransferable({
  area,
  id: "forget",
  says: "a permit can be forgotten, and is one less from then on",
  because: "A permit is always given back. `resize()` makes them fewer.",
});

for (const [id, says] of [
  ["merge", "two permits of a semaphore can be made one"],
  ["merge_unrelated_permits", "permits of two semaphores cannot be made one"],
  ["split", "a permit can be split in two"],
] as const) {
  notTransferable({
    area,
    id,
    says,
    because: "Permits are neither merged nor split: one asks for the weight that one needs.",
  });
}

for (const [id, says] of [
  ["close_semaphore_prevents_acquire", "one that was closed gives out no permits"],
  ["close_semaphore_notifies_permit1", "closing it lets the one that waits go with an error"],
  ["close_semaphore_notifies_permit2", "closing it lets all who wait go with an error"],
] as const) {
  notTransferable({
    area,
    id,
    says,
    because: "A semaphore is not closed: who waits is cancelled with its scope.",
  });
}
