import { describe, expect, test } from "vitest";
import { detached, shield, sleep, type Task, TaskGroup, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

/** Waits until it is cancelled, then does `last`. */
async function until(task: Task<unknown>, last: () => unknown): Promise<void> {
  try {
    await sleep(1_000_000, at(task.scope));
  } finally {
    await last();
  }
}

describe("while a group is closing, a daemon that is spawned", () => {
  test("by a daemon's cleanup is cancelled, and the group ends", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      await taskGroup((group) => {
        group.spawn(
          (task) =>
            until(task, () => {
              group.spawn((next) => until(next, () => log.push("second")), { daemon: true });
              log.push("first");
            }),
          { daemon: true },
        );
      });
      expect(log).toEqual(["first", "second"]);
      expect(clock.now()).toBe(0);
    });
  });

  test("by the cleanup of one that was so spawned is, too", async () => {
    await withVirtualClock(async (clock) => {
      let count = 0;
      await taskGroup((group) => {
        const again = (task: Task<unknown>): Promise<void> =>
          until(task, async () => {
            await shield((scope) => sleep(10, at(scope)), { timeoutMs: 100 });
            if (++count < 5) group.spawn(again, { daemon: true });
          });
        group.spawn(again, { daemon: true });
      });
      expect(count).toBe(5);
      expect(clock.now()).toBe(50);
    });
  });
});

describe("while a group is closing, a TaskGroup that a child opens in the group's scope", () => {
  test("is cancelled, awaited and reported", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const reports = await reportsDuring(() =>
        taskGroup((group) => {
          group.spawn(async (task) => {
            await sleep(5, at(task.scope));
            const options = { name: "late", signal: group.scope.signal };
            const late = detached(() => new TaskGroup(options));
            late.spawn(async ({ scope }) => {
              await sleep(1_000, at(scope)).catch(() => {});
              await shield((cleanup) => sleep(20, at(cleanup)), { timeoutMs: 100 });
              log.push(`ended at ${clock.now()}`);
            });
          });
        }),
      );
      expect(log).toEqual(["ended at 25"]);
      expect(reports).toEqual(["late was still open when the scope around it ended"]);
    });
  });

  test("does not lose what fails in it", async () => {
    await withVirtualClock(async () => {
      const reports = await reportsDuring(() =>
        taskGroup((group) => {
          group.spawn(async (task) => {
            await sleep(5, at(task.scope));
            const late = detached(() => new TaskGroup({ signal: group.scope.signal }));
            late.spawn(() => Promise.reject(new Error("lost")));
          });
        }),
      );
      expect(reports).toEqual([
        expect.stringContaining("was still open"),
        "A child of it has failed: Error: lost",
      ]);
    });
  });
});
