import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  failuresOf,
  gather,
  moveOnAfter,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("resolved instead of rejecting"),
    (error: unknown) => error,
  );
}

/** Spawns work of a second, and falls off the end of its body. */
function spawnsAll(scope: CancelScope): Promise<string> {
  return taskGroup((group) => {
    group.spawn((task) => sleep(1_000, at(task.scope)));
    return "done";
  }, at(scope));
}

describe("a failing child", () => {
  test("cancels its siblings and the body, and is thrown as it is", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("no route");
      const log: string[] = [];
      const ended = taskGroup(async (group) => {
        group.spawn(async (task) => {
          await sleep(1_000, at(task.scope)).finally(() => log.push("sibling"));
        });
        group.spawn(async (task) => {
          await sleep(5, at(task.scope));
          throw error;
        });
        await sleep(1_000, at(group.scope)).finally(() => log.push("body"));
      });
      await expect(ended).rejects.toBe(error);
      expect(log.toSorted()).toEqual(["body", "sibling"]);
      expect(clock.now()).toBe(5);
    });
  });

  test("is the reason of the group's cancellation", async () => {
    const error = new Error("no route");
    let reason: unknown;
    await rejection(
      taskGroup(async (group) => {
        group.spawn(async () => {
          throw error;
        });
        await sleep(1_000, at(group.scope)).catch(() => {
          reason = group.scope.reason;
        });
      }),
    );
    expect(reason).toBe(error);
  });

  test("wins over later ones, which are kept in failures and failuresOf()", async () => {
    await withVirtualClock(async () => {
      const first = new Error("first");
      const second = new Error("second");
      const third = new Error("third");
      let opened: { readonly failures: readonly unknown[] } | undefined;
      const error = await rejection(
        taskGroup((group) => {
          opened = group;
          for (const [after, failure] of [
            [30, third],
            [20, second],
          ] as const) {
            group.spawn(async (task) => {
              await sleep(1_000, at(task.scope)).catch(() => {});
              await shield((scope) => sleep(after, at(scope)), { timeoutMs: 100 });
              throw failure;
            });
          }
          group.spawn(async (task) => {
            await sleep(5, at(task.scope));
            expect(group.failures).toEqual([]);
            throw first;
          });
        }),
      );
      expect(error).toBe(first);
      expect(opened!.failures).toEqual([first, second, third]);
      expect(failuresOf(error)).toEqual([first, second, third]);
    });
  });

  test("pitfall 10: is not masked by what cleanup throws, which is not lost either", async () => {
    await withVirtualClock(async () => {
      const first = new Error("first");
      const cleanup = new Error("cleanup");
      const error = await rejection(
        taskGroup((group) => {
          group.spawn(async (task) => {
            try {
              await sleep(1_000, at(task.scope));
            } finally {
              // oxlint-disable-next-line no-unsafe-finally -- what this is about
              throw cleanup;
            }
          });
          group.spawn(() => Promise.reject(first));
        }),
      );
      expect(error).toBe(first);
      expect(failuresOf(error)).toEqual([first, cleanup]);
    });
  });

  test("counts once when siblings fail with the same error", async () => {
    const error = new Error("shared");
    let failures: readonly unknown[] = [];
    await rejection(
      taskGroup((group) => {
        group.spawn(() => Promise.reject(error));
        group.spawn(() => Promise.reject(error));
        group.spawn(async (task) => {
          await sleep(1_000, at(task.scope)).catch(() => {});
          failures = group.failures;
        });
      }),
    );
    expect(failures).toEqual([error]);
  });

  test("wins over the value of the body", async () => {
    const error = new Error("late");
    await expect(
      taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(0, at(task.scope));
          throw error;
        });
        return "body's";
      }),
    ).rejects.toBe(error);
  });

  test("wins over finish(), also after it", async () => {
    await withVirtualClock(async () => {
      const error = new Error("after finish");
      const ended = taskGroup<void, string>(async (group) => {
        group.spawn(async (task) => {
          await sleep(1_000, at(task.scope)).catch(() => {});
          throw error;
        });
        group.finish("finished");
      });
      await expect(ended).rejects.toBe(error);
    });
  });

  test("wins over an outer cancellation, which stays pending", async () => {
    await withVirtualClock(async () => {
      const error = new Error("cleanup");
      const outer = new CancelScope();
      let next: unknown;
      const run = outer.run(async (scope) => {
        const ended = taskGroup((group) => {
          group.spawn(async (task) => {
            await sleep(1_000, at(task.scope)).catch(() => {});
            throw error;
          });
        }, at(scope));
        await expect(ended).rejects.toBe(error);
        next = await rejection(sleep(1, at(scope)));
      });
      outer.cancel("outer");
      await run;
      expect(next).toBeInstanceOf(CancelledError);
      expect((next as CancelledError).reason).toBe("outer");
    });
  });

  test("wins over the group's own timeout", async () => {
    await withVirtualClock(async () => {
      const error = new Error("cleanup");
      const ended = taskGroup(
        (group) => {
          group.spawn(async (task) => {
            await sleep(1_000, at(task.scope)).catch(() => {});
            throw error;
          });
        },
        { timeoutMs: 5 },
      );
      await expect(ended).rejects.toBe(error);
    });
  });

  test("is one when its own deadline has passed", async () => {
    await withVirtualClock(async (clock) => {
      const ended = taskGroup((group) => {
        group.spawn(
          async (task) => {
            task.scope.deadline = 5;
            await sleep(1_000, at(task.scope));
          },
          { name: "late" },
        );
        group.spawn((task) => sleep(1_000, at(task.scope)));
      });
      await expect(ended).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
    });
  });

  test("is one when it rejects with a cancellation that is not its own", async () => {
    const foreign = new CancelledError("somebody else's");
    await expect(
      taskGroup((group) => {
        group.spawn(() => Promise.reject(foreign));
      }),
    ).rejects.toBe(foreign);
  });

  test("is one when it rejects with an AbortError of the platform, uncancelled", async () => {
    const error = new DOMException("closed", "AbortError");
    await expect(
      taskGroup((group) => {
        group.spawn(() => Promise.reject(error));
      }),
    ).rejects.toBe(error);
  });

  test("is none when it rejects with an AbortError of the platform, being cancelled", async () => {
    const first = new Error("first");
    const error = await rejection(
      taskGroup((group) => {
        group.spawn(async (task) => {
          await sleep(1_000, at(task.scope)).catch(() => {});
          throw new DOMException("aborted", "AbortError");
        });
        group.spawn(() => Promise.reject(first));
      }),
    );
    expect(failuresOf(error)).toEqual([first]);
  });
});

