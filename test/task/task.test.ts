import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  shield,
  sleep,
  type Task,
  taskGroup,
  TaskGroup,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

/** A group whose failure is beside the point. */
async function quiet(body: Parameters<typeof taskGroup<void>>[0]): Promise<void> {
  await taskGroup<void>(body).catch(() => {});
}

describe("status", () => {
  test("is running, then succeeded", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(async () => "value");
      expect(task.status).toBe("running");
      await task;
      expect(task.status).toBe("succeeded");
    });
  });

  test("is failed for who threw", async () => {
    let task: Task<never> | undefined;
    await quiet((group) => {
      task = group.spawn(() => Promise.reject(new Error("no")));
    });
    expect(task!.status).toBe("failed");
  });

  test("is failed for who threw a foreign AbortError before the cancellation came, while a group of its still ends", async () => {
    await withVirtualClock(async (clock) => {
      const error = new DOMException("foreign", "AbortError");
      let child: Task<never> | undefined;
      const reports = await reportsDuring(async () => {
        const ended = taskGroup(async (group) => {
          child = group.spawn(async (task): Promise<never> => {
            const inner = new TaskGroup({ name: "inner", ...at(task.scope) });
            inner.spawn(async ({ scope }) => {
              await sleep(1_000, at(scope)).catch(() => {});
              await shield((cleanup) => sleep(20, at(cleanup)), { timeoutMs: 100 });
            });
            throw error;
          });
          await clock.advance(10);
          expect(child.status).toBe("running");
          child.cancel("too late");
        });
        await expect(ended).rejects.toBe(error);
      });
      expect(child!.status).toBe("failed");
      await expect(child).rejects.toBe(error);
      expect(reports).toEqual([expect.stringContaining("inner was still open")]);
      expect(clock.now()).toBe(20);
    });
  });

  test("is cancelled for who was interrupted by the cancellation", async () => {
    let task: Task<void> | undefined;
    await taskGroup((group) => {
      task = group.spawn((self) => sleep(1_000, at(self.scope)));
      task.cancel();
    });
    expect(task!.status).toBe("cancelled");
  });

  test("is succeeded for who returned in spite of the cancellation", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(async (self) => {
        await sleep(1_000, at(self.scope)).catch(() => {});
        return "anyway";
      });
      task.cancel();
      expect(await task).toBe("anyway");
      expect(task.status).toBe("succeeded");
    });
  });

  test("is failed for who let its own deadline pass", async () => {
    await withVirtualClock(async () => {
      let task: Task<void> | undefined;
      await quiet((group) => {
        task = group.spawn((self) => {
          self.scope.deadline = 5;
          return sleep(1_000, at(self.scope));
        });
      });
      expect(task!.status).toBe("failed");
      expect(() => task!.result()).toThrow(TimeoutError);
    });
  });

  test("is queued in a full group, then cancelled when it never ran", async () => {
    let task: Task<string> | undefined;
    await taskGroup(
      (group) => {
        group.spawn((self) => sleep(1_000, at(self.scope)));
        task = group.spawn(() => "never");
        expect(task.status).toBe("queued");
        group.cancel();
      },
      { concurrency: 1 },
    );
    expect(task!.status).toBe("cancelled");
  });
});

describe("id", () => {
  test("is unique", async () => {
    await taskGroup((group) => {
      const ids = [group.spawn(() => {}), group.spawn(() => {}), group.spawn(() => {})].map(
        ({ id }) => id,
      );
      expect(new Set(ids).size).toBe(3);
    });
  });
});

describe("result()", () => {
  test("gives the value of a child that has succeeded", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(async () => 42);
      await task;
      expect(task.result()).toBe(42);
    });
  });

  test("throws what the child rejected with", async () => {
    const error = new Error("no");
    let task: Task<never> | undefined;
    await quiet((group) => {
      task = group.spawn(() => Promise.reject(error));
    });
    expect(() => task!.result()).toThrow(error);
  });

  test("throws the CancelledError of a child that was cancelled", async () => {
    let task: Task<void> | undefined;
    await taskGroup((group) => {
      task = group.spawn((self) => sleep(1_000, at(self.scope)));
      task.cancel("why");
    });
    expect(() => task!.result()).toThrow(expect.objectContaining({ reason: "why" }));
  });

  test("throws a TypeError, with name and status, while the child has not ended", async () => {
    await taskGroup(
      (group) => {
        const running = group.spawn((self) => sleep(0, at(self.scope)), { name: "first" });
        const queued = group.spawn(() => {}, { name: "second" });
        expect(() => running.result()).toThrow(/"first".*running/);
        expect(() => running.result()).toThrow(TypeError);
        expect(() => queued.result()).toThrow(/"second".*queued/);
      },
      { concurrency: 1 },
    );
  });
});

