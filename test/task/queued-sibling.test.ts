import { expect, test } from "vitest";
import { DeadlockError, sleep, type Task, taskGroup, timeout } from "corral";
import { withVirtualClock } from "corral/testing";

import { at } from "../support/mode.ts";

const WAIT_LONG = 1_000;

test("a child that waits for a queued sibling of a group of one is refused, and the sibling still runs", () =>
  withVirtualClock(async () => {
    let sibling: Task<string> | undefined;
    let error: unknown;
    await taskGroup(
      (group) => {
        group.spawn(async (task) => {
          await sleep(1, at(task.scope));
          error = await sibling!.wait(at(task.scope)).catch((e: unknown) => e);
        });
        sibling = group.spawn(() => "ran");
      },
      { concurrency: 1 },
    );
    expect(error).toBeInstanceOf(DeadlockError);
    expect((error as Error).message).toMatch(/^Cannot wait for task ".+": it is queued/);
    expect(sibling!.result()).toBe("ran");
  }));

test("of two children that wait for queued siblings the second one is refused", () =>
  withVirtualClock(async () => {
    const queued: Task<number>[] = [];
    const ends: string[] = [];
    await taskGroup(
      (group) => {
        for (const i of [0, 1]) {
          group.spawn(async (task) => {
            await sleep(i + 1, at(task.scope));
            const end = await queued[i]!.wait(at(task.scope)).catch((e: unknown) => e);
            ends.push(end instanceof DeadlockError ? `${i} refused` : `${i} got ${String(end)}`);
          });
        }
        queued.push(
          group.spawn(() => 10),
          group.spawn(() => 11),
        );
      },
      { concurrency: 2 },
    );
    expect(ends).toEqual(["1 refused", "0 got 10"]);
  }));

test.for<[string, (task: Task<unknown>) => Promise<unknown>]>([
  ["sleeps", (task) => sleep(50, at(task.scope))],
  [
    "waits with a deadline",
    (task) => timeout(50, (scope) => sleep(WAIT_LONG, at(scope)), at(task.scope)).catch(() => {}),
  ],
])("a child may wait for a queued sibling while another one %s", ([, other]) =>
  withVirtualClock(async () => {
    let queued: Task<string> | undefined;
    let value: unknown;
    await taskGroup(
      (group) => {
        group.spawn((task) => other(task));
        group.spawn(async (task) => {
          await sleep(1, at(task.scope));
          value = await queued!.wait(at(task.scope));
        });
        queued = group.spawn(() => "ran");
      },
      { concurrency: 2 },
    );
    expect(value).toBe("ran");
  }),
);

test("the body of a full group may wait for a queued child", () =>
  withVirtualClock(async () => {
    const value = await taskGroup(
      async (group) => {
        group.spawn((task) => sleep(10, at(task.scope)));
        return group.spawn(() => "ran").wait(at(group.scope));
      },
      { concurrency: 1 },
    );
    expect(value).toBe("ran");
  }));

test("a daemon may wait for a queued child, since it takes no place", () =>
  withVirtualClock(async () => {
    let value: unknown;
    await taskGroup(
      (group) => {
        group.spawn((task) => sleep(10, at(task.scope)));
        const queued = group.spawn(async (task) => {
          await sleep(1, at(task.scope));
          return "ran";
        });
        group.spawn(
          async (task) => {
            value = await queued.wait(at(task.scope));
          },
          { daemon: true },
        );
      },
      { concurrency: 1 },
    );
    expect(value).toBe("ran");
  }));
