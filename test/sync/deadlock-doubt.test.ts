// What is not refused: whatever could still go ahead.
import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import {
  Mutex,
  type Permit,
  race,
  RwLock,
  Semaphore,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest } from "../support/mode.ts";
import { exclusives } from "./subjects.ts";

describe.each(exclusives)("%s: nobody is refused", (_, make) => {
  test("of several calls that one task makes at once", async () => {
    await withVirtualClock(async () => {
      const lock = make();
      const outer = new Mutex();
      const log: string[] = [];
      const both = (name: string): Promise<unknown> =>
        Promise.all([1, 2].map((i) => lock.run(() => sleep(1).then(() => log.push(name + i)))));
      await both("a");
      await taskGroup((group) => void group.spawn(() => both("b")));
      await outer.run(() => both("c"));
      expect(log).toEqual(["a1", "a2", "b1", "b2", "c1", "c2"]);
    });
  });

  test("who is a child of a group around the section, though spawned in it", async () => {
    await withVirtualClock(async () => {
      const lock = make();
      const log: string[] = [];
      await taskGroup(async (group) => {
        await lock.run(async () => {
          group.spawn(() => lock.run(() => log.push("child")));
          await sleep(1);
          group.spawn(() => sleep(1).then(() => lock.run(() => log.push("later child"))));
          await sleep(5);
          log.push("section");
        });
      });
      expect(log).toEqual(["section", "child", "later child"]);
    });
  });

  test("who was started in the section and then moved to a group around it", async () => {
    await withVirtualClock(async () => {
      const lock = make();
      const log: string[] = [];
      await taskGroup(async (group) => {
        await lock.run(async () => {
          await group.start(async (started) => {
            started();
            await lock.run(() => log.push("child"));
            await sleep(1);
            await lock.run(() => log.push("child again"));
          });
          await sleep(5);
          log.push("section");
        });
      });
      expect(log).toEqual(["section", "child", "child again"]);
    });
  });

  test("who waits for one that waited itself, and has got what it waited for", async () => {
    const [lock, other] = [make(), make()];
    const held = lock.tryAcquire()!;
    const hold = deferred();
    const section = other.run(() => Promise.all([lock.run(() => {}), hold.promise]));
    expect(lock.figures()).toEqual([1, 1]);
    held.release();
    await turn();
    const nested = lock.run(() => other.run(() => "went on"));
    expect(other.figures()).toEqual([1, 1]);
    hold.resolve();
    expect(await nested).toBe("went on");
    await section;
  });

  test("who waits for one that holds it by acquire()", async () => {
    await withVirtualClock(async () => {
      const [lock, other] = [make(), new Mutex()];
      const permit = await lock.acquire();
      const section = other.run(() => lock.run(() => "went on"));
      await sleep(1);
      expect(lock.figures()).toEqual([1, 1]);
      permit.release();
      expect(await section).toBe("went on");
    });
  });
});

test("nobody is refused who waits for permits that were taken away, and may come back", async () => {
  const two = new Semaphore(2);
  const section = two.run(() => {
    two.resize(1);
    return two.run(() => "let in");
  });
  await turn();
  expect([two.available, two.waiting]).toEqual([0, 1]);
  two.resize(2);
  expect(await section).toBe("let in");
});

/** Two tasks that take two locks in opposite orders, of which the first can give up. */
async function circle(first: (fn: () => Promise<unknown>) => Promise<unknown>): Promise<unknown[]> {
  const [a, b] = [new Mutex(), new Mutex()];
  const ends: unknown[] = [];
  await withVirtualClock((clock) =>
    taskGroup((group) => {
      group.spawn(() =>
        a
          .run(() => sleep(1).then(() => first(() => b.run(() => {}))))
          .catch((error: unknown) => ends.push([error, clock.now()])),
      );
      group.spawn(() =>
        b
          .run(() => sleep(2).then(() => a.run(() => {})))
          .then(() => ends.push(["done", clock.now()])),
      );
    }),
  );
  return ends;
}

test("nobody is refused who waits for permits that there are none of yet", async () => {
  const none = new Semaphore(0);
  const section = new Mutex().run(() => none.run(() => "let in"));
  await turn();
  expect(none.waiting).toBe(1);
  none.resize(1);
  expect(await section).toBe("let in");
});

