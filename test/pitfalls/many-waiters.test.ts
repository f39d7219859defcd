import { describe, expect, test } from "vitest";
import { gather, limit, map, taskGroup } from "corral";
import { deferred } from "../support/deferred.ts";

// No time is measured: what takes quadratic time or stack does not end within the test's time.
describe("pitfall 14: many waiters", { timeout: 20_000 }, () => {
  test("100 000 calls of a limit run", async () => {
    const ten = limit(10);
    let calls = 0;
    await Promise.all(
      Array.from({ length: 100_000 }, () =>
        ten(async () => {
          calls++;
        }),
      ),
    );
    expect(calls).toBe(100_000);
    expect([ten.active, ten.pending]).toEqual([0, 0]);
  });

  test("20 000 calls that share a signal leave the line of a limit", async () => {
    const one = limit(1);
    const controller = new AbortController();
    const { signal } = controller;
    const held = deferred();
    const holder = one(() => held.promise);
    const calls = Array.from({ length: 20_000 }, () => one(() => {}, { signal }));
    controller.abort("all");
    expect(one.pending).toBe(0);
    const results = await Promise.allSettled(calls);
    expect(results.every((result) => result.status === "rejected" && result.reason === "all")).toBe(
      true,
    );
    held.resolve();
    await holder;
  });

  test("10 000 calls leave the line of a limit from anywhere in it", async () => {
    const one = limit(1);
    const held = deferred();
    const holder = one(() => held.promise);
    const count = 20_000;
    const controllers = Array.from({ length: count }, () => new AbortController());
    const begun: number[] = [];
    const calls = controllers.map(({ signal }, i) =>
      one(() => void begun.push(i), { signal }).catch(() => {}),
    );
    // Every second one, in an order that jumps about: the step and the number have no common factor.
    for (let i = 0; i < count / 2; i++) controllers[((i * 7_919) % (count / 2)) * 2]!.abort();
    expect(one.pending).toBe(count / 2);
    held.resolve();
    await Promise.all([holder, ...calls]);
    expect(begun).toEqual(Array.from({ length: count / 2 }, (_, i) => 2 * i + 1));
  });

  test("20 000 children are queued in a full group, run, and are forgotten", async () => {
    let ran = 0;
    await taskGroup(
      (group) => {
        for (let i = 0; i < 20_000; i++) group.spawn(async () => void ran++);
      },
      { concurrency: 3 },
    );
    expect(ran).toBe(20_000);
  });

  test("20 000 children are cancelled at once", async () => {
    let ran = 0;
    await taskGroup(
      (group) => {
        for (let i = 0; i < 20_000; i++) group.spawn(async () => void ran++);
        group.cancel();
      },
      { concurrency: 1 },
    );
    expect(ran).toBe(1);
  });
});

describe(
  "pitfall 25: many completions at once do not overflow the stack:",
  { timeout: 20_000 },
  () => {
    test("of a limit", async () => {
      const one = limit(1);
      const calls = Array.from({ length: 20_000 }, (_, i) => one(() => i));
      expect((await Promise.all(calls)).at(-1)).toBe(19_999);
    });

    test("of gather()", async () => {
      const jobs = Array.from({ length: 20_000 }, (_, i) => () => i);
      expect((await gather(jobs, { concurrency: 1 })).at(-1)).toBe(19_999);
      expect((await gather(jobs)).at(-1)).toBe(19_999);
    });

    test("of map()", async () => {
      const items = Array.from({ length: 20_000 }, (_, i) => i);
      expect((await map(items, (item) => item, { concurrency: 1 })).at(-1)).toBe(19_999);
    });

    test("of calls of a limit within calls", async () => {
      const gate = limit(Infinity);
      const down = (depth: number): Promise<number> =>
        depth === 0 ? Promise.resolve(0) : gate(async () => down(depth - 1)).then((n) => n + 1);
      expect(await down(1_000)).toBe(1_000);
    });
  },
);
