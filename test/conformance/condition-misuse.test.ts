import { Condition, type HeldCondition } from "corral";
import { expect } from "vitest";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "Condition";
const byHeld = "Only the `held` object of a section waits and notifies, while the section runs.";

/** The message of the TypeError. */
const withoutLock = /expected a section that holds the lock, received one that has ended$/;

/** The `held` object of a section that has ended. */
async function ended(condition: Condition): Promise<HeldCondition> {
  let last: HeldCondition | undefined;
  await condition.run((held) => void (last = held));
  return last!;
}

behaviour(
  {
    area,
    id: "test_wait_unacquired",
    says: "waiting without holding the lock is an error",
    verdict: "holds",
    because: byHeld,
  },
  async () => {
    const held = await ended(new Condition());
    await expect(held.wait()).rejects.toThrow(withoutLock);
  },
);

behaviour(
  {
    area,
    id: "test_wait_for_unacquired",
    says: "without the lock, a predicate that is true at once gives its value, and one that is false is an error",
    verdict: "differs",
    because: "Without the lock it is an error always, whatever the predicate says by luck.",
  },
  async () => {
    const held = await ended(new Condition());
    let asked = 0;
    for (const value of [[1, 2, 3], false]) {
      const wait = held.waitFor(() => {
        asked++;
        return value;
      });
      await expect(wait).rejects.toThrow(withoutLock);
    }
    expect(asked).toBe(0);
  },
);

for (const [id, name] of [
  ["test_notify_unacquired", "notify"],
  ["test_notify_all_unacquired", "notifyAll"],
] as const) {
  behaviour(
    {
      area,
      id,
      says: `notifying ${name === "notify" ? "one" : "all"} without holding the lock is an error`,
      verdict: "holds",
      because: byHeld,
    },
    async () => {
      const held = await ended(new Condition());
      expect(() => held[name]()).toThrow(withoutLock);
    },
  );
}

notTransferable({
  area,
  id: "test_ambiguous_loops",
  says: "a condition and its lock must belong to the same event loop",
  because: "There is one event loop, the platform's.",
});
