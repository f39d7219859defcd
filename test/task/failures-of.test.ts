import { expect, test } from "vitest";
import { failuresOf, gather, limit, map, sleep, taskGroup } from "corral";
import { at } from "../support/mode.ts";

const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => new Error(name)) as [
  Error,
  Error,
  Error,
  Error,
];

/** Fails first with `first`, then with each of `later`, in that order. */
async function failing(first: unknown, ...later: unknown[]): Promise<void> {
  await taskGroup((group) => {
    for (const error of later) {
      group.spawn(async (task) => {
        await sleep(1_000, at(task.scope)).catch(() => {});
        throw error;
      });
    }
    group.spawn(() => Promise.reject(first));
  });
}

test("failuresOf() gives all failures of a group that an error has ended, in order of arrival", async () => {
  const first = new Error("first");
  await expect(failing(first, b, c)).rejects.toBe(first);
  expect(failuresOf(first)).toEqual([first, b, c]);
});

test("failuresOf() gives an error alone that has ended no group", () => {
  const error = new Error("alone");
  expect(failuresOf(error)).toEqual([error]);
});

test.each([undefined, null, 0, "", "text", Symbol("s")])(
  "failuresOf() gives %o alone: only for objects is more known",
  async (value) => {
    await expect(failing(value, a)).rejects.toBe(value);
    expect(failuresOf(value)).toEqual([value]);
  },
);

function odd(): void {}

/** Fails with `error` when `signal` aborts. */
async function late(signal: AbortSignal, error: unknown): Promise<never> {
  await sleep(1_000, { signal }).catch(() => {});
  throw error;
}

test("failuresOf() knows functions and frozen objects as errors", async () => {
  await expect(failing(odd, a)).rejects.toBe(odd);
  expect(failuresOf(odd)).toEqual([odd, a]);
  const frozen = Object.freeze({});
  await expect(failing(frozen, a)).rejects.toBe(frozen);
  expect(failuresOf(frozen)).toEqual([frozen, a]);
});

test("failuresOf() merges the groups that one error went through, nested", async () => {
  const first = new Error("first");
  const outer = taskGroup((group) => {
    group.spawn(async (task) => {
      await sleep(1_000, at(task.scope)).catch(() => {});
      throw d;
    });
    group.spawn(() => failing(first, b, c));
  });
  await expect(outer).rejects.toBe(first);
  expect(failuresOf(first)).toEqual([first, b, c, d]);
});

test("failuresOf() merges the groups that one error has ended one after the other, each failure once", async () => {
  const first = new Error("first");
  await expect(failing(first, b, c)).rejects.toBe(first);
  await expect(failing(first, c, d)).rejects.toBe(first);
  expect(failuresOf(first)).toEqual([first, b, c, d]);
});

test("failuresOf() is flat: what a later failure had ended is in it, too", async () => {
  const first = new Error("first");
  const second = new Error("second");
  const outer = taskGroup((group) => {
    group.spawn(async (task) => {
      await sleep(1_000, at(task.scope)).catch(() => {});
      await taskGroup(() => Promise.reject(second)).catch(() => {});
      await expect(failing(second, b)).rejects.toBe(second);
      throw second;
    });
    group.spawn(() => Promise.reject(first));
  });
  await expect(outer).rejects.toBe(first);
  expect(failuresOf(first)).toEqual([first, second, b]);
});

test("failuresOf() gives a copy", async () => {
  const first = new Error("first");
  await expect(failing(first, b)).rejects.toBe(first);
  (failuresOf(first) as unknown[]).length = 0;
  expect(failuresOf(first)).toEqual([first, b]);
});

test("failuresOf() knows the failures of gather() and map()", async () => {
  const first = new Error("gather");
  await expect(
    gather([(scope) => late(scope.signal, b), () => Promise.reject(first)]),
  ).rejects.toBe(first);
  expect(failuresOf(first)).toEqual([first, b]);
  const other = new Error("map");
  await expect(
    map(
      [b, other],
      (error, _index, scope) =>
        error === other ? Promise.reject(other) : late(scope.signal, error),
      { concurrency: 2 },
    ),
  ).rejects.toBe(other);
  expect(failuresOf(other)).toEqual([other, b]);
});

test("failuresOf() keeps a bounded number for an error that ends groups again and again", async () => {
  const again = new Error("again");
  for (let i = 0; i < 1_100; i++) {
    await expect(failing(again, new Error(`later ${i}`))).rejects.toBe(again);
  }
  const failures = failuresOf(again);
  expect(failures).toHaveLength(1_000);
  expect(failures[0]).toBe(again);
  expect(failures[1]).toMatchObject({ message: "later 0" });
});

test("failuresOf() knows the later failures of limit().map()", async () => {
  const first = new Error("limit");
  const two = limit(2);
  const jobs = [() => Promise.reject(first), () => sleep(1).then(() => Promise.reject(b))];
  await expect(two.map(jobs, (job) => job())).rejects.toBe(first);
  expect(failuresOf(first)).toEqual([first, b]);
});
