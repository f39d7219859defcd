// What functions give that run under a lock: it is given as it is, and the lock is let go once.
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { runs } from "./sections.ts";

const error = new Error("from the function");

function thenable(
  settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void,
): object {
  // oxlint-disable-next-line unicorn/no-thenable -- what this is about
  return { then: settle };
}

const throws = (): never => {
  throw error;
};

/** A promise of the platform that carries something else under the name `then`. */
function carrying(then: (...args: ((value: unknown) => void)[]) => unknown): Promise<unknown> {
  // oxlint-disable-next-line unicorn/no-thenable -- what this is about
  return Object.assign(Promise.resolve("own"), { then });
}

/** What functions return, and what comes of it: a value, or the error. */
const returned: [string, () => unknown, unknown][] = [
  ["a value", () => "value", "value"],
  ["undefined", () => undefined, undefined],
  ["a promise of undefined", async () => {}, undefined],
  ["a thenable that resolves", () => thenable((resolve) => resolve("value")), "value"],
  ["a thenable that rejects", () => thenable((_resolve, reject) => reject(error)), error],
  ["a thenable that throws", () => thenable(throws), error],
  [
    "a thenable that settles twice",
    () =>
      thenable((resolve, reject) => {
        resolve("first");
        resolve("second");
        reject(error);
      }),
    "first",
  ],
  ["a promise of another realm", () => runInNewContext('Promise.resolve("value")'), "value"],
  ["a promise whose own then() never calls back", () => carrying(() => {}), "own"],
  ["a promise whose own then() throws", () => carrying(throws), "own"],
  ["nothing, since it throws at once", throws, error],
  ["a rejected promise", () => Promise.reject(error), error],
];

describe.each(runs)("pitfall 18: %s takes a function that returns", (_, make, way) => {
  test.each(returned)("%s", async (__, fn, outcome) => {
    const section = make();
    const running = way(section)(fn);
    if (outcome === error) await expect(running).rejects.toBe(error);
    else expect(await running).toBe(outcome);
    expect(section.figures()).toEqual([0, 0]);
    // It was let go once: one alone can have it.
    const held = section.hold();
    expect([held === undefined, section.hold()]).toEqual([false, undefined]);
    held!.release();
  });
});
