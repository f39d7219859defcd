import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  ClosedError,
  shield,
  sleep,
  TaskGroup,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("resolved instead of rejecting"),
    (error: unknown) => error,
  );
}

describe("leaving the block of an `await using` group", () => {
  test("after join() has nothing left to do", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      {
        await using group = new TaskGroup();
        group.spawn((task) => sleep(10, at(task.scope)).then(() => log.push("child")));
        await group.join();
      }
      expect(log).toEqual(["child"]);
      expect(clock.now()).toBe(10);
    });
  });

  test("without join() cancels the children and waits for them", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      {
        await using group = new TaskGroup();
        group.spawn(async (task) => {
          try {
            await sleep(1_000, at(task.scope));
            log.push("went on");
          } finally {
            await shield((scope) => sleep(20, at(scope)), { timeoutMs: 100 });
            log.push("cleaned up");
          }
        });
      }
      expect(log).toEqual(["cleaned up"]);
      expect(clock.now()).toBe(20);
    });
  });

  test("without join() throws the first failure", async () => {
    const error = new Error("child");
    const block = async (): Promise<void> => {
      await using group = new TaskGroup();
      group.spawn(() => Promise.reject(error));
      group.spawn((task) => sleep(1_000, at(task.scope)));
    };
    await expect(block()).rejects.toBe(error);
  });

  test('throws an AggregateError with throws: "aggregate"', async () => {
    const error = new Error("child");
    const block = async (): Promise<void> => {
      await using group = new TaskGroup({ throws: "aggregate" });
      group.spawn(() => Promise.reject(error));
    };
    await expect(block()).rejects.toMatchObject({ errors: [error] });
  });

  test("does not throw a failure again that join() has thrown", async () => {
    const error = new Error("child");
    const log: string[] = [];
    {
      await using group = new TaskGroup();
      group.spawn(() => Promise.reject(error));
      await group.join().catch((reason: unknown) => log.push(String(reason)));
    }
    expect(log).toEqual(["Error: child"]);
  });

  test("lets join()'s failure through as it is, with nothing around it", async () => {
    const error = new Error("child");
    const block = async (): Promise<void> => {
      await using group = new TaskGroup();
      group.spawn(() => Promise.reject(error));
      await group.join();
    };
    await expect(block()).rejects.toBe(error);
  });

  test("pitfall 10: shows both the block's error and the children's", async () => {
    const ofChild = new Error("child");
    const ofBlock = new Error("block");
    const block = async (): Promise<void> => {
      await using group = new TaskGroup();
      group.spawn(() => Promise.reject(ofChild));
      throw ofBlock;
    };
    expect(await rejection(block())).toMatchObject({ error: ofChild, suppressed: ofBlock });
  });

  test("cancels daemons, also after join()", async () => {
    await withVirtualClock(async (clock) => {
      {
        await using group = new TaskGroup();
        group.spawn((task) => sleep(Infinity, at(task.scope)), { daemon: true });
        group.spawn((task) => sleep(10, at(task.scope)));
        await group.join();
      }
      expect(clock.now()).toBe(10);
    });
  });

  test("ends the group: no child can be spawned any more", async () => {
    const group = new TaskGroup();
    await group[Symbol.asyncDispose]();
    expect(() => group.spawn(() => {})).toThrow(ClosedError);
  });

  test("may be done twice", async () => {
    const error = new Error("child");
    const group = new TaskGroup();
    group.spawn(() => Promise.reject(error));
    await expect(group[Symbol.asyncDispose]()).rejects.toBe(error);
    await group[Symbol.asyncDispose]();
  });

  test("throws nothing for a group that was only cancelled", async () => {
    const log: string[] = [];
    {
      await using group = new TaskGroup();
      group.spawn((task) => sleep(1_000, at(task.scope)).finally(() => log.push("child")));
      group.cancel("enough");
    }
    expect(log).toEqual(["child"]);
  });
});

describe("the code of the block", () => {
  test("is interrupted by a failing child only through group.scope.signal", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("child");
      const block = async (): Promise<void> => {
        await using group = new TaskGroup();
        group.spawn(() => Promise.reject(error));
        await sleep(5);
        expect(clock.now()).toBe(5);
        const interrupted = await rejection(sleep(1_000, { signal: group.scope.signal }));
        expect(interrupted).toBeInstanceOf(CancelledError);
        expect((interrupted as CancelledError).reason).toBe(error);
        expect(clock.now()).toBe(5);
      };
      await expect(block()).rejects.toBe(error);
    });
  });

  ambientTest("stays in the scope around it (needs ambient scopes)", async () => {
    await new CancelScope().run(async (outer) => {
      await using group = new TaskGroup();
      expect(CancelScope.current).toBe(outer);
      group.spawn((task) => expect(CancelScope.current).toBe(task.scope));
      await group.join();
      expect(CancelScope.current).toBe(outer);
    });
  });

  test("gets the group's timeout from join()", async () => {
    await withVirtualClock(async (clock) => {
      await using group = new TaskGroup({ timeoutMs: 5 });
      group.spawn((task) => sleep(1_000, at(task.scope)));
      await expect(group.join()).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
    });
  });

  test("gets the raw reason of the group's signal from join()", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const block = async (): Promise<void> => {
        await using group = new TaskGroup({ signal: controller.signal });
        group.spawn((task) => sleep(1_000, at(task.scope)));
        controller.abort("shutdown");
        await group.join();
      };
      await expect(block()).rejects.toBe("shutdown");
    });
  });
});

describe("a scope that ends while such a group is open", () => {
  ambientTest("cancels and awaits it, and reports it (needs ambient scopes)", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const reports = await reportsDuring(() =>
        new CancelScope().run(() => {
          const group = new TaskGroup({ name: "forgotten" });
          group.spawn(async (task) => {
            try {
              await sleep(1_000, at(task.scope));
            } finally {
              await shield(() => sleep(20), { timeoutMs: 100 });
              log.push("child has ended");
            }
          });
        }),
      );
      expect(log).toEqual(["child has ended"]);
      expect(clock.now()).toBe(20);
      expect(reports).toHaveLength(1);
      expect(reports[0]).toContain("forgotten");
    });
  });

  ambientTest("does so when a child leaves one open (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const reports = await reportsDuring(async () => {
        await using group = new TaskGroup();
        group.spawn(() => {
          const inner = new TaskGroup();
          inner.spawn(() => sleep(1_000).finally(() => log.push("grandchild has ended")));
        });
        await group.join();
        expect(log).toEqual(["grandchild has ended"]);
      });
      expect(reports).toHaveLength(1);
    });
  });

  ambientTest("does not lose what has failed in it (needs ambient scopes)", async () => {
    const error = new Error("child of a forgotten group");
    let outcome: unknown;
    const reports = await reportsDuring(async () => {
      outcome = await new CancelScope()
        .run(() => {
          const group = new TaskGroup();
          group.spawn(() => Promise.reject(error));
        })
        .catch((reason: unknown) => reason);
    });
    expect(outcome === error || reports.some((line) => line.includes(error.message))).toBe(true);
  });

  ambientTest("reports nothing for a group that was closed (needs ambient scopes)", async () => {
    const reports = await reportsDuring(() =>
      new CancelScope().run(async () => {
        await using group = new TaskGroup();
        group.spawn(() => {});
      }),
    );
    expect(reports).toEqual([]);
  });
});