describe("a failing body", () => {
  test("cancels the children, and its error is the first failure", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("body");
      const second = new Error("child");
      const got = await rejection(
        taskGroup(async (group) => {
          group.spawn(async (task) => {
            await sleep(1_000, at(task.scope)).catch(() => {});
            throw second;
          });
          await sleep(5, at(group.scope));
          throw error;
        }),
      );
      expect(got).toBe(error);
      expect(failuresOf(got)).toEqual([error, second]);
      expect(clock.now()).toBe(5);
    });
  });

  test("may fail at once", async () => {
    const error = new Error("at once");
    await expect(
      taskGroup(() => {
        throw error;
      }),
    ).rejects.toBe(error);
  });
});

describe('throws: "aggregate"', () => {
  test("gives an AggregateError for one failure as for several, in order of arrival", async () => {
    const one = new Error("one");
    const two = new Error("two");
    const single = await rejection(taskGroup(() => Promise.reject(one), { throws: "aggregate" }));
    expect(single).toBeInstanceOf(AggregateError);
    expect((single as AggregateError).errors).toEqual([one]);
    const both = await rejection(
      taskGroup(
        async (group) => {
          group.spawn(() => Promise.reject(two));
          await sleep(1_000, at(group.scope)).catch(() => {});
          throw one;
        },
        { throws: "aggregate" },
      ),
    );
    expect(both).toBeInstanceOf(AggregateError);
    expect((both as AggregateError).errors).toEqual([two, one]);
  });

  test("changes nothing for a group in which nothing failed", async () => {
    expect(await taskGroup(() => 1, { throws: "aggregate" })).toBe(1);
    const error = await rejection(
      taskGroup(
        (group) => {
          group.cancel("why");
          return sleep(1, at(group.scope));
        },
        { throws: "aggregate" },
      ),
    );
    expect(error).toBeInstanceOf(CancelledError);
  });
});

describe("a child cancelled alone", () => {
  test("is no failure of its group", async () => {
    await withVirtualClock(async (clock) => {
      const value = await taskGroup(async (group) => {
        const child = group.spawn((task) => sleep(1_000, at(task.scope)));
        group.spawn((task) => sleep(10, at(task.scope)));
        await sleep(5, at(group.scope));
        child.cancel("not needed");
        expect(group.failures).toEqual([]);
        return "done";
      });
      expect(value).toBe("done");
      expect(clock.now()).toBe(10);
    });
  });

  test("still fails its group when its cleanup fails", async () => {
    const error = new Error("cleanup");
    await expect(
      taskGroup((group) => {
        const child = group.spawn(async (task) => {
          await sleep(1_000, at(task.scope)).catch(() => {});
          throw error;
        });
        child.cancel();
      }),
    ).rejects.toBe(error);
  });
});

