import { CapacityLimiter, type Permit, Mutex, Semaphore, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "locks (anyio, Trio)";

interface Options {
  signal?: AbortSignal;
}

/** What all that can be held by one at a time have in common. */
interface LockLike {
  readonly waiting: number;
  acquire(options: Options): Promise<Permit>;
  tryAcquire(): Permit | undefined;
  run<T>(fn: () => T | Promise<T>, options: Options): Promise<T>;
}

/** A borrower like no other. */
const someone = (): { key: object } => ({ key: {} });

function limiter(): LockLike {
  const seats = new CapacityLimiter(1);
  return {
    get waiting() {
      return seats.waiting;
    },
    acquire: (options) => seats.acquire({ ...options, ...someone() }),
    tryAcquire: () => seats.tryAcquire(someone()),
    run: (fn, options) => seats.run(fn, { ...options, ...someone() }),
  };
}

const kinds: readonly (readonly [string, () => LockLike])[] = [
  ["Lock", () => new Mutex()],
  ["Semaphore", () => new Semaphore(1)],
  ["CapacityLimiter", limiter],
];

for (const [kind, create] of kinds) {
  behaviour(
    {
      area,
      id: `${kind}: acquire_nowait after a release`,
      says: "acquiring without waiting fails after a release while others wait, and they get it",
      verdict: "holds",
    },
    () =>
      withVirtualClock(() =>
        taskGroup(async (group) => {
          const lock = create();
          const permit = await lock.acquire(at(group.scope));
          const waiter = group.spawn((self) => lock.acquire(at(self.scope)));
          permit.release();
          expect(lock.tryAcquire()).toBeUndefined();
          const theirs = await waiter.wait(at(group.scope));
          expect(lock.tryAcquire()).toBeUndefined();
          theirs.release();
          const ours = lock.tryAcquire();
          expect(ours?.released).toBe(false);
          ours!.release();
        }),
      ),
  );

  for (const [id, releasedFirst] of [
    ["releasefirst", true],
    ["releaselast", false],
  ] as const) {
    behaviour(
      {
        area,
        id: `${kind}: cancel_during_acquire[${id}]`,
        says: `one that is cancelled ${releasedFirst ? "as it is handed it" : "while it waits"} never enters, and it is free afterwards`,
        verdict: "holds",
        ...(releasedFirst && {
          because:
            "So it is with `run()`. What `acquire()` was handed it has, and a block gives it back.",
        }),
      },
      () =>
        withVirtualClock((clock) =>
          taskGroup(async (group) => {
            const lock = create();
            const permit = await lock.acquire(at(group.scope));
            const log: string[] = [];
            const running = group.spawn((self) => lock.run(() => log.push("ran"), at(self.scope)));
            if (releasedFirst) permit.release();
            running.cancel();
            await clock.runUntilIdle();
            permit.release();

            const holder = await lock.acquire(at(group.scope));
            const holding = group.spawn(async (self) => {
              using own = await lock.acquire(at(self.scope));
              expect(own.released).toBe(false);
              log.push("held");
              await sleep(1, at(self.scope));
              log.push("slept");
            });
            if (releasedFirst) holder.release();
            holding.cancel();
            await clock.runUntilIdle();
            holder.release();

            expect([running.status, holding.status]).toEqual(["cancelled", "cancelled"]);
            expect(log).toEqual(releasedFirst ? ["held"] : []);
            expect(lock.waiting).toBe(0);
            const next = lock.tryAcquire();
            expect(next?.released).toBe(false);
            next!.release();
          }),
        ),
    );
  }

  behaviour(
    {
      area,
      id: `${kind}: asyncio_deadlock`,
      says: "when the holder is cancelled, the one that waits gets it",
      verdict: "holds",
    },
    () =>
      withVirtualClock((clock) =>
        taskGroup(async (group) => {
          const lock = create();
          const [holder, waiter] = [1, 2].map(() =>
            group.spawn((self) => lock.run(() => sleep(10, at(self.scope)), at(self.scope))),
          );
          await clock.runUntilIdle();
          expect(lock.waiting).toBe(1);
          holder!.cancel();
          await waiter!.wait(at(group.scope));
          expect([holder!.status, clock.now()]).toEqual(["cancelled", 10]);
        }),
      ),
  );
}
