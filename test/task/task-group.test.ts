import { describe, expect, test } from "vitest";
import {
  CancelScope,
  ClosedError,
  shield,
  sleep,
  type Task,
  taskGroup,
  type TaskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";

describe("taskGroup()", () => {
  test("gives what its body returns", async () => {
    expect(await taskGroup(() => 1)).toBe(1);
    expect(await taskGroup(async () => "later")).toBe("later");
  });

  test("gives a child's value when the body returns the child", async () => {
    expect(await taskGroup(async (group) => group.spawn(() => "child's"))).toBe("child's");
  });

  test("ends after the last of its children", async () => {
    await withVirtualClock(async (clock) => {
      const value = await taskGroup((group) => {
        group.spawn((task) => sleep(10, at(task.scope)));
        group.spawn((task) => sleep(30, at(task.scope)));
        return "body's";
      });
      expect(value).toBe("body's");
      expect(clock.now()).toBe(30);
    });
  });

  test("waits for a child that another child has spawned after the body's end", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(10, at(task.scope));
          group.spawn((inner) => sleep(10, at(inner.scope)));
        });
      });
      expect(clock.now()).toBe(20);
    });
  });

  test("pitfall 11: returns only when cancelled children have cleaned up", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      await expect(
        taskGroup((group) => {
          group.spawn(async (task) => {
            try {
              await sleep(1_000, at(task.scope));
            } finally {
              await shield((scope) => sleep(20, at(scope)), { timeoutMs: 100 });
              log.push("cleaned up");
            }
          });
          group.spawn(async (task) => {
            await sleep(5, at(task.scope));
            throw new Error("first");
          });
        }),
      ).rejects.toThrow("first");
      expect(log).toEqual(["cleaned up"]);
      expect(clock.now()).toBe(25);
    });
  });

  test("keeps the caller's scope out of a cancelled group", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup((group) => group.cancel("over"));
      await sleep(1);
      expect(clock.now()).toBe(1);
    });
  });

  test("names its scope", async () => {
    await taskGroup((group) => expect(group.scope.name).toBe("crawl"), { name: "crawl" });
  });

  ambientTest(
    "makes its scope the body's and each child's own the child's (needs ambient scopes)",
    async () => {
      await taskGroup((group) => {
        expect(CancelScope.current).toBe(group.scope);
        group.spawn(async (task) => {
          expect(CancelScope.current).toBe(task.scope);
          await sleep(0);
          expect(CancelScope.current).toBe(task.scope);
        });
      });
    },
  );
});

describe("spawn()", () => {
  test("calls the function at once, with the task registered already", async () => {
    await taskGroup((group) => {
      const log: unknown[] = [];
      const task = group.spawn(async (self) => void log.push(self.status, group.size));
      log.push("spawned");
      expect(log).toEqual(["running", 1, "spawned"]);
      expect(task.status).toBe("running");
    });
  });

  test("gives the function the task that it returns", async () => {
    await taskGroup(async (group) => {
      let given: Task<unknown> | undefined;
      const task = group.spawn(async (self) => {
        given = self;
      });
      expect(given).toBe(task);
      await task;
    });
  });

  test("takes a synchronous throw for the child's failure", async () => {
    const error = new Error("at once");
    const spawned: string[] = [];
    await expect(
      taskGroup((group) => {
        group.spawn(() => {
          throw error;
        });
        spawned.push("the body goes on");
      }),
    ).rejects.toBe(error);
    expect(spawned).toEqual(["the body goes on"]);
  });

  test("calls the function in a cancelled group too, where it ends at its first wait", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      await taskGroup((group) => {
        group.cancel();
        const task = group.spawn(async (self) => {
          log.push("called");
          await sleep(10, at(self.scope));
          log.push("went on");
        });
        expect(task.status).toBe("running");
      });
      expect(log).toEqual(["called"]);
      expect(clock.now()).toBe(0);
    });
  });

  test("throws a ClosedError in a group that has ended, and calls nothing", async () => {
    let ended: TaskGroup | undefined;
    await taskGroup((group) => {
      ended = group;
    });
    let called = false;
    expect(() =>
      ended!.spawn(() => {
        called = true;
      }),
    ).toThrow(ClosedError);
    expect(called).toBe(false);
  });

  test("names the child by its option, else by its function, else by a number", async () => {
    await taskGroup((group) => {
      expect(group.spawn(async function crawl() {}).name).toBe("crawl");
      expect(group.spawn(async function crawl() {}, { name: "other" }).name).toBe("other");
      const task = group.spawn(async () => {});
      expect(task.name).toBe(`task-${task.id}`);
      expect(task.scope.name).toBe(task.name);
    });
  });

  test("lets a child cancel the group in its first step", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup((group) => {
        group.spawn((task) => {
          group.cancel("at once");
          return sleep(10, at(task.scope));
        });
      });
      expect(clock.now()).toBe(0);
    });
  });
});

describe("a daemon", () => {
  test("does not keep the group open, and is cancelled when the others have ended", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      await taskGroup((group) => {
        group.spawn(
          async (task) => {
            try {
              await sleep(Infinity, at(task.scope));
            } finally {
              log.push(`daemon ends at ${clock.now()}`);
            }
          },
          { daemon: true },
        );
        group.spawn((task) => sleep(10, at(task.scope)));
      });
      expect(log).toEqual(["daemon ends at 10"]);
    });
  });

  test("is waited for, cleanup included", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup((group) => {
        group.spawn(
          async (task) => {
            await sleep(Infinity, at(task.scope)).catch(() => {});
            await shield((scope) => sleep(7, at(scope)), { timeoutMs: 100 });
          },
          { daemon: true },
        );
      });
      expect(clock.now()).toBe(7);
    });
  });

  test("fails its group when it fails, as any child does", async () => {
    await withVirtualClock(async (clock) => {
      await expect(
        taskGroup((group) => {
          group.spawn(
            async (task) => {
              await sleep(5, at(task.scope));
              throw new Error("daemon");
            },
            { daemon: true },
          );
          group.spawn((task) => sleep(1_000, at(task.scope)));
        }),
      ).rejects.toThrow("daemon");
      expect(clock.now()).toBe(5);
    });
  });

  test("fails its group when its cleanup fails", async () => {
    await expect(
      taskGroup((group) => {
        group.spawn(
          async (task) => {
            await sleep(Infinity, at(task.scope)).catch(() => {});
            throw new Error("cleanup");
          },
          { daemon: true },
        );
      }),
    ).rejects.toThrow("cleanup");
  });
});

describe("size", () => {
  test("counts who runs, who is queued, and daemons, until they have ended", async () => {
    await withVirtualClock(async () => {
      await taskGroup(
        async (group) => {
          expect(group.size).toBe(0);
          const first = group.spawn((task) => sleep(10, at(task.scope)));
          group.spawn((task) => sleep(10, at(task.scope)));
          expect(group.size).toBe(2);
          group.spawn((task) => sleep(Infinity, at(task.scope)), { daemon: true });
          expect(group.size).toBe(3);
          await first;
          expect(group.size).toBe(2);
        },
        { concurrency: 1 },
      );
    });
  });
});
