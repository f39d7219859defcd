import { describe, expect, test } from "vitest";
import { batch, type CancelScope, sleep } from "corral";
import { explicit } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** A batch of three keys whose callers leave it. */
async function abandon(loadMany: (scope: CancelScope) => unknown): Promise<void> {
  const load = batch((_keys: readonly number[], scope) => loadMany(scope) as never);
  const controller = new AbortController();
  const call = load(1, { signal: controller.signal });
  const many = load.many([2, 3], { signal: controller.signal });
  await settle();
  controller.abort("gone");
  await Promise.allSettled([call, many]);
  await settle();
}

describe("what a batch that nobody waits for any more ends with", () => {
  test("is reported if it is a failure, and is no unhandled rejection", async () => {
    let unhandled: unknown[] = [];
    const reports = await reportsDuring(async () => {
      unhandled = await unhandledDuring(() =>
        abandon(async () => {
          await settle();
          await settle();
          throw new Error("too late");
        }),
      );
      await settle();
    });
    expect(unhandled).toEqual([]);
    // Where there is no channel, notes are told to nobody.
    const told = "A batch that nobody waited for any more rejected: Error: too late";
    expect(reports).toEqual(explicit ? [] : [told]);
  });

  test("is not reported if it is the cancellation, or any result, however wrong", async () => {
    const reports = await reportsDuring(async () => {
      await abandon(({ signal }) => sleep(Infinity, { signal }));
      for (const result of [undefined, [], [1, 2, 3], [new Error("late"), 1, 2]]) {
        await abandon(({ signal }) => sleep(Infinity, { signal }).catch(() => result));
      }
    });
    expect(reports).toEqual([]);
  });
});

test("an error that is heard is not reported", async () => {
  const reports = await reportsDuring(async () => {
    const load = batch(() => Promise.reject(new Error("heard")));
    await expect(load(1)).rejects.toThrow("heard");
  });
  expect(reports).toEqual([]);
});
