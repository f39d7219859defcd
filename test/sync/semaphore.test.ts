import { describe, expect, test } from "vitest";
import { Semaphore, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

describe("a semaphore", () => {
  test("lets so many in at once and no more", async () => {
    await withVirtualClock(async (clock) => {
      const three = new Semaphore(3);
      let running = 0;
      let most = 0;
      await Promise.all(
        Array.from({ length: 10 }, () =>
          three.run(async () => {
            most = Math.max(most, ++running);
            await sleep(10);
            running--;
          }),
        ),
      );
      expect(most).toBe(3);
      expect(clock.now()).toBe(40);
    });
  });

  test("counts what is free and who waits", async () => {
    const two = new Semaphore(2);
    expect([two.available, two.waiting]).toEqual([2, 0]);
    const first = await two.acquire();
    expect([two.available, two.waiting]).toEqual([1, 0]);
    const second = two.tryAcquire()!;
    const third = two.acquire();
    const fourth = two.acquire();
    expect([two.available, two.waiting]).toEqual([0, 2]);
    first.release();
    expect([two.available, two.waiting]).toEqual([0, 1]);
    second.release();
    expect([two.available, two.waiting]).toEqual([0, 0]);
    for (const permit of await Promise.all([third, fourth])) permit.release();
    expect([two.available, two.waiting]).toEqual([2, 0]);
  });

  test("hands each of several releases in one step to another caller, in order", async () => {
    const two = new Semaphore(2);
    const held = [two.tryAcquire()!, two.tryAcquire()!];
    const order: string[] = [];
    const calls = ["a", "b", "c"].map((name) => two.acquire().then(() => order.push(name)));
    for (const permit of held) permit.release();
    expect([two.available, two.waiting]).toEqual([0, 1]);
    expect(two.tryAcquire()).toBeUndefined();
    await Promise.all(calls.slice(0, 2));
    expect(order).toEqual(["a", "b"]);
  });

  test("serves those who acquire and those who run from one line", async () => {
    const one = new Semaphore(1);
    const held = one.tryAcquire()!;
    const order: string[] = [];
    const calls = [
      one.run(() => order.push("run")),
      one.acquire().then((permit) => {
        order.push("acquire");
        permit.release();
      }),
      one.run(() => order.push("run again")),
    ];
    held.release();
    await Promise.all(calls);
    expect(order).toEqual(["run", "acquire", "run again"]);
  });

  test("without a permit lets everybody wait", async () => {
    const none = new Semaphore(0);
    const controller = new AbortController();
    expect(none.tryAcquire()).toBeUndefined();
    const waiting = none.acquire(controller);
    const running = none.run(() => {}, controller);
    expect([none.available, none.waiting]).toEqual([0, 2]);
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    await expect(running).rejects.toBe("enough");
    expect(none.waiting).toBe(0);
  });

  test("of Infinity never lets anybody wait", async () => {
    const all = new Semaphore(Infinity);
    const permits = await Promise.all(Array.from({ length: 100 }, () => all.acquire()));
    expect([all.available, all.waiting]).toEqual([Infinity, 0]);
    for (const permit of permits) permit.release();
    expect(all.available).toBe(Infinity);
  });

  test("begins 2 000 functions in their order and at once, whatever the budget", async () => {
    const all = new Semaphore(Infinity);
    const order: number[] = [];
    const calls = Array.from({ length: 2_000 }, (_, i) => all.run(() => void order.push(i)));
    expect(order).toEqual(calls.map((_, i) => i));
    await Promise.all(calls);
    expect(all.available).toBe(Infinity);
  });
});

describe("tryAcquire() of a semaphore", () => {
  test("overtakes nobody who waits, though a permit is free", () => {
    const two = new Semaphore(2);
    void two.tryAcquire();
    void two.acquire({ weight: 2 });
    expect([two.available, two.waiting]).toEqual([1, 1]);
    expect(two.tryAcquire()).toBeUndefined();
  });

  test("overtakes nobody who was handed a permit to run with and has yet to begin", async () => {
    const one = new Semaphore(1);
    const held = one.tryAcquire()!;
    const order: string[] = [];
    const queued = one.run(() => order.push("queued"));
    one.resize(5);
    expect(one.tryAcquire()).toBeUndefined();
    const acquired = one.acquire().then((permit) => {
      order.push("newcomer");
      return permit;
    });
    const newcomer = one.run(() => order.push("second newcomer"));
    await Promise.all([queued, newcomer, acquired]);
    expect(order[0]).toBe("queued");
    held.release();
    (await acquired).release();
    expect(one.available).toBe(5);
  });
});
