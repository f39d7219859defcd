import { describe, expect, test } from "vitest";
import { CancelledError, shield, sleep, type Task, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("a group with concurrency", () => {
  test("runs so many children at once and starts the others in the order of the calls", async () => {
    await withVirtualClock(async (clock) => {
      const starts: [number, number][] = [];
      let running = 0;
      let most = 0;
      await taskGroup(
        (group) => {
          for (let i = 0; i < 6; i++) {
            group.spawn(async (task) => {
              starts.push([i, clock.now()]);
              most = Math.max(most, ++running);
              await sleep(10 + i, at(task.scope));
              running--;
            });
          }
        },
        { concurrency: 2 },
      );
      expect(most).toBe(2);
      expect(starts.map(([i]) => i)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(starts.map(([, when]) => when)).toEqual([0, 0, 10, 11, 22, 24]);
    });
  });

  test("keeps queued children's status, and stays open for them", async () => {
    await withVirtualClock(async (clock) => {
      let queued: Task<string> | undefined;
      await taskGroup(
        (group) => {
          group.spawn((task) => sleep(10, at(task.scope)));
          queued = group.spawn(async (task) => {
            expect(task.status).toBe("running");
            await sleep(10, at(task.scope));
            return "ran";
          });
          expect(queued.status).toBe("queued");
        },
        { concurrency: 1 },
      );
      expect(queued!.result()).toBe("ran");
      expect(clock.now()).toBe(20);
    });
  });

  test("never starts those still queued when it is cancelled", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const tasks: Task<void>[] = [];
      await taskGroup(
        (group) => {
          for (const name of ["runs", "never", "never either"]) {
            tasks.push(
              group.spawn(async (task) => {
                log.push(name);
                await sleep(10, at(task.scope));
              }),
            );
          }
          group.cancel("enough");
        },
        { concurrency: 1 },
      );
      expect(log).toEqual(["runs"]);
      expect(tasks.map((task) => task.status)).toEqual(["cancelled", "cancelled", "cancelled"]);
      expect(() => tasks[2]!.result()).toThrow(CancelledError);
    });
  });

  test("never starts those still queued when a child fails", async () => {
    await withVirtualClock(async () => {
      const log: number[] = [];
      const ended = taskGroup(
        (group) => {
          for (let i = 0; i < 4; i++) {
            group.spawn(async (task) => {
              log.push(i);
              await sleep(1, at(task.scope));
              throw new Error(`child ${i}`);
            });
          }
        },
        { concurrency: 1 },
      );
      await expect(ended).rejects.toThrow("child 0");
      expect(log).toEqual([0]);
    });
  });

  test("does not start a child that is spawned when it is full and cancelled", async () => {
    await withVirtualClock(async () => {
      let called = false;
      let late: Task<void> | undefined;
      await taskGroup(
        (group) => {
          group.spawn((task) => sleep(10, at(task.scope)));
          group.cancel();
          late = group.spawn(() => {
            called = true;
          });
          expect(late.status).toBe("queued");
        },
        { concurrency: 1 },
      );
      expect(called).toBe(false);
      expect(late!.status).toBe("cancelled");
    });
  });

  test("drops a queued child that is cancelled alone, and starts the next", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      await taskGroup(
        async (group) => {
          group.spawn((task) => sleep(10, at(task.scope)));
          const dropped = group.spawn(() => void log.push("dropped"));
          group.spawn(() => void log.push("next"));
          dropped.cancel("not needed");
          await expect(dropped.wait(at(group.scope))).rejects.toMatchObject({
            reason: "not needed",
          });
          expect(dropped.status).toBe("cancelled");
        },
        { concurrency: 1 },
      );
      expect(log).toEqual(["next"]);
    });
  });

  test("lets a daemon run beside its places, and is not kept open by it", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(
        (group) => {
          group.spawn((task) => sleep(10, at(task.scope)));
          const daemon = group.spawn((task) => sleep(Infinity, at(task.scope)), { daemon: true });
          expect(daemon.status).toBe("running");
          expect(group.size).toBe(2);
        },
        { concurrency: 1 },
      );
      expect(clock.now()).toBe(10);
    });
  });

  test("frees the place of a cancelled child only when it has really ended", async () => {
    await withVirtualClock(async (clock) => {
      const starts: number[] = [];
      await taskGroup(
        (group) => {
          const first = group.spawn(() =>
            shield((scope) => sleep(50, at(scope)), { timeoutMs: 100 }),
          );
          group.spawn(() => void starts.push(clock.now()));
          first.cancel();
        },
        { concurrency: 1 },
      );
      expect(starts).toEqual([50]);
    });
  });

  test("lets no newcomer overtake one that was handed a place", async () => {
    const order: string[] = [];
    await taskGroup(
      async (group) => {
        const first = group.spawn(async () => {});
        group.spawn(() => void order.push("queued"));
        await first;
        group.spawn(() => void order.push("newcomer"));
      },
      { concurrency: 1 },
    );
    expect(order).toEqual(["queued", "newcomer"]);
  });
});
