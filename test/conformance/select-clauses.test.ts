import {
  after,
  AsyncEvent,
  CancelledError,
  channel,
  DeadlockError,
  join,
  lock,
  Mutex,
  type Permit,
  recv,
  select,
  sleep,
  taskGroup,
  trySelect,
  when,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "select (Kotlin, tokio)";

behaviour(
  {
    area,
    id: "SelectMutexTest.testSelectLock",
    says: "a clause that locks a free lock does not wait, and has locked it",
    verdict: "holds",
    because: "It gives the permit.",
  },
  async () => {
    const mutex = new Mutex();
    const { value: permit } = await select({ locked: lock(mutex) });
    expect(mutex.locked).toBe(true);
    permit.release();
    expect(mutex.locked).toBe(false);
  },
);

behaviour(
  {
    area,
    id: "SelectMutexTest.testSelectLockWait",
    says: "a clause that locks a lock that is held waits for it, in the order of the calls",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const mutex = new Mutex();
      const order: string[] = [];
      const held = await mutex.acquire();
      const take = (name: string, permit: Promise<Permit>): Promise<void> =>
        permit.then((got) => {
          order.push(name);
          got.release();
        });
      const all = [
        take("first", mutex.acquire()),
        take(
          "select",
          select({ locked: lock(mutex) }).then(({ value }) => value),
        ),
        take("last", mutex.acquire()),
      ];
      expect(mutex.stats().waiting).toBe(3);
      held.release();
      await Promise.all(all);
      expect(order).toEqual(["first", "select", "last"]);
    }),
);

behaviour(
  {
    area,
    id: "SelectMutexTest.testSelectCancelledResourceRelease",
    says: "a thousand selects that are cancelled while they wait for a lock leave nothing behind",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const mutex = new Mutex();
        const held = await mutex.acquire(at(group.scope));
        const tasks = Array.from({ length: 1_000 }, () =>
          group.spawn((self) => select({ locked: lock(mutex) }, at(self.scope))),
        );
        expect(mutex.stats().waiting).toBe(1_000);
        for (const task of tasks) task.cancel();
        expect(mutex.stats().waiting).toBe(0);
        await clock.runUntilIdle();
        held.release();
        expect(mutex.locked).toBe(false);
      }),
    ),
);

behaviour(
  {
    area,
    id: "SelectTimeoutTest.testBasic",
    says: "the shortest of several timeouts is chosen, and the others are dropped",
    verdict: "holds",
  },
  async () => {
    const seen: { now?: () => number } = {};
    const test = withVirtualClock(async (clock) => {
      const { key } = await select({ c: after(1_000), a: after(100), b: after(10) });
      expect([key, clock.now()]).toEqual(["b", 10]);
      seen.now = () => clock.now();
      // Were a timer left, the clock would go on to it before it gives up.
      await new AsyncEvent().wait();
    });
    await expect(test).rejects.toBeInstanceOf(DeadlockError);
    expect(seen.now?.()).toBe(10);
  },
);

for (const [id, ms] of [
  ["testZeroTimeout", 0],
  ["testNegativeTimeout", -10],
] as const) {
  behaviour(
    {
      area,
      id: `SelectTimeoutTest.${id}`,
      says: `a timeout of ${ms} is chosen at once`,
      verdict: "differs",
      because:
        "It takes a turn of the event loop, as `sleep()` does: what is ready is chosen before it. `trySelect()` is what does not wait.",
    },
    () =>
      withVirtualClock(async (clock) => {
        const [sender, receiver] = channel<number>(1);
        const clauses = (): {
          now: ReturnType<typeof after>;
          got: ReturnType<typeof recv<number>>;
        } => ({
          now: after(ms),
          got: recv(receiver),
        });
        expect(await select(clauses(), { biased: true })).toMatchObject({ key: "now" });
        expect(clock.now()).toBe(0);
        sender.trySend(1);
        expect(await select(clauses(), { biased: true })).toEqual({ key: "got", value: 1 });
        expect(trySelect({ now: after(ms) })).toBeUndefined();
      }),
  );
}

behaviour(
  {
    area,
    id: "SelectDeferredTest.testSelectReturnsImmediately",
    says: "a clause that waits for a task that has ended gives its result at once",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const ended = group.spawn(async () => 42);
        const endless = group.spawn((self) => sleep(Infinity, at(self.scope)));
        await clock.runUntilIdle();
        expect(trySelect({ ended: join(ended), endless: join(endless) })).toEqual({
          key: "ended",
          value: 42,
        });
        endless.cancel();
      }),
    ),
);

behaviour(
  {
    area,
    id: "SelectDeferredTest.testSelectFirst",
    says: "the task that ends first is chosen, and the others go on",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const [slow, fast] = [20, 10].map((ms) =>
          group.spawn(async (self) => {
            await sleep(ms, at(self.scope));
            return ms;
          }),
        );
        const chosen = await select({ slow: join(slow!), fast: join(fast!) }, at(group.scope));
        expect(chosen).toEqual({ key: "fast", value: 10 });
        expect([slow!.status, clock.now()]).toEqual(["running", 10]);
        expect(await slow!.wait(at(group.scope))).toBe(20);
      }),
    ),
);

behaviour(
  {
    area,
    id: "SelectDeferredTest.testSelectCancel",
    says: "a task that is cancelled fails the select that waits for it",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const endless = group.spawn((self) => sleep(Infinity, at(self.scope)));
        const event = new AsyncEvent();
        const chosen = select({ endless: join(endless), event: when(event) }, at(group.scope));
        await clock.runUntilIdle();
        endless.cancel("gone");
        await expect(chosen).rejects.toMatchObject({ reason: "gone" });
        await expect(chosen).rejects.toBeInstanceOf(CancelledError);
        expect(event.waiting).toBe(0);
      }),
    ),
);
