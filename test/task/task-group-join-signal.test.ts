import { describe, expect, test } from "vitest";
import { sleep, TaskGroup, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("join({ signal })", () => {
  test.each([
    ["a reason", "why"],
    ["the platform's reason", undefined],
  ])("rejects with %s as it is, when the children have ended", async (_, reason) => {
    await withVirtualClock(async (clock) => {
      const group = new TaskGroup();
      group.spawn((task) => sleep(5_000, at(task.scope)));
      const controller = new AbortController();
      const joining = group.join({ signal: controller.signal });
      await sleep(10);
      controller.abort(reason);
      await expect(joining).rejects.toBe(controller.signal.reason);
      expect(clock.now()).toBe(10);
      expect(group.size).toBe(0);
      await group[Symbol.asyncDispose]();
    });
  });

  test("passes a cancellation on that comes while a child spawns the next one", async () => {
    await withVirtualClock(async (clock) => {
      const group = new TaskGroup();
      const controller = new AbortController();
      const first = group.spawn((task) => sleep(10, at(task.scope)));
      const joining = group.join({ signal: controller.signal });
      void first.wait().then(() => {
        group.spawn((task) => sleep(1_500, at(task.scope)));
        controller.abort("enough");
      });
      await expect(joining).rejects.toBe("enough");
      expect(clock.now()).toBe(10);
      await group[Symbol.asyncDispose]();
    });
  });
});

test("a group that has cancelled itself keeps its value, though the outside is cancelled later", async () => {
  await withVirtualClock(async () => {
    const controller = new AbortController();
    const ended = taskGroup(
      async (group) => {
        group.spawn(async (task) => {
          try {
            await sleep(1_000, at(task.scope));
          } finally {
            // Nobody's wait: a foreign promise that takes its time.
            await foreign;
          }
        });
        await sleep(5, at(group.scope));
        group.cancel("enough");
        return "result";
      },
      { signal: controller.signal },
    );
    let settle!: () => void;
    const foreign = new Promise<void>((resolve) => {
      settle = resolve;
    });
    await sleep(30);
    controller.abort("outer");
    settle();
    expect(await ended).toBe("result");
  });
});
