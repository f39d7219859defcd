import { expect, test } from "vitest";
import { failuresOf, limit, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";

test("limit().map() names a failure once, however many items it has kept from starting", async () => {
  await withVirtualClock(async () => {
    const error = new Error("first");
    const mapping = limit(1).map([1, 2, 3, 4, 5], async () => {
      await sleep(2);
      throw error;
    });
    await expect(mapping).rejects.toBe(error);
    expect(failuresOf(error)).toEqual([error]);
  });
});

test("limit().map() keeps what is known of a failure already", async () => {
  const error = new Error("first");
  const second = new Error("second");
  const mapping = limit(3).map([1], () =>
    taskGroup((group) => {
      group.spawn(() => Promise.reject(error));
      group.spawn(() => Promise.reject(second));
    }),
  );
  await expect(mapping).rejects.toBe(error);
  expect(failuresOf(error)).toEqual([error, second]);
});