describe("a circle is not refused (needs ambient scopes)", () => {
  ambientTest("when a wait in it has a deadline of its own", async () => {
    const ends = await circle((wait) => timeout(10, wait));
    expect(ends).toEqual([
      [expect.any(TimeoutError), 11],
      ["done", 11],
    ]);
  });

  ambientTest("when a deadline is set around all of it", async () => {
    const all = withVirtualClock(() => {
      const [a, b] = [new Mutex(), new Mutex()];
      return taskGroup(
        (group) => {
          group.spawn(() => a.run(() => sleep(1).then(() => b.run(() => {}))));
          group.spawn(() => b.run(() => sleep(2).then(() => a.run(() => {}))));
        },
        { timeoutMs: 50 },
      );
    });
    await expect(all).rejects.toBeInstanceOf(TimeoutError);
  });

  ambientTest("when a wait in it has a foreign signal", async () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const controller = new AbortController();
    const ends: unknown[] = [];
    await withVirtualClock(() =>
      taskGroup((group) => {
        group.spawn(() =>
          a.run(() => sleep(1).then(() => b.run(() => {}, controller))).catch((e) => ends.push(e)),
        );
        group.spawn(() =>
          b.run(() => sleep(2).then(() => a.run(() => "done"))).then((end) => ends.push(end)),
        );
        group.spawn(() => sleep(3).then(() => controller.abort("gave up")));
      }),
    );
    expect(ends).toEqual(["gave up", "done"]);
  });

  ambientTest("when a foreign signal is given to a scope around it", async () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const controller = new AbortController();
    const all = withVirtualClock(() =>
      taskGroup(
        (group) => {
          group.spawn(() => a.run(() => sleep(1).then(() => b.run(() => {}))));
          group.spawn(() => b.run(() => sleep(2).then(() => a.run(() => {}))));
          group.spawn(() => sleep(3).then(() => controller.abort("gave up")));
        },
        { signal: controller.signal },
      ),
    );
    await expect(all).rejects.toBe("gave up");
  });

  ambientTest("when a task in it waits for something else as well, which is faster", async () => {
    const ends = await circle((wait) => race<unknown>([wait, () => sleep(10)]));
    expect(ends).toEqual([["done", 11]]);
  });

  ambientTest("when somebody in it holds by acquire()", async () => {
    await withVirtualClock(async () => {
      const [a, b] = [new Mutex(), new Mutex()];
      let permit: Permit | undefined;
      await taskGroup((group) => {
        group.spawn(async () => {
          permit = await a.acquire();
          await sleep(1);
          await b.run(() => {});
        });
        group.spawn(() => b.run(() => sleep(2).then(() => a.run(() => {}))));
        group.spawn(() => sleep(3).then(() => permit!.release()));
      });
      expect([a.locked, b.locked]).toEqual([false, false]);
    });
  });

  ambientTest("when one of those who hold the permits is in no circle", async () => {
    await withVirtualClock(async (clock) => {
      const two = new Semaphore(2);
      const mutex = new Mutex();
      await taskGroup((group) => {
        group.spawn(() => two.run(() => sleep(20)));
        group.spawn(() => two.run(() => sleep(1).then(() => mutex.run(() => {}))));
        group.spawn(() => mutex.run(() => sleep(2).then(() => two.run(() => {}))));
      });
      expect(clock.now()).toBe(20);
    });
  });

  ambientTest("when it ends with somebody who was found to be free, on another way", async () => {
    await withVirtualClock(async (clock) => {
      const [p, l] = [new Semaphore(3), new Semaphore(2)];
      let got = -1;
      await taskGroup((group) => {
        // Goes on at 20, and all the others after it.
        group.spawn(() => l.run(() => sleep(20)), { name: "z" });
        group.spawn(() => p.run(() => sleep(2).then(() => l.run(() => {}))), { name: "x" });
        group.spawn(
          () => p.run(() => l.run(() => sleep(1).then(() => p.run(() => {}, { weight: 2 })))),
          { name: "y" },
        );
        group.spawn(() =>
          new Mutex().run(async () => {
            await sleep(3);
            await p.run(
              () => {
                got = clock.now();
              },
              { weight: 3 },
            );
          }),
        );
      });
      expect(got).toBe(20);
    });
  });

  ambientTest("when a writer in the way of a reader gives up in time", async () => {
    await withVirtualClock(async (clock) => {
      const lock = new RwLock();
      await taskGroup((group) => {
        group.spawn(() =>
          lock.read.run(async () => {
            await sleep(2);
            await lock.read.run(() => {});
            expect(clock.now()).toBe(11);
          }),
        );
        group.spawn(async () => {
          await sleep(1);
          const write = timeout(10, () => lock.write.run(() => {}));
          await expect(write).rejects.toBeInstanceOf(TimeoutError);
        });
      });
    });
  });
});