describe("finish()", () => {
  test("cancels what still runs, and the group ends with its value", async () => {
    await withVirtualClock(async (clock) => {
      const value = await taskGroup<void, string>(async (group) => {
        group.spawn(async (task) => {
          await sleep(5, at(task.scope));
          group.finish("found");
        });
        await sleep(1_000, at(group.scope));
      });
      expect(value).toBe("found");
      expect(clock.now()).toBe(5);
    });
  });

  test("counts when it is called first, and wins over the body's value", async () => {
    const value = await taskGroup<string, string>((group) => {
      group.finish("one");
      group.finish("two");
      return "body's";
    });
    expect(value).toBe("one");
  });

  test("counts with undefined, too", async () => {
    const value = await taskGroup<string, undefined>((group) => {
      group.finish(undefined);
      return "body's";
    });
    expect(value).toBeUndefined();
  });

  test("wins over the group's own cancellation and timeout", async () => {
    await withVirtualClock(async () => {
      const value = await taskGroup<void, string>(
        async (group) => {
          await sleep(10, at(group.scope)).catch(() => {});
          group.finish("after the timeout");
          await sleep(10, at(group.scope));
        },
        { timeoutMs: 5 },
      );
      expect(value).toBe("after the timeout");
    });
  });

  test("yields to an outer cancellation that is visible", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const ended = taskGroup<void, string>(
        async (group) => {
          await sleep(10, at(group.scope)).catch(() => {});
          group.finish("too late");
          await sleep(10, at(group.scope));
        },
        { signal: controller.signal },
      );
      controller.abort("outer");
      await expect(ended).rejects.toBe("outer");
    });
  });
});

describe("the value of a body that returned", () => {
  test("is the group's, also when the group was cancelled", async () => {
    await withVirtualClock(async () => {
      const value = await taskGroup((group) => {
        group.spawn((task) => sleep(1_000, at(task.scope)));
        group.cancel("enough");
        return "body's";
      });
      expect(value).toBe("body's");
    });
  });

  test("is not the group's when its time or the outside has cut a child short", async () => {
    await withVirtualClock(async () => {
      const late = taskGroup(
        (group) => {
          group.spawn((task) => sleep(1_000, at(task.scope)));
          return "body's";
        },
        { timeoutMs: 5 },
      );
      await expect(late).rejects.toBeInstanceOf(TimeoutError);
      const controller = new AbortController();
      const cancelled = taskGroup(
        (group) => {
          group.spawn((task) => sleep(1_000, at(task.scope)));
          return "body's";
        },
        { signal: controller.signal },
      );
      controller.abort("enough");
      await expect(cancelled).rejects.toBe("enough");
    });
  });

  test("is not the group's when a child in line was never begun for that", async () => {
    await withVirtualClock(async () => {
      const late = taskGroup(
        (group) => {
          group.spawn((task) => sleep(1_000, at(task.scope)).catch(() => {}));
          group.spawn(() => expect.fail("begun"));
          return "body's";
        },
        { timeoutMs: 5, concurrency: 1 },
      );
      await expect(late).rejects.toBeInstanceOf(TimeoutError);
    });
  });

  test("does not hide a timeout around the group", async () => {
    await withVirtualClock(async (clock) => {
      await expect(timeout(5, spawnsAll)).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
      expect(await timeout(5_000, spawnsAll)).toBe("done");
    });
  });

  test("does not keep moveOnAfter() around the group from moving on", async () => {
    await withVirtualClock(async () => {
      expect(await moveOnAfter(5, spawnsAll, { fallback: () => "moved on" })).toBe("moved on");
      expect(await moveOnAfter(5, spawnsAll)).toBe(undefined);
    });
  });

  test("does not hide a cancellation of gather() around the group", async () => {
    await withVirtualClock(async () => {
      await expect(gather([spawnsAll], { timeoutMs: 5 })).rejects.toBeInstanceOf(TimeoutError);
      const error = new Error("sibling");
      const failing = gather([
        spawnsAll,
        (scope) => sleep(5, at(scope)).then(() => Promise.reject(error)),
      ]);
      await expect(failing).rejects.toBe(error);
      expect(failuresOf(error)).toEqual([error]);
    });
  });

  test("is the group's when its time was over, but no child was cut short", async () => {
    await withVirtualClock(async () => {
      const late = taskGroup(
        (group) => {
          group.spawn((task) => sleep(1_000, at(task.scope)).catch(() => {}));
          group.spawn((task) => sleep(1_000, at(task.scope))).cancel("alone");
          group.spawn((task) => sleep(1_000, at(task.scope)), { daemon: true });
          return "body's";
        },
        { timeoutMs: 5 },
      );
      expect(await late).toBe("body's");
    });
  });

  test("is the group's when it was cut short by its own cancel()", async () => {
    await withVirtualClock(async () => {
      const ended = taskGroup((group) => {
        group.spawn((task) => sleep(1_000, at(task.scope)));
        group.cancel();
        return "body's";
      });
      expect(await ended).toBe("body's");
    });
  });
});

