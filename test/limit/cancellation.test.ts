import { describe, expect, test } from "vitest";
import { CancelScope, limit, sleep, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("a call whose signal aborts", () => {
  test("pitfall 6: leaves the line at once with the raw reason, and never begins", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      const first = one(() => sleep(100));
      const controller = new AbortController();
      const reason = new Error("changed my mind");
      let called = false;
      const waiting = one(
        () => {
          called = true;
        },
        { signal: controller.signal },
      );
      await sleep(20);
      controller.abort(reason);
      await expect(waiting).rejects.toBe(reason);
      expect(clock.now()).toBe(20);
      expect([one.active, one.pending]).toEqual([1, 0]);
      await first;
      await one.onIdle();
      expect(called).toBe(false);
    });
  });

  test("before it was made takes nothing, also when there is a place", async () => {
    const one = limit(1);
    let called = false;
    const call = one(
      () => {
        called = true;
      },
      { signal: AbortSignal.abort("before") },
    );
    expect([one.active, one.pending]).toEqual([0, 0]);
    await expect(call).rejects.toBe("before");
    expect(called).toBe(false);
  });

  test("after it has begun goes on, and gives its value", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const controller = new AbortController();
      const atOnce = one(() => sleep(10).then(() => "at once"), { signal: controller.signal });
      const queued = one(() => sleep(10).then(() => "queued"), { signal: controller.signal });
      await sleep(15);
      controller.abort();
      expect(await Promise.all([atOnce, queued])).toEqual(["at once", "queued"]);
    });
  });

  test("in the step in which it is handed a place never begins, and the place goes on", async () => {
    const one = limit(1);
    const controller = new AbortController();
    const log: string[] = [];
    const first = one(async () => {});
    const second = one(() => log.push("second"), { signal: controller.signal });
    const third = one(() => log.push("third"));
    // Runs after the hand-over and before the call has begun.
    void first.then(() => controller.abort("just in time"));
    const [outcome] = await Promise.allSettled([second, third]);
    await one.onIdle();
    // Either it had begun, or it was cancelled: never both, and never a lost place.
    expect(log).toEqual(outcome.status === "fulfilled" ? ["second", "third"] : ["third"]);
    expect([one.active, one.pending]).toEqual([0, 0]);
  });

  test("from inside the function that frees the place never begins, and the place goes on", async () => {
    const one = limit(1);
    const controller = new AbortController();
    const log: string[] = [];
    const first = one(async () => {
      await Promise.resolve();
      controller.abort("in time");
    });
    const second = one(() => log.push("second"), { signal: controller.signal });
    const third = one(() => log.push("third"));
    await expect(second).rejects.toBe("in time");
    await Promise.all([first, third]);
    expect(log).toEqual(["third"]);
  });

  test("from an abort listener that ran before the library's own never begins", async () => {
    const one = limit(1);
    const controller = new AbortController();
    const log: string[] = [];
    const held = deferred();
    const first = one(() => held.promise);
    // Makes a place while the signal has aborted already, but nobody else has heard of it.
    controller.signal.addEventListener("abort", () => {
      one.concurrency = 2;
    });
    const second = one(() => log.push("second"), { signal: controller.signal });
    const third = one(() => log.push("third"));
    controller.abort("gone");
    await expect(second).rejects.toBe("gone");
    await third;
    held.resolve();
    await first;
    expect(log).toEqual(["third"]);
  });
});

describe("pitfall 1: the place of a call", () => {
  test("is held by timed-out work until that has really ended", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      let running = 0;
      let most = 0;
      // Deaf to its signal, as much of what one waits for is.
      const work = async (): Promise<void> => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => {
          void sleep(60, { signal: new AbortController().signal }).then(resolve, resolve);
        });
        running--;
      };
      const calls = await Promise.allSettled(
        [1, 2, 3].map(() => timeout(10, (scope) => one(work, at(scope)))),
      );
      await one.onIdle();
      expect(most).toBe(1);
      expect(calls.map(({ status }) => status)).toContain("rejected");
      expect([one.active, one.pending]).toEqual([0, 0]);
    });
  });

  test("is held while cancelled work cleans up", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      const starts: number[] = [];
      const first = timeout(10, (scope) =>
        one(async () => {
          try {
            await sleep(1_000, at(scope));
          } finally {
            await new CancelScope({ shield: true }).run((inner) => sleep(50, at(inner)));
          }
        }, at(scope)),
      );
      const second = one(() => starts.push(clock.now()));
      await expect(first).rejects.toBeInstanceOf(TimeoutError);
      await second;
      expect(starts).toEqual([60]);
    });
  });
});

describe("a cancelled scope", () => {
  test("takes its calls out of the line", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const first = one(() => sleep(100));
      const scope = new CancelScope();
      let called = false;
      const run = scope.run(() =>
        one(() => {
          called = true;
        }, at(scope)),
      );
      expect(one.pending).toBe(1);
      scope.cancel("over");
      expect(one.pending).toBe(0);
      await expect(run).rejects.toMatchObject({ reason: "over" });
      await first;
      expect(called).toBe(false);
    });
  });

  test("begins no further call, also when there is a place", async () => {
    const one = limit(1);
    const scope = new CancelScope();
    let called = false;
    const run = scope.run(() => {
      scope.cancel("over");
      return one(() => {
        called = true;
      }, at(scope));
    });
    await expect(run).rejects.toMatchObject({ reason: "over" });
    expect(called).toBe(false);
    expect(one.active).toBe(0);
  });

  test("lets the calls of others be", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const log: string[] = [];
      const failing = taskGroup((group) => {
        group.spawn((task) => one(() => sleep(10), at(task.scope)));
        group.spawn((task) => one(() => void log.push("of the group"), at(task.scope)));
        group.spawn(async (task) => {
          await sleep(5, at(task.scope));
          throw new Error("no");
        });
      });
      const other = one(() => log.push("other's"));
      await expect(failing).rejects.toThrow("no");
      await other;
      expect(log).toEqual(["other's"]);
    });
  });

  ambientTest("cancels the work of a call that waited in it (needs ambient scopes)", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      void one(() => sleep(10));
      const call = timeout(30, () => one(() => sleep(1_000)));
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(30);
    });
  });

  test("onIdle() is a wait in it as any other", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      one(() => sleep(100)).catch(() => {});
      await expect(timeout(10, (scope) => one.onIdle(at(scope)))).rejects.toBeInstanceOf(
        TimeoutError,
      );
      expect(clock.now()).toBe(10);
    });
  });
});

test("a cancelled wait in line that nobody handles is no unhandled rejection", async () => {
  const unhandled = await unhandledDuring(async () => {
    const one = limit(1);
    const controller = new AbortController();
    const first = one(async () => {});
    void one(() => {}, { signal: controller.signal });
    controller.abort();
    await first;
  });
  expect(unhandled).toEqual([]);
});

test("a call that is handed a place and then cancelled, and that nobody handles, is no unhandled rejection", async () => {
  let called = false;
  const unhandled = await unhandledDuring(async () => {
    const one = limit(1);
    const held = deferred();
    const controller = new AbortController();
    const first = one(() => held.promise);
    void one(
      () => {
        called = true;
      },
      { signal: controller.signal },
    );
    // Handed over in this step, to begin in a later one.
    one.concurrency = 2;
    expect(one.pending).toBe(0);
    controller.abort("gone");
    held.resolve();
    await first;
    await one.onIdle();
    expect([one.active, one.pending]).toEqual([0, 0]);
  });
  expect(unhandled).toEqual([]);
  expect(called).toBe(false);
});
