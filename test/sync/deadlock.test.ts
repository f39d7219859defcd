// What can be seen of a call alone: it is awaited in a section that has to end before it can go ahead.
import { turn } from "../support/turn.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  CancelScope,
  Condition,
  DeadlockError,
  detached,
  KeyedMutex,
  Mutex,
  RwLock,
  Semaphore,
  setDeadlockDetection,
  sleep,
  taskGroup,
  timeout,
} from "corral";
import { deferred } from "../support/deferred.ts";
import { ambientTest } from "../support/mode.ts";
import { exclusives } from "./subjects.ts";

beforeEach(() => {
  setDeadlockDetection(true);
});

afterEach(() => {
  setDeadlockDetection(true);
});

describe.each(exclusives)("%s: a call that is awaited in a section of its own", (_, make) => {
  test("is refused without any scope, and leaves the line as it was", async () => {
    const lock = make();
    let called = false;
    const section = lock.run(async () => {
      const nested = lock.run(() => {
        called = true;
      });
      expect(lock.figures()).toEqual([1, 1]);
      await expect(nested).rejects.toBeInstanceOf(DeadlockError);
      expect(lock.figures()).toEqual([1, 0]);
      return "the section goes on";
    });
    expect(await section).toBe("the section goes on");
    expect([called, lock.figures()]).toEqual([false, [0, 0]]);
    expect(await lock.run(() => "works")).toBe("works");
  });

  test("ends the section when nobody catches it, and the next in line goes on", async () => {
    const lock = make();
    const nested = lock.run(() => lock.run(() => {}));
    const next = lock.run(() => "next");
    await expect(nested).rejects.toBeInstanceOf(DeadlockError);
    expect(await next).toBe("next");
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("is refused however it is awaited", async () => {
    const lock = make();
    const nested = (): Promise<unknown> => lock.run(() => {});
    const ways: (() => unknown)[] = [
      () => nested(),
      async () => nested(),
      async () => await nested(),
      () => nested().then(() => {}),
      async () => nested().then(() => {}),
      async () => {
        const later = nested().then(() => {});
        await later.finally(() => {});
      },
      () => Promise.all([nested(), sleep(0)]),
      () => Promise.resolve(nested()),
    ];
    for (const way of ways) {
      await expect(lock.run(way), String(way)).rejects.toBeInstanceOf(DeadlockError);
      expect(lock.figures()).toEqual([0, 0]);
    }
  });

  test("is refused by acquire() as by run()", async () => {
    const lock = make();
    await lock.run(async () => {
      await expect(lock.acquire()).rejects.toBeInstanceOf(DeadlockError);
      expect(lock.figures()).toEqual([1, 0]);
    });
    await expect(lock.run(async () => lock.acquire())).rejects.toBeInstanceOf(DeadlockError);
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("is refused in a section that was queued, too", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const queued = lock.run(() => lock.run(() => {}));
    held.release();
    await expect(queued).rejects.toBeInstanceOf(DeadlockError);
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("is refused within scopes and groups that the section opened", async () => {
    const lock = make();
    for (const open of [
      () => timeout(1_000, () => lock.run(() => {})),
      () => new CancelScope().run(() => lock.run(() => {})),
      () => taskGroup((group) => void group.spawn(() => lock.run(() => {}))),
    ]) {
      await expect(lock.run(open)).rejects.toBeInstanceOf(DeadlockError);
    }
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("is refused with sections of other locks in between", async () => {
    const lock = make();
    const [a, b] = [new Mutex(), new Semaphore(2)];
    const nested = lock.run(() => a.run(() => b.run(() => lock.run(() => {}))));
    await expect(nested).rejects.toBeInstanceOf(DeadlockError);
    expect([lock.figures(), a.locked, b.available]).toEqual([[0, 0], false, 2]);
  });

  ambientTest("is refused after a wait within a scope (needs ambient scopes)", async () => {
    const lock = make();
    const nested = new CancelScope().run(() =>
      lock.run(async () => {
        await Promise.resolve();
        await new Mutex().run(() => lock.run(() => {}));
      }),
    );
    await expect(nested).rejects.toBeInstanceOf(DeadlockError);
    expect(lock.figures()).toEqual([0, 0]);
  });

  ambientTest("is refused in stray code of a section within (needs ambient scopes)", async () => {
    const lock = make();
    const section = new CancelScope().run(() =>
      lock.run(async () => {
        const stray: Promise<unknown>[] = [];
        await new Mutex().run(() => {
          stray.push(turn().then(async () => await lock.run(() => {})));
        });
        await Promise.all(stray);
      }),
    );
    await expect(section).rejects.toBeInstanceOf(DeadlockError);
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("waits its turn when the section that it was made in is over", async () => {
    await new CancelScope().run(async () => {
      const lock = make();
      const hold = deferred();
      let later: Promise<string> | undefined;
      await lock.run(async () => {
        later = hold.promise.then(() => lock.run(() => "later"));
      });
      const other = lock.tryAcquire()!;
      hold.resolve();
      await turn();
      expect(lock.figures()).toEqual([1, 1]);
      other.release();
      expect(await later).toBe("later");
    });
  });

  test("goes ahead after the section when it is made with no current scope", async () => {
    const lock = make();
    let later: Promise<string> | undefined;
    await lock.run(() => {
      later = detached(async () => await lock.run(() => "later"));
      expect(lock.figures()).toEqual([1, 1]);
    });
    expect(await later).toBe("later");
  });
});

describe("a semaphore with more than one permit", () => {
  test("lets a section ask for what is free, and refuses what its own permits are needed for", async () => {
    const three = new Semaphore(3);
    await three.run(
      async () => {
        const free = three.run(() => three.available);
        const refused = [three.run(() => {}, { weight: 2 }), three.acquire({ weight: 3 })];
        expect(three.waiting).toBe(2);
        const ends = await Promise.allSettled([free, ...refused]);
        expect(ends[0]).toEqual({ status: "fulfilled", value: 0 });
        for (const end of ends.slice(1)) {
          expect((end as PromiseRejectedResult).reason).toBeInstanceOf(DeadlockError);
        }
        expect(three.waiting).toBe(0);
      },
      { weight: 2 },
    );
    expect(three.available).toBe(3);
  });

  test("lets those in at once who were behind a call that is refused", async () => {
    const three = new Semaphore(3);
    let light: Promise<string> | undefined;
    await three.run(
      async () => {
        const heavy = three.run(() => {}, { weight: 2 });
        light = detached(() => three.run(() => "light"));
        expect([three.available, three.waiting]).toEqual([1, 2]);
        await expect(heavy).rejects.toBeInstanceOf(DeadlockError);
        expect(three.waiting).toBe(0);
      },
      { weight: 2 },
    );
    expect(await light).toBe("light");
    expect(three.available).toBe(3);
  });

  test("refuses the call that fills it with sections of each other", async () => {
    const two = new Semaphore(2);
    const depth = (n: number): Promise<number> =>
      two.run(() => (n === 0 ? two.available : depth(n - 1)));
    expect(await depth(1)).toBe(0);
    await expect(depth(2)).rejects.toBeInstanceOf(DeadlockError);
    expect(two.available).toBe(2);
  });

  test("lets a section wait for a permit that somebody else has", async () => {
    const two = new Semaphore(2);
    const held = two.tryAcquire()!;
    const nested = two.run(() => two.run(() => "nested"));
    expect([two.available, two.waiting]).toEqual([0, 1]);
    held.release();
    expect(await nested).toBe("nested");
  });

  test("refuses a call behind one in line that needs the section's own permits", async () => {
    const three = new Semaphore(3);
    let heavy: Promise<string> | undefined;
    await three.run(async () => {
      heavy = detached(() => three.run(() => "heavy", { weight: 3 }));
      await expect(three.run(() => {})).rejects.toBeInstanceOf(DeadlockError);
      expect([three.available, three.waiting]).toEqual([2, 1]);
    });
    expect(await heavy).toBe("heavy");
  });
});

describe("a reader-writer lock", () => {
  test("refuses to read behind a writer that waits for the reading to end", async () => {
    const lock = new RwLock();
    let writer: Promise<string> | undefined;
    await lock.read.run(async () => {
      const before = lock.read.run(() => "no writer yet");
      writer = detached(() => lock.write.run(() => "written"));
      const behind = lock.read.run(() => {});
      expect(lock.stats()).toEqual({ readers: 2, writing: false, waiting: 2 });
      await expect(behind).rejects.toBeInstanceOf(DeadlockError);
      expect(lock.stats()).toEqual({ readers: 1, writing: false, waiting: 1 });
      expect(await before).toBe("no writer yet");
    });
    expect(await writer).toBe("written");
  });

  test("refuses to write while one reads, and to read while one writes", async () => {
    const lock = new RwLock();
    const upgrade = lock.read.run(() => lock.write.run(() => {}));
    await expect(upgrade).rejects.toBeInstanceOf(DeadlockError);
    const inside = lock.write.run(() => lock.read.run(() => {}));
    await expect(inside).rejects.toBeInstanceOf(DeadlockError);
    expect(lock.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  });

  test("lets one read behind a writer that gives up by itself", async () => {
    const lock = new RwLock();
    const controller = new AbortController();
    const reading = lock.read.run(async () => {
      const writer = detached(() => lock.write.run(() => {}, controller));
      const nested = lock.read.run(() => "read");
      controller.abort("gave up");
      await expect(writer).rejects.toBe("gave up");
      return nested;
    });
    expect(await reading).toBe("read");
  });
});

test("a lock by key refuses the same key, and lets a section have another", async () => {
  const lock = new KeyedMutex<string>();
  await lock.run("a", async () => {
    await expect(lock.run("a", () => {})).rejects.toBeInstanceOf(DeadlockError);
    expect(await lock.run("b", () => lock.size)).toBe(2);
  });
  expect(lock.size).toBe(0);
});

describe("a section of a condition", () => {
  test("is refused the lock it holds, also by the mutex", async () => {
    const condition = new Condition();
    await condition.run(async (held) => {
      const nested = [condition.run(() => {}), condition.mutex.run(() => {})];
      for (const end of await Promise.allSettled(nested)) {
        expect((end as PromiseRejectedResult).reason).toBeInstanceOf(DeadlockError);
      }
      held.notify();
    });
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("holds nothing while it waits to be notified", async () => {
    const condition = new Condition();
    const log: string[] = [];
    const section = condition.run(async (held) => {
      const waiting = held.wait();
      await condition.run((other) => {
        log.push("in between");
        other.notify();
      });
      await waiting;
      log.push("notified");
      expect(condition.mutex.locked).toBe(true);
    });
    await section;
    expect(log).toEqual(["in between", "notified"]);
  });

  test("may wait for the lock itself while it waits to be notified", async () => {
    const condition = new Condition();
    const section = condition.run((held) => {
      const waiting = held.wait();
      const permit = condition.mutex.tryAcquire()!;
      queueMicrotask(() => permit.release());
      return Promise.all([waiting, condition.run((other) => other.notify())]);
    });
    await section;
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  ambientTest("is refused it again once it goes on (needs ambient scopes)", async () => {
    const condition = new Condition();
    const section = new CancelScope().run(() =>
      condition.run(async (held) => {
        await held.wait();
        await condition.mutex.run(() => {});
      }),
    );
    await condition.run((held) => held.notify());
    await expect(section).rejects.toBeInstanceOf(DeadlockError);
    expect(condition.mutex.locked).toBe(false);
  });
});
