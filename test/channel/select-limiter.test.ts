import { describe, expect, test } from "vitest";
import {
  AsyncEvent,
  CapacityLimiter,
  join,
  lock,
  select,
  taskGroup,
  trySelect,
  when,
} from "corral";
import { ambientTest } from "../support/mode.ts";

describe("lock() of a capacity limiter", () => {
  test("lends to the key, which is refused another permit", async () => {
    const limiter = new CapacityLimiter(2);
    const { value: permit } = await select({ it: lock(limiter, { key: "a" }) });
    expect(limiter.owners).toEqual(["a"]);
    expect(() => lock(limiter, { key: "a" })).toThrow(TypeError);
    permit.release();
    expect(limiter.owners).toEqual([]);
  });

  test("frees the borrower when it was not chosen, or was cancelled", async () => {
    const limiter = new CapacityLimiter(1);
    limiter.tryAcquire({ key: "other" });
    const go = new AsyncEvent();
    const chosen = select({ it: lock(limiter, { key: "a" }), go: when(go) });
    await expect(limiter.acquire({ key: "a" })).rejects.toThrow("which waits for one");
    go.set();
    expect(trySelect({ it: lock(limiter, { key: "a" }) })).toBeUndefined();
    await chosen;
    const controller = new AbortController();
    const cancelled = select({ it: lock(limiter, { key: "a" }) }, controller);
    controller.abort("gone");
    await expect(cancelled).rejects.toBe("gone");
    limiter.total = 2;
    const again = limiter.tryAcquire({ key: "a" });
    expect(again).toBeDefined();
    expect(limiter.owners).toEqual(["other", "a"]);
  });

  test("is had in the step of the call behind one that has yet to begin", async () => {
    const limiter = new CapacityLimiter(1);
    const held = limiter.tryAcquire({ key: "other" })!;
    const run = limiter.run(() => "begun", { key: "runs" });
    held.release();
    limiter.total = 2;
    expect(limiter.tryAcquire({ key: "a" })).toBeUndefined();
    const chosen = select({ it: lock(limiter, { key: "a" }) });
    expect(limiter.waiting).toBe(0);
    expect([(await chosen).key, await run, limiter.owners]).toEqual(["it", "begun", ["a"]]);
  });

  test("frees nobody who was chosen at once elsewhere", async () => {
    const limiter = new CapacityLimiter(1);
    const go = new AsyncEvent();
    go.set();
    const clauses = { go: when(go), it: lock(limiter, { key: "a" }) };
    expect((await select(clauses, { biased: true })).key).toBe("go");
    expect([limiter.owners, limiter.stats().borrowed]).toEqual([[], 0]);
    expect(limiter.tryAcquire({ key: "a" })).toBeDefined();
  });

  test("lends no key twice, though a clause for it is used again", async () => {
    const limiter = new CapacityLimiter(2);
    const it = lock(limiter, { key: "a" });
    const { value: permit } = await select({ it });
    await expect(select({ it })).rejects.toThrow(TypeError);
    expect(() => trySelect({ it })).toThrow(TypeError);
    expect([limiter.owners, limiter.available]).toEqual([["a"], 1]);
    permit.release();
    expect(limiter.owners).toEqual([]);
  });

  test("twice in one select() for one key knows who holds it", async () => {
    const limiter = new CapacityLimiter(1);
    const held = limiter.tryAcquire({ key: "other" })!;
    const chosen = select({ a: lock(limiter, { key: "me" }), b: lock(limiter, { key: "me" }) });
    const ended = chosen.catch((error: unknown) => error);
    held.release();
    const owners = limiter.stats().borrowed === 1 ? ["me"] : [];
    expect(limiter.owners).toEqual(owners);
    await ended;
  });

  ambientTest("lends to the current task (needs ambient scopes)", async () => {
    const limiter = new CapacityLimiter(1);
    await taskGroup(async (group) => {
      const task = group.spawn(async () => {
        const { value: permit } = await select({ it: lock(limiter) });
        expect(limiter.owners).toEqual([task]);
        permit.release();
      });
      await select({ done: join(task) });
    });
    expect(limiter.owners).toEqual([]);
  });
});
