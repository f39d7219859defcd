// What every lock does with those who wait for a permit.
import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { callers, exclusives } from "./subjects.ts";

describe.each(exclusives)("%s: acquire()", (_, make) => {
  test("takes a free permit in the step of the call", async () => {
    const lock = make();
    const acquired = lock.acquire();
    expect(lock.figures()).toEqual([1, 0]);
    (await acquired).release();
    expect(lock.figures()).toEqual([0, 0]);
  });

  test("lets one through with each release, first come first", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const { log, call, free } = callers(lock);
    const calls = [call("a"), call("b"), call("c")];
    await turn();
    expect([log, lock.figures()]).toEqual([[], [1, 3]]);
    held.release();
    await turn();
    expect([log, lock.figures()]).toEqual([["a"], [1, 2]]);
    free("a");
    await turn();
    expect([log, lock.figures()]).toEqual([
      ["a", "b"],
      [1, 1],
    ]);
    free("b");
    await Promise.all(calls);
    free("c");
    expect([log, lock.figures()]).toEqual([
      ["a", "b", "c"],
      [0, 0],
    ]);
  });

  test("hands over in the step of the release: no newcomer overtakes", async () => {
    const lock = make();
    const held = lock.tryAcquire()!;
    const { log, call, free } = callers(lock);
    const first = call("first");
    held.release();
    expect(lock.figures()).toEqual([1, 0]);
    expect(lock.tryAcquire()).toBeUndefined();
    const newcomer = call("newcomer");
    await first;
    free("first");
    await newcomer;
    expect(log).toEqual(["first", "newcomer"]);
  });

  test("puts one who releases and asks again behind those in line", async () => {
    const lock = make();
    const order: string[] = [];
    const rounds = async (name: string): Promise<void> => {
      for (let round = 0; round < 3; round++) {
        const permit = await lock.acquire();
        order.push(name);
        await turn();
        permit.release();
      }
    };
    await Promise.all([rounds("a"), rounds("b"), rounds("c")]);
    expect(order.join("")).toBe("abcabcabc");
  });
});

describe.each(exclusives)("%s: tryAcquire()", (_, make) => {
  test("takes a free permit, and none that is held", () => {
    const lock = make();
    const permit = lock.tryAcquire();
    expect(permit).toBeDefined();
    expect(lock.tryAcquire()).toBeUndefined();
    permit!.release();
    expect(lock.tryAcquire()).toBeDefined();
  });
});
