import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { CancelScope, CapacityLimiter, DeadlockError, type Permit, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, explicit } from "../support/mode.ts";

describe("a borrower", () => {
  test.each([0, Number.NaN, "", "a", false, null, Symbol("s"), {}, []])(
    "may be %o",
    async (key: unknown) => {
      const limiter = new CapacityLimiter(2);
      const permit = await limiter.acquire({ key });
      expect(limiter.owners).toEqual([key]);
      expect(() => limiter.tryAcquire({ key })).toThrow(TypeError);
      permit.release();
      expect(limiter.owners).toEqual([]);
      await limiter.run(() => expect(limiter.owners).toEqual([key]), { key });
      expect(limiter.owners).toEqual([]);
    },
  );

  ambientTest("is the task around the current scope (needs ambient scopes)", async () => {
    const limiter = new CapacityLimiter(2);
    await taskGroup(async (group) => {
      const task = group.spawn(() =>
        new CancelScope().run(async () => {
          using permit = await limiter.acquire();
          expect([limiter.owners, permit.released]).toEqual([[task], false]);
        }),
      );
      await task;
    });
  });

  ambientTest("is the current task (needs ambient scopes)", async () => {
    const limiter = new CapacityLimiter(2);
    await taskGroup(async (group) => {
      const task = group.spawn(async () => {
        using permit = await limiter.acquire();
        expect([limiter.owners, permit.released]).toEqual([[task], false]);
        await expect(limiter.acquire()).rejects.toThrow(TypeError);
        await expect(limiter.run(() => {})).rejects.toThrow(TypeError);
        using other = limiter.tryAcquire({ key: "in place of the task" });
        expect(other).toBeDefined();
      });
      await task;
    });
    expect(limiter.owners).toEqual([]);
  });

  ambientTest("is each task for itself (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const limiter = new CapacityLimiter(2);
      await taskGroup(async (group) => {
        const tasks = [1, 2, 3].map(() => group.spawn(() => limiter.run(() => sleep(10))));
        expect([limiter.owners, limiter.waiting]).toEqual([tasks.slice(0, 2), 1]);
      });
      expect([limiter.owners, limiter.waiting]).toEqual([[], 0]);
    });
  });

  test("must be told outside of a task", async () => {
    const limiter = new CapacityLimiter(1);
    const message =
      'Cannot borrow from a capacity limiter: "key" must be given outside of a task, received none';
    expect(() => limiter.tryAcquire()).toThrow(new TypeError(message));
    await expect(limiter.acquire()).rejects.toThrow(new TypeError(message));
    await expect(limiter.run(() => {})).rejects.toThrow(new TypeError(message));
    expect(limiter.stats()).toEqual({ total: 1, borrowed: 0, waiting: 0 });
  });

  test.runIf(explicit)("must be told in a task, too, without ambient scopes", async () => {
    const limiter = new CapacityLimiter(1);
    await taskGroup(async (group) => {
      group.spawn(async () => {
        await Promise.resolve();
        await expect(limiter.acquire()).rejects.toThrow(TypeError);
      });
    });
  });

  test("that holds a permit is refused another, however it asks", async () => {
    const limiter = new CapacityLimiter(5);
    const key = "table 4";
    const held = await limiter.acquire({ key });
    const message =
      'Cannot borrow from a capacity limiter: expected a borrower without a permit, received "table 4", which holds one';
    let called = false;
    const fn = (): void => {
      called = true;
    };
    await expect(limiter.acquire({ key })).rejects.toThrow(new TypeError(message));
    await expect(limiter.run(fn, { key })).rejects.toThrow(new TypeError(message));
    expect(() => limiter.tryAcquire({ key })).toThrow(new TypeError(message));
    expect([called, limiter.owners, limiter.available]).toEqual([false, [key], 4]);
    held.release();
    await limiter.run(fn, { key });
    expect(called).toBe(true);
  });

  test("whose function runs is refused another", async () => {
    const limiter = new CapacityLimiter(5);
    const key = {};
    await limiter.run(
      async () => {
        await expect(limiter.acquire({ key })).rejects.toThrow("which holds one");
        await expect(limiter.run(() => {}, { key })).rejects.toThrow("which holds one");
        expect(limiter.owners).toEqual([key]);
      },
      { key },
    );
  });

  test("that waits is refused another, and keeps its place", async () => {
    const limiter = new CapacityLimiter(1);
    const held = limiter.tryAcquire({ key: "a" })!;
    const acquiring = limiter.acquire({ key: "b" });
    const running = limiter.run(() => limiter.owners, { key: "c" });
    for (const key of ["b", "c"]) {
      await expect(limiter.acquire({ key })).rejects.toThrow(
        `received "${key}", which waits for one`,
      );
      await expect(limiter.run(() => {}, { key })).rejects.toThrow(TypeError);
      expect(() => limiter.tryAcquire({ key })).toThrow(TypeError);
    }
    expect([limiter.owners, limiter.waiting]).toEqual([["a"], 2]);
    held.release();
    (await acquiring).release();
    expect(await running).toEqual(["c"]);
  });

  test("may ask again as soon as it was cancelled in line", async () => {
    const limiter = new CapacityLimiter(1);
    const held = limiter.tryAcquire({ key: "a" })!;
    const controller = new AbortController();
    const cancelled = limiter.acquire({ key: "b", signal: controller.signal });
    controller.abort("gone");
    expect(limiter.waiting).toBe(0);
    const again = limiter.acquire({ key: "b" });
    await expect(cancelled).rejects.toBe("gone");
    held.release();
    (await again).release();
    expect(limiter.owners).toEqual([]);
  });

  test("may ask again as soon as its run() was cancelled in line", async () => {
    const limiter = new CapacityLimiter(1);
    const held = limiter.tryAcquire({ key: "a" })!;
    const controller = new AbortController();
    const cancelled = limiter.run(() => {}, { key: "b", signal: controller.signal });
    controller.abort("gone");
    expect(limiter.waiting).toBe(0);
    const again = limiter.acquire({ key: "b" });
    await expect(cancelled).rejects.toBe("gone");
    held.release();
    (await again).release();
    expect(limiter.owners).toEqual([]);
  });

  test("may ask again when its run() was refused or has failed", async () => {
    const limiter = new CapacityLimiter(1);
    const key = "a";
    const aborted = limiter.run(() => {}, { key, signal: AbortSignal.abort("before") });
    await expect(aborted).rejects.toBe("before");
    await expect(limiter.run(() => Promise.reject(1), { key })).rejects.toBe(1);
    const thrown = limiter.run(
      () => {
        throw new Error("at once");
      },
      { key },
    );
    await expect(thrown).rejects.toThrow("at once");
    expect(await limiter.run(() => "third", { key })).toBe("third");
    expect(limiter.owners).toEqual([]);
  });

  test("may ask again when its call was refused as a deadlock", async () => {
    const limiter = new CapacityLimiter(1);
    await limiter.run(
      async () => {
        const calls = [limiter.acquire({ key: "b" }), limiter.run(() => {}, { key: "c" })];
        for (const end of await Promise.allSettled(calls)) {
          expect((end as PromiseRejectedResult).reason).toBeInstanceOf(DeadlockError);
        }
        expect([limiter.owners, limiter.waiting]).toEqual([["a"], 0]);
      },
      { key: "a" },
    );
    for (const key of ["a", "b", "c"]) {
      expect(await limiter.run(() => limiter.owners, { key })).toEqual([key]);
    }
  });

  test("may ask again as soon as its function has ended, and keeps what it gets", async () => {
    const limiter = new CapacityLimiter(5);
    const work = deferred();
    const run = limiter.run(() => work.promise, { key: "a" });
    let again: Permit | undefined;
    const asking = work.promise.then(async () => {
      while (again === undefined) {
        await Promise.resolve();
        if (!limiter.owners.includes("a")) again = limiter.tryAcquire({ key: "a" });
      }
    });
    work.resolve();
    await Promise.all([run, asking]);
    await turn();
    expect([limiter.owners, limiter.available]).toEqual([["a"], 4]);
  });

  test("that is let in right behind one who has yet to begin is an owner", async () => {
    const limiter = new CapacityLimiter(1);
    const held = limiter.tryAcquire({ key: "a" })!;
    const queued = limiter.run(() => limiter.owners, { key: "b" });
    limiter.total = 5;
    const acquired = limiter.acquire({ key: "c" });
    expect(limiter.owners).toContain("c");
    expect(await queued).toEqual(["a", "b", "c"]);
    (await acquired).release();
    held.release();
    expect(limiter.owners).toEqual([]);
  });

  test("keeps its second permit when its first is released once more", async () => {
    const limiter = new CapacityLimiter(1);
    const first = limiter.tryAcquire({ key: "a" })!;
    first.release();
    const second = limiter.tryAcquire({ key: "a" })!;
    first.release();
    expect([limiter.owners, limiter.available]).toEqual([["a"], 0]);
    second.release();
    expect([limiter.owners, limiter.available]).toEqual([[], 1]);
  });

  test.each([
    ["a", '"a"'],
    [null, "null"],
    [{ toString: (): string => "table 4" }, "table 4"],
  ])("is named in what it is refused with: %o", (key, named) => {
    const limiter = new CapacityLimiter(2);
    using permit = limiter.tryAcquire({ key });
    expect(permit).toBeDefined();
    expect(() => limiter.tryAcquire({ key })).toThrow(
      `expected a borrower without a permit, received ${named}, which holds one`,
    );
  });
});