describe("an outer cancellation", () => {
  test("by a foreign signal ends the group with the raw reason", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const reason = new Error("shutdown");
      const log: string[] = [];
      const ended = taskGroup(
        async (group) => {
          group.spawn((task) => sleep(1_000, at(task.scope)).finally(() => log.push("child")));
          await sleep(1_000, at(group.scope));
        },
        { signal: controller.signal },
      );
      await sleep(5);
      controller.abort(reason);
      await expect(ended).rejects.toBe(reason);
      expect(log).toEqual(["child"]);
      expect(clock.now()).toBe(5);
    });
  });

  test("by an outer scope ends the group with that scope's CancelledError", async () => {
    await withVirtualClock(async () => {
      const outer = new CancelScope();
      const run = outer.run((scope) =>
        taskGroup((group) => sleep(1_000, at(group.scope)), at(scope)),
      );
      outer.cancel("outer");
      const error = await rejection(run);
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).reason).toBe("outer");
    });
  });

  test("wins over the group's own timeout and cancel()", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const ended = taskGroup(
        async (group) => {
          group.cancel("own");
          await sleep(10, at(group.scope)).catch(() => {});
          controller.abort("outer");
          await sleep(10, at(group.scope));
        },
        { signal: controller.signal, timeoutMs: 0 },
      );
      await expect(ended).rejects.toBe("outer");
    });
  });

  test("by a signal that is aborted already still calls the body, which ends at its first wait", async () => {
    const log: string[] = [];
    const ended = taskGroup(
      async (group) => {
        log.push("called");
        await sleep(10, at(group.scope));
        log.push("went on");
      },
      { signal: AbortSignal.abort("before") },
    );
    await expect(ended).rejects.toBe("before");
    expect(log).toEqual(["called"]);
  });
});

describe("its own time", () => {
  test("ends the group with a TimeoutError that names it", async () => {
    await withVirtualClock(async (clock) => {
      const ended = taskGroup((group) => sleep(1_000, at(group.scope)), {
        name: "crawl",
        timeoutMs: 5,
      });
      const error = await rejection(ended);
      expect(error).toBeInstanceOf(TimeoutError);
      expect((error as TimeoutError).scopeName).toBe("crawl");
      expect((error as TimeoutError).message).toContain("5 ms");
      expect(clock.now()).toBe(5);
    });
  });

  test("cancels the children, which are waited for", async () => {
    await withVirtualClock(async (clock) => {
      const ended = taskGroup(
        async (group) => {
          group.spawn(async (task) => {
            await sleep(1_000, at(task.scope)).catch(() => {});
            await shield((scope) => sleep(20, at(scope)), { timeoutMs: 100 });
          });
          await sleep(1_000, at(group.scope));
        },
        { timeoutMs: 5 },
      );
      await expect(ended).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(25);
    });
  });
});

describe("cancel()", () => {
  test("ends the group with its CancelledError, an ordinary rejection outside", async () => {
    await withVirtualClock(async () => {
      const error = await rejection(
        taskGroup(async (group) => {
          group.cancel("enough");
          await sleep(1, at(group.scope));
        }),
      );
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).reason).toBe("enough");
      await expect(
        taskGroup((group) => {
          group.spawn(() => Promise.reject(error));
        }),
      ).rejects.toBe(error);
    });
  });

  test("counts the first reason", async () => {
    const error = await rejection(
      taskGroup(async (group) => {
        group.cancel("first");
        group.cancel("second");
        await sleep(1, at(group.scope));
      }),
    );
    expect((error as CancelledError).reason).toBe("first");
  });
});
