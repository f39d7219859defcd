import { AsyncEvent, CancelledError, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Event";

behaviour(
  {
    area,
    id: "test_repr",
    says: "its text tells whether it is set, and how many wait",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup((group) => {
        const event = new AsyncEvent();
        expect(String(event)).toBe("AsyncEvent { isSet: false, waiting: 0 }");
        group.spawn((self) => event.wait(at(self.scope)));
        expect(String(event)).toBe("AsyncEvent { isSet: false, waiting: 1 }");
        event.set();
        expect(String(event)).toBe("AsyncEvent { isSet: true, waiting: 0 }");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait",
    says: "setting it lets go all who wait, in the order in which they came, and whoever comes next",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        const log: number[] = [];
        const wait = (number: number): void => {
          group.spawn(async (self) => {
            await event.wait(at(self.scope));
            log.push(number);
          });
        };
        wait(1);
        wait(2);
        await clock.runUntilIdle();
        expect(log).toEqual([]);
        event.set();
        wait(3);
        await clock.runUntilIdle();
        expect(log.filter((number) => number < 3)).toEqual([1, 2]);
        expect(log).toContain(3);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_wait_on_set",
    says: "waiting for one that is set is over at once",
    verdict: "holds",
  },
  async () => {
    const event = new AsyncEvent();
    event.set();
    const wait = event.wait();
    expect(event.waiting).toBe(0);
    await expect(wait).resolves.toBeUndefined();
  },
);

behaviour(
  {
    area,
    id: "test_wait_cancel",
    says: "a waiter that is cancelled leaves the line",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        const waiter = group.spawn((self) => event.wait(at(self.scope)));
        expect(event.waiting).toBe(1);
        waiter.cancel();
        await expect(waiter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(event.waiting).toBe(0);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_clear",
    says: "it is set until it is cleared",
    verdict: "holds",
  },
  () => {
    const event = new AsyncEvent();
    expect(event.isSet).toBe(false);
    event.set();
    expect(event.isSet).toBe(true);
    event.clear();
    expect(event.isSet).toBe(false);
  },
);

behaviour(
  {
    area,
    id: "test_clear_with_waiters",
    says: "whoever was let go stays so when it is cleared at once, and is let go once however often it is set",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const event = new AsyncEvent();
        const log: number[] = [];
        group.spawn(async (self) => {
          await event.wait(at(self.scope));
          log.push(1);
        });
        await clock.runUntilIdle();
        event.set();
        event.clear();
        expect(event.isSet).toBe(false);
        event.set();
        event.set();
        event.clear();
        expect(log).toEqual([]);
        await clock.runUntilIdle();
        expect(log).toEqual([1]);
        expect(event.waiting).toBe(0);
      }),
    ),
);
