import { describe, expect, test, vi } from "vitest";
import {
  CancelScope,
  failuresOf,
  sleep,
  taskGroup,
  type Task,
  type TaskGroup,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";

/** Something that takes 10 ms to get ready, then runs for 20 ms. */
async function serve(
  started: (port: number) => void,
  task: { readonly scope: CancelScope },
): Promise<string> {
  await sleep(10, at(task.scope));
  started(8080);
  await sleep(20, at(task.scope));
  return "served";
}

describe("start()", () => {
  test("gives the child and its value once it is ready; the group waits for it", async () => {
    await withVirtualClock(async (clock) => {
      let child: Task<string> | undefined;
      await taskGroup(async (group) => {
        const { task, value } = await group.start(serve, at(group.scope));
        expect(clock.now()).toBe(10);
        expect(value).toBe(8080);
        expect(task.status).toBe("running");
        expect(group.size).toBe(1);
        child = task;
      });
      expect(clock.now()).toBe(30);
      expect(child!.result()).toBe("served");
    });
  });

  test("needs no value", async () => {
    await taskGroup(async (group) => {
      const { value } = await group.start(async (started) => started());
      expect(value).toBeUndefined();
    });
  });

  test("calls the function at once, with the task", async () => {
    await taskGroup(async (group) => {
      const seen: unknown[] = [];
      const starting = group.start(
        async function listen(started, task) {
          seen.push(task.status, task.name);
          started();
        },
        { name: "server" },
      );
      expect(seen).toEqual(["running", "server"]);
      const other = await group.start(async function listen(started) {
        started();
      });
      expect(other.task.name).toBe("listen");
      await starting;
    });
  });

  test("gives child and value also when the child ended in the step in which it was ready", async () => {
    await taskGroup(async (group) => {
      const { task, value } = await group.start((started: (value: string) => void) => {
        started("ready");
        return "done";
      });
      expect(value).toBe("ready");
      expect(await task).toBe("done");
    });
  });
});

describe("before it is ready, the child", () => {
  test("belongs to the caller, who gets its error; the group does not fail", async () => {
    await withVirtualClock(async () => {
      const error = new Error("port in use");
      const value = await taskGroup(async (group) => {
        const starting = group.start(async (_started, task) => {
          await sleep(5, at(task.scope));
          throw error;
        }, at(group.scope));
        await expect(starting).rejects.toBe(error);
        expect(group.failures).toEqual([]);
        expect(group.scope.cancelled).toBe(false);
        return "still here";
      });
      expect(value).toBe("still here");
    });
  });

  test("may throw at once", async () => {
    const error = new Error("at once");
    await taskGroup(async (group) => {
      await expect(
        group.start(() => {
          throw error;
        }),
      ).rejects.toBe(error);
    });
  });

  test("is cancelled with the caller, and waited for", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      await taskGroup(async (group) => {
        const caller = new CancelScope();
        const starting = caller.run((scope) =>
          group.start(
            async (_started, task) =>
              sleep(1_000, at(task.scope)).finally(() => log.push(`ended at ${clock.now()}`)),
            at(scope),
          ),
        );
        await sleep(5, at(group.scope));
        caller.cancel("changed my mind");
        await expect(starting).rejects.toMatchObject({ reason: "changed my mind" });
        expect(log).toEqual(["ended at 5"]);
        expect(group.size).toBe(0);
      });
    });
  });

  test("is cancelled by the signal of the call", async () => {
    await withVirtualClock(async () => {
      await taskGroup(async (group) => {
        const controller = new AbortController();
        const starting = group.start((_started, task) => sleep(1_000, at(task.scope)), {
          signal: controller.signal,
        });
        controller.abort("why");
        await expect(starting).rejects.toBe("why");
      });
    });
  });

  test("is not reached by the group's cancellation, but is once it is ready", async () => {
    await withVirtualClock(async (clock) => {
      let group: TaskGroup | undefined;
      const log: string[] = [];
      const body = deferred();
      const running = taskGroup(async (inner) => {
        group = inner;
        await body.promise;
      });
      const starting = group!.start(async (started: (value: string) => void, task) => {
        await sleep(10, at(task.scope));
        log.push(`ready at ${clock.now()}`);
        started("ready");
        await sleep(1_000, at(task.scope));
        log.push("went on");
      }, at(new CancelScope()));
      await sleep(5);
      group!.cancel("enough");
      body.resolve();
      const { task, value } = await starting;
      expect(value).toBe("ready");
      await running;
      expect(log).toEqual(["ready at 10"]);
      expect(task.status).toBe("cancelled");
      expect(clock.now()).toBe(10);
    });
  });

  test("keeps the group open", async () => {
    await withVirtualClock(async (clock) => {
      let starting: Promise<unknown> | undefined;
      await taskGroup((group) => {
        starting = group.start(serve, at(group.scope));
      });
      expect(clock.now()).toBe(30);
      await starting;
    });
  });

  test("takes no place of the group's concurrency", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(
        async (group) => {
          group.spawn((task) => sleep(100, at(task.scope)));
          await group.start(serve, at(group.scope));
          expect(clock.now()).toBe(10);
        },
        { concurrency: 1 },
      );
    });
  });

  test("fails the call with a TypeError when it ends without being ready", async () => {
    await taskGroup(async (group) => {
      await expect(group.start(async () => "forgot", { name: "server" })).rejects.toThrow(
        /"server".*started\(\)/,
      );
      await expect(group.start(async () => "forgot")).rejects.toThrow(TypeError);
    });
  });

  test("is reached by the group's timeout when the body starts it without a signal", async () => {
    await withVirtualClock(async (clock) => {
      const ended = taskGroup(
        async (group) => {
          await group.start((_started, task) => sleep(1_000, at(task.scope)));
        },
        { timeoutMs: 10 },
      );
      await expect(ended).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(10);
    });
  });

  test("is reached by the group's cancel() when the body starts it without a signal", async () => {
    await withVirtualClock(async (clock) => {
      const ended = taskGroup(async (group) => {
        const start = group.start((_started, task) => sleep(1_000, at(task.scope)));
        await clock.runUntilIdle();
        group.cancel("enough");
        await start;
      });
      await expect(ended).rejects.toMatchObject({ reason: "enough" });
      expect(clock.now()).toBe(0);
    });
  });

  ambientTest("is in the caller's scope (needs ambient scopes)", async () => {
    await taskGroup(async (group) => {
      const caller = new CancelScope();
      await caller.run(async () => {
        await group.start((started, task) => {
          expect(task.scope.cancelled).toBe(false);
          caller.cancel();
          expect(task.scope.cancelled).toBe(true);
          started();
        });
      });
    });
  });
});

