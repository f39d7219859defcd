import { describe, expect, test } from "vitest";
import { CancelScope } from "corral";
import { ClosedError } from "../../src/cancel/errors.ts";
import { Watch } from "../../src/channel/watch.ts";
import { deferred } from "../support/deferred.ts";

/** Sets 1, and finds a dead wait of a reader in doing so. That runs an abort listener: `act`. */
async function inside(watch: Watch<number>, act: () => void): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  // Runs before the library hears of the abort.
  signal.addEventListener("abort", () => watch.set(1));
  const scope = new CancelScope({ signal });
  const over = deferred();
  let acted = 0;
  const ended = scope
    .run(async () => {
      scope.signal.addEventListener("abort", () => {
        acted++;
        act();
      });
      await over.promise;
    })
    .catch(() => {});
  const dead = watch.subscribe().changed({ signal });
  controller.abort("gone");
  expect(acted).toBe(1);
  await expect(dead).rejects.toBe("gone");
  over.resolve();
  await ended;
}

describe("from inside of set(), while a dead wait is found at a reader", () => {
  test("a set() is asked about after the one under way", async () => {
    const watch = new Watch(0);
    const asked: number[] = [];
    void watch.waitFor((n) => {
      asked.push(n);
      return false;
    });
    await inside(watch, () => watch.set(2));
    expect(asked).toEqual([0, 1, 2]);
    expect(watch.value).toBe(2);
  });

  test("a close() comes after the questions about what was set", async () => {
    const watch = new Watch(0);
    const calls = [1, 2].map((value) => watch.waitFor((n) => n === value));
    await inside(watch, () => watch.close());
    const [one, two] = await Promise.allSettled(calls);
    expect(one).toEqual({ status: "fulfilled", value: 1 });
    expect(two).toMatchObject({ reason: expect.any(ClosedError) as unknown });
  });
});
