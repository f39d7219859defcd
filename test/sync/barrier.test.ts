import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { Barrier, CancelScope, ClosedError, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("wait() at a barrier", () => {
  test("lets all go when the last has come, each with an index of its own, in the order they came", async () => {
    const barrier = new Barrier(3);
    const log: string[] = [];
    const come = (name: string): Promise<number> =>
      barrier.wait().then((index) => log.push(`${name}: ${index}`));
    const calls = [come("a"), come("b")];
    await turn();
    expect([log, barrier.waiting]).toEqual([[], 2]);
    calls.push(come("c"));
    expect(barrier.waiting).toBe(0);
    await Promise.all(calls);
    expect(log.toSorted()).toEqual(["a: 0", "b: 1", "c: 2"]);
    expect([barrier.broken, barrier.parties]).toEqual([false, 3]);
  });

  test("of one passes at once, again and again", async () => {
    const barrier = new Barrier(1);
    expect([await barrier.wait(), await barrier.wait()]).toEqual([0, 0]);
  });

  test("is ready for the next round at once: who comes then belongs to that one", async () => {
    const barrier = new Barrier(2);
    const rounds: number[][] = [];
    const party = async (): Promise<void> => {
      for (let round = 0; round < 50; round++) (rounds[round] ??= []).push(await barrier.wait());
    };
    await Promise.all([party(), party()]);
    expect(rounds).toHaveLength(50);
    for (const round of rounds) expect(round.toSorted((a, b) => a - b)).toEqual([0, 1]);
    expect(barrier.stats()).toEqual({ parties: 2, waiting: 0, broken: false });
  });

  test("counts each caller for one round, also when several rounds fill in one step", async () => {
    const barrier = new Barrier(2);
    const indices = await Promise.all(Array.from({ length: 6 }, () => barrier.wait()));
    expect(indices).toEqual([0, 1, 0, 1, 0, 1]);
  });

  test("does not count one who was cancelled, and is not broken by that", async () => {
    await withVirtualClock(async (clock) => {
      const barrier = new Barrier(3);
      const first = barrier.wait();
      const cancelled = timeout(10, (scope) => barrier.wait(at(scope)));
      expect(barrier.waiting).toBe(2);
      await expect(cancelled).rejects.toBeInstanceOf(TimeoutError);
      expect([clock.now(), barrier.waiting, barrier.broken]).toEqual([10, 1, false]);
      const others = [barrier.wait(), barrier.wait()];
      expect(await Promise.all([first, ...others])).toEqual([0, 1, 2]);
    });
  });

  test("does not count one whose signal has aborted, also before its listener has run", async () => {
    const barrier = new Barrier(3);
    const controller = new AbortController();
    let last: Promise<number> | undefined;
    controller.signal.addEventListener("abort", () => {
      last = barrier.wait();
    });
    const calls = [barrier.wait(controller), barrier.wait(controller)];
    controller.abort("gone");
    expect(barrier.waiting).toBe(1);
    for (const call of calls) await expect(call).rejects.toBe("gone");
    expect(await Promise.all([last, barrier.wait(), barrier.wait()])).toEqual([0, 1, 2]);
  });

  test("takes no place for one that is cancelled before, and keeps the value of one that is after", async () => {
    const barrier = new Barrier(2);
    await expect(barrier.wait({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    expect(barrier.waiting).toBe(0);
    const controller = new AbortController();
    const first = barrier.wait(controller);
    const second = barrier.wait();
    controller.abort("late");
    expect(await Promise.all([first, second])).toEqual([0, 1]);
  });
});

describe("reset()", () => {
  test("lets go who waits with a ClosedError, and begins anew", async () => {
    const barrier = new Barrier(3);
    const calls = [barrier.wait(), barrier.wait()];
    barrier.reset();
    expect([barrier.waiting, barrier.broken]).toEqual([0, false]);
    for (const call of calls) {
      await expect(call).rejects.toBeInstanceOf(ClosedError);
      await expect(call).rejects.toThrow("Cannot wait at a barrier: it was reset");
    }
    const round = [barrier.wait(), barrier.wait(), barrier.wait()];
    expect(await Promise.all(round)).toEqual([0, 1, 2]);
  });

  test("breaks nothing when nobody waits, nor those who were let go already", async () => {
    const barrier = new Barrier(2);
    barrier.reset();
    const calls = [barrier.wait(), barrier.wait()];
    barrier.reset();
    expect(await Promise.all(calls)).toEqual([0, 1]);
    expect(barrier.broken).toBe(false);
  });

  test("from one that was let go touches only the next round", async () => {
    const barrier = new Barrier(2);
    const first = barrier.wait().then(() => barrier.reset());
    const second = barrier.wait().then(() => barrier.wait());
    const reset = expect(second).rejects.toBeInstanceOf(ClosedError);
    await turn();
    await first;
    barrier.reset();
    await reset;
    expect(barrier.stats()).toEqual({ parties: 2, waiting: 0, broken: false });
  });
});

describe("abort()", () => {
  test("lets go who waits, and whoever comes, with a ClosedError of its own", async () => {
    const barrier = new Barrier(3);
    const calls = [barrier.wait(), barrier.wait()];
    barrier.abort();
    calls.push(barrier.wait());
    expect([barrier.waiting, barrier.broken]).toEqual([0, true]);
    const errors = await Promise.all(calls.map((call) => call.catch((error: unknown) => error)));
    for (const error of errors) expect(error).toBeInstanceOf(ClosedError);
    expect((errors[0] as Error).message).toBe("Cannot wait at a barrier: it was broken");
    expect((errors[2] as Error).message).toBe("Cannot wait at a barrier: it is broken");
    expect(new Set(errors).size).toBe(3);
  });

  test("lasts until reset()", async () => {
    const barrier = new Barrier(2);
    barrier.abort();
    barrier.abort();
    expect(barrier.broken).toBe(true);
    await expect(barrier.wait()).rejects.toBeInstanceOf(ClosedError);
    barrier.reset();
    expect(barrier.broken).toBe(false);
    expect(await Promise.all([barrier.wait(), barrier.wait()])).toEqual([0, 1]);
  });

  test("is no cancellation: a cancelled caller hears of that first", async () => {
    const barrier = new Barrier(2);
    barrier.abort();
    await expect(barrier.wait({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
  });

  test("counts nobody whose signal has aborted, whoever else comes or goes as that is found out", async () => {
    const barrier = new Barrier(4);
    const [first, second] = [new AbortController(), new AbortController()];
    const come: Promise<unknown>[] = [];
    const enter = (signal?: AbortSignal): void => {
      const wait = barrier.wait(signal && { signal });
      come.push(wait.catch((error: unknown) => error));
    };
    // Heard before the library hears: the last one comes when two signals have aborted, and neither abort
    // has been told.
    second.signal.addEventListener("abort", () => first.abort("first"));
    first.signal.addEventListener("abort", () => enter());
    const scope = new CancelScope({ signal: first.signal });
    scope.signal.addEventListener("abort", () => {
      enter();
      enter();
    });
    const open = scope.run(() => turn()).catch(() => {});
    enter(first.signal);
    enter(first.signal);
    enter(second.signal);
    second.abort("second");
    await open;
    expect(barrier.stats()).toEqual({ parties: 4, waiting: 3, broken: false });
    enter();
    expect(await Promise.all(come)).toEqual(["first", "first", "second", 0, 1, 2, 3]);
  });

  test("lets nobody go with the one party there was, whose signal has aborted", async () => {
    const barrier = new Barrier(2);
    const controller = new AbortController();
    const come: Promise<unknown>[] = [];
    controller.signal.addEventListener("abort", () => come.push(barrier.wait()));
    come.push(barrier.wait(controller).catch((error: unknown) => error));
    controller.abort("gone");
    expect([come.length, barrier.waiting]).toEqual([2, 1]);
    expect([await barrier.wait(), ...(await Promise.all(come))]).toEqual([1, "gone", 0]);
  });
});
