import { describe, expect, test } from "vitest";
import { cancellable, CapacityLimiter, Mutex, RwLock, Semaphore } from "corral";
import { exclusives } from "./subjects.ts";

describe.each(exclusives)("a permit of %s", (_, make) => {
  test("counts once: releasing it again does nothing", async () => {
    const lock = make();
    const permit = await lock.acquire();
    expect(permit.released).toBe(false);
    permit.release();
    permit.release();
    permit[Symbol.dispose]();
    expect(permit.released).toBe(true);
    expect(lock.figures()).toEqual([0, 0]);
    expect(lock.tryAcquire()).toBeDefined();
    expect(lock.tryAcquire()).toBeUndefined();
  });

  test("that was released frees nobody else's", async () => {
    const lock = make();
    const stale = lock.tryAcquire()!;
    stale.release();
    const held = lock.tryAcquire()!;
    const waiting = lock.acquire();
    stale.release();
    stale[Symbol.dispose]();
    expect([held.released, lock.figures()]).toEqual([false, [1, 1]]);
    held.release();
    const next = await waiting;
    held.release();
    expect([next.released, lock.figures()]).toEqual([false, [1, 0]]);
    next.release();
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("frees nothing that a function holds which runs after it", async () => {
    const lock = make();
    const stale = lock.tryAcquire()!;
    stale.release();
    await lock.run(async () => {
      stale.release();
      expect(lock.figures()).toEqual([1, 0]);
    });
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("is released by `using` when the block is left", async () => {
    const lock = make();
    {
      using permit = await lock.acquire();
      expect([permit.released, lock.figures()]).toEqual([false, [1, 0]]);
    }
    expect(lock.figures()).toEqual([0, 0]);
    const fails = async (): Promise<void> => {
      using permit = await lock.acquire();
      throw new Error(`released: ${permit.released}`);
    };
    await expect(fails()).rejects.toThrow("released: false");
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("may be released before the block of `using` is left", async () => {
    const lock = make();
    {
      using permit = await lock.acquire();
      permit.release();
      expect(lock.tryAcquire()).toBeDefined();
    }
    expect(lock.figures()).toEqual([1, 0]);
  });

  test("that comes after the wait for it was given up is released", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const controller = new AbortController();
    const acquiring = lock.acquire();
    const wait = cancellable(acquiring, controller);
    controller.abort("given up");
    await expect(wait).rejects.toBe("given up");
    held.release();
    await acquiring;
    expect(lock.figures()).toEqual([0, 0]);
  });
});

test("a permit tells its weight", async () => {
  const three = new Semaphore(3);
  expect(three.tryAcquire()!.weight).toBe(1);
  expect((await three.acquire({ weight: 2 })).weight).toBe(2);
  expect(new Mutex().tryAcquire()!.weight).toBe(1);
  expect(new RwLock().read.tryAcquire()!.weight).toBe(1);
  expect(new CapacityLimiter(1).tryAcquire({ key: 1 })!.weight).toBe(1);
});

test("a permit cannot be passed off as released or held", () => {
  const permit = new Mutex().tryAcquire()!;
  expect(() => Object.assign(permit, { released: true })).toThrow(TypeError);
  expect(permit.released).toBe(false);
});