describe("once it is ready, the child", () => {
  test("fails the group when it fails", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("crashed");
      const ended = taskGroup(async (group) => {
        await group.start(async (started, task) => {
          started();
          await sleep(5, at(task.scope));
          throw error;
        }, at(group.scope));
        await sleep(1_000, at(group.scope));
      });
      await expect(ended).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error]);
      expect(clock.now()).toBe(5);
    });
  });

  test("is out of reach of its caller, and of the signal of the call", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const controller = new AbortController();
        const caller = new CancelScope({ signal: controller.signal });
        const { task } = await caller.run((scope) => group.start(serve, { signal: scope.signal }));
        controller.abort();
        caller.cancel();
        expect(task.scope.cancelled).toBe(false);
        expect(await task).toBe("served");
        expect(clock.now()).toBe(30);
      });
    });
  });

  test("is cancelled with the group", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const { task } = await group.start(serve, at(group.scope));
        group.cancel("enough");
        await expect(task.wait({ signal: new AbortController().signal })).rejects.toMatchObject({
          reason: "enough",
        });
      }).catch(() => {});
      expect(clock.now()).toBe(10);
    });
  });

  test("can be cancelled alone", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const { task } = await group.start(serve, at(group.scope));
        task.cancel();
      });
      expect(clock.now()).toBe(10);
    });
  });
});

test("a child that a daemon of another group starts is no daemon: what it waits for keeps the process alive", async () => {
  const timers = vi.spyOn(globalThis, "setTimeout");
  const alive = (): boolean => (timers.mock.results.at(-1)!.value as NodeJS.Timeout).hasRef();
  try {
    await taskGroup(async (target) => {
      await taskGroup(async (group) => {
        const ready = deferred();
        group.spawn(
          async (daemon) => {
            const own = sleep(60_000, at(daemon.scope));
            expect(alive()).toBe(false);
            await target.start((started, task) => {
              const waits = [sleep(60_000, at(task.scope))];
              expect(alive()).toBe(true);
              started();
              waits.push(sleep(60_000, at(task.scope)));
              expect(alive()).toBe(true);
              return Promise.all(waits);
            }, at(daemon.scope));
            ready.resolve();
            await own;
          },
          { daemon: true },
        );
        await ready.promise;
      });
      target.cancel();
    });
  } finally {
    timers.mockRestore();
  }
});

describe("started()", () => {
  test("throws a TypeError when called twice, or after the end", async () => {
    let late: (() => void) | undefined;
    let twice: unknown;
    await taskGroup(async (group) => {
      const { task } = await group.start(async (started) => {
        late = started;
        started();
        try {
          started();
        } catch (error) {
          twice = error;
        }
      });
      await task;
    });
    expect(twice).toBeInstanceOf(TypeError);
    expect(() => late!()).toThrow(TypeError);
  });

  test("leaves the child with a caller that is cancelled already", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const caller = new CancelScope();
        const starting = caller.run((scope) =>
          group.start(async (started: (value: string) => void, task) => {
            caller.cancel("changed my mind");
            started("too late");
            await sleep(1_000, at(task.scope));
          }, at(scope)),
        );
        await expect(starting).rejects.toMatchObject({ reason: "changed my mind" });
        expect(group.failures).toEqual([]);
        expect(clock.now()).toBe(0);
      });
    });
  });
});
