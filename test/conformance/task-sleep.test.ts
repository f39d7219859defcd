import { CancelledError, CancelScope, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { afterEach, expect, vi } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "tasks: sleep";

afterEach(() => {
  vi.useRealTimers();
});

behaviour(
  {
    area,
    id: "test_sleep",
    says: "sleeps one after the other add up, and a sleep gives the value that it was given",
    verdict: "differs",
    because: "Sleeps add up, but a sleep gives nothing: await sleep(ms), then use the value.",
  },
  () =>
    withVirtualClock(async (clock) => {
      await sleep(50);
      expect(clock.now()).toBe(50);
      expect(await sleep(50)).toBeUndefined();
      expect(clock.now()).toBe(100);
    }),
);

behaviour(
  {
    area,
    id: "test_sleep_when_delay_is_nan",
    says: "a delay that is not a number is an error",
    verdict: "holds",
  },
  async () => {
    await expect(sleep(Number.NaN)).rejects.toBeInstanceOf(RangeError);
    await expect(sleep("5" as never)).rejects.toBeInstanceOf(TypeError);
  },
);

behaviour(
  {
    area,
    id: "test_sleep_zero",
    says: "a sleep of zero lets what was scheduled before it run first",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      for (const ms of [0, -5]) {
        const log: string[] = [];
        setImmediate(() => log.push("scheduled before"));
        await sleep(ms);
        log.push("slept");
        expect(log).toEqual(["scheduled before", "slept"]);
      }
      expect(clock.now()).toBe(0);
    }),
);

behaviour(
  {
    area,
    id: "test_sleep_cancel",
    says: "cancelling a sleep takes its timer away",
    verdict: "holds",
  },
  async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const scope = new CancelScope();
    const sleeping = scope.run((inner) => sleep(10_000, at(inner)));
    expect(vi.getTimerCount()).toBe(1);
    scope.cancel();
    await expect(sleeping).rejects.toBeInstanceOf(CancelledError);
    expect(vi.getTimerCount()).toBe(0);
  },
);

behaviour(
  {
    area,
    id: "test_task_cancel_sleeping_task",
    says: "a task that sleeps for hours is cancelled at once, and time has not moved on",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const sleeper = group.spawn((self) => sleep(5_000_000, at(self.scope)));
        group.spawn(async (self) => {
          await sleep(100, at(self.scope));
          sleeper.cancel();
        });
        await expect(sleeper.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(clock.now()).toBe(100);
        await group.join();
        expect(clock.now()).toBe(100);
      }),
    ),
);
