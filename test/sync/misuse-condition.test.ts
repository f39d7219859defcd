import { expect, test } from "vitest";
import { Condition, type HeldCondition } from "corral";
import { counts, functions, type Refusal, waiting } from "./refusals.ts";

/** Calls a method of the proof with what it cannot take, each in a section of its own. */
async function expectRejections(
  refusals: Refusal[],
  call: (held: HeldCondition, value: never) => Promise<unknown>,
): Promise<void> {
  const condition = new Condition();
  for (const { value, error } of refusals) {
    await condition.run(async (held) => {
      await expect(call(held, value as never)).rejects.toThrow(error);
      // It still holds the lock, and does not wait.
      expect(condition.stats()).toEqual({ locked: true, waiting: 0 });
      held.notify();
    });
  }
}

const WAIT = "wait for a condition";

test("wait() rejects for options that it cannot take, and keeps the lock", async () => {
  await expectRejections(waiting(WAIT), (held, value) => held.wait(value));
});

test("waitFor() rejects for options that it cannot take, and does not ask the predicate", async () => {
  let asked = false;
  const predicate = (): boolean => {
    asked = true;
    return true;
  };
  await expectRejections(waiting(WAIT), (held, value) => held.waitFor(predicate, value));
  expect(asked).toBe(false);
});

test("waitFor() rejects for what is no predicate", async () => {
  await expectRejections(functions(WAIT, "predicate"), (held, value) => held.waitFor(value));
});

test("notify() throws for what is no number of waiters, and lets nobody go on", async () => {
  const condition = new Condition();
  const controller = new AbortController();
  const section = condition.run((held) => held.wait(controller));
  await condition.run((held) => {
    for (const { value, error } of counts("notify a condition", "n")) {
      expect(() => held.notify(value as number)).toThrow(error);
    }
    expect(condition.waiting).toBe(1);
  });
  controller.abort("over");
  await expect(section).rejects.toBe("over");
});