describe("awaiting a task", () => {
  test("gives its value, also after its end, also to several", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(async () => "value");
      expect(await Promise.all([task, task])).toEqual(["value", "value"]);
      expect(await task).toBe("value");
    });
  });

  test("tells those who wait in the order in which they came", async () => {
    await withVirtualClock(async () => {
      const order: number[] = [];
      await taskGroup(async (group) => {
        const task = group.spawn((self) => sleep(5, at(self.scope)));
        await Promise.all([0, 1, 2].map((i) => task.then(() => order.push(i))));
      });
      expect(order).toEqual([0, 1, 2]);
    });
  });

  test("rejects with the child's error", async () => {
    const error = new Error("no");
    await quiet(async (group) => {
      const task = group.spawn(() => Promise.reject(error));
      await expect(Promise.resolve(task)).rejects.toBe(error);
    });
  });

  test("rejects with the CancelledError of a child that was cancelled alone", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn((self) => sleep(1_000, at(self.scope)));
      task.cancel("why");
      const error = await task.then(
        () => expect.fail("resolved"),
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).reason).toBe("why");
    });
  });

  test("fails the group when the body lets a cancelled child's error out", async () => {
    const ended = taskGroup(async (group) => {
      const task = group.spawn((self) => sleep(1_000, at(self.scope)));
      task.cancel("why");
      await task;
    });
    await expect(ended).rejects.toMatchObject({ name: "AbortError", reason: "why" });
  });

  test("leaves it running when the waiting scope is cancelled", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const task = group.spawn(async (self) => {
          await sleep(20, at(self.scope));
          return "value";
        });
        const waiter = new CancelScope();
        const waiting = waiter.run((scope) => task.wait(at(scope)));
        await sleep(5, at(group.scope));
        waiter.cancel("tired");
        await expect(waiting).rejects.toMatchObject({ reason: "tired" });
        expect(task.status).toBe("running");
        expect(await task).toBe("value");
        expect(clock.now()).toBe(20);
      });
    });
  });

  test("is a cancel point also when it has ended", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => "value");
      await task;
      const scope = new CancelScope();
      scope.cancel("before");
      await expect(scope.run(() => task.wait(at(scope)))).rejects.toMatchObject({
        reason: "before",
      });
    });
  });

  test("calls no handler but the one that fits, and passes on without one", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => 1);
      expect(await task.then((value) => value + 1)).toBe(2);
      expect(await task.then(null, () => 2)).toBe(1);
    });
  });

  test("reaches the value through several promises", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(async () => "value");
      expect(await Promise.all([task, task.wait()])).toEqual(["value", "value"]);
      expect(await (async () => task)()).toBe("value");
    });
  });
});

describe("wait()", () => {
  test("rejects with its signal's reason, as it is, and leaves the child running", async () => {
    await withVirtualClock(async () => {
      await taskGroup(async (group) => {
        const task = group.spawn((self) => sleep(20, at(self.scope)));
        const controller = new AbortController();
        const waiting = task.wait({ signal: controller.signal });
        controller.abort("tired");
        await expect(waiting).rejects.toBe("tired");
        expect(task.status).toBe("running");
      });
    });
  });

  test("rejects at once for a signal that is aborted, also when the child has ended", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => "value");
      await task;
      await expect(task.wait({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    });
  });

  test("refuses what is no signal", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => "value");
      await expect(task.wait({ signal: {} as AbortSignal })).rejects.toThrow(TypeError);
    });
  });
});

describe("cancel()", () => {
  test("cancels the child alone", async () => {
    await withVirtualClock(async (clock) => {
      await taskGroup(async (group) => {
        const one = group.spawn((self) => sleep(1_000, at(self.scope)));
        const other = group.spawn((self) => sleep(10, at(self.scope)));
        one.cancel();
        await other;
        expect([one.status, other.status]).toEqual(["cancelled", "succeeded"]);
        expect(group.scope.cancelled).toBe(false);
      });
      expect(clock.now()).toBe(10);
    });
  });

  test("does nothing after the end", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => "value");
      await task;
      task.cancel();
      expect(task.status).toBe("succeeded");
      expect(task.result()).toBe("value");
    });
  });
});
