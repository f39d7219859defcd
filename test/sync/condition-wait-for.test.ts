import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { CancelScope, Condition } from "corral";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("waitFor()", () => {
  test("gives what the predicate gives, without a wait when that is truthy at once", async () => {
    const condition = new Condition();
    const value = await condition.run((held) => held.waitFor(() => "truthy"));
    expect(value).toBe("truthy");
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("goes on waiting until the predicate is truthy, and asks it with the lock held", async () => {
    const condition = new Condition();
    const asked: [number, boolean][] = [];
    let count = 0;
    const waiting = condition.run((held) =>
      held.waitFor(() => {
        asked.push([count, condition.mutex.locked]);
        return count >= 2 && `count ${count}`;
      }),
    );
    await turn();
    expect([asked, condition.stats()]).toEqual([[[0, true]], { locked: false, waiting: 1 }]);
    for (let i = 0; i < 2; i++) {
      await condition.run((held) => {
        count++;
        held.notify();
      });
    }
    expect(await waiting).toBe("count 2");
    expect(asked).toEqual([
      [0, true],
      [1, true],
      [2, true],
    ]);
  });

  test("takes each item once however many wait for one", async () => {
    const condition = new Condition();
    const items: string[] = [];
    const taken: string[] = [];
    const consume = (name: string): Promise<unknown> =>
      condition.run(async (held) => {
        await held.waitFor(() => items.length > 0);
        taken.push(`${name} ${items.shift()}`);
      });
    const consumers = ["a", "b", "c"].map(consume);
    for (const item of ["x", "y", "z"]) {
      await condition.run((held) => {
        items.push(item);
        held.notifyAll();
      });
    }
    await Promise.all(consumers);
    expect(taken.map((one) => one.slice(-1))).toEqual(["x", "y", "z"]);
    expect(items).toEqual([]);
  });

  test("rejects with what the predicate throws, and lets the lock go with the section", async () => {
    const condition = new Condition();
    const error = new Error("no");
    const call = condition.run((held) =>
      held.waitFor(() => {
        throw error;
      }),
    );
    await expect(call).rejects.toBe(error);
    expect(condition.mutex.locked).toBe(false);
  });

  test("refuses a predicate that gives a promise, which would always be truthy", async () => {
    const condition = new Condition();
    const call = condition.run((held) => held.waitFor(async () => false));
    await expect(call).rejects.toThrow(
      'Cannot wait for a condition: "predicate" must return a value, received a promise',
    );
    expect(condition.mutex.locked).toBe(false);
  });

  test("is a cancel point also when the predicate is truthy at once", async () => {
    const condition = new Condition();
    const scope = new CancelScope();
    let asked = false;
    const predicate = (): boolean => {
      asked = true;
      return true;
    };
    await scope.run(() =>
      condition.run(async (held) => {
        scope.cancel("over");
        await expect(held.waitFor(predicate, at(scope))).rejects.toBe(scope.signal.reason);
        const signal = AbortSignal.abort("before");
        if (at(scope).signal !== undefined) {
          await expect(held.waitFor(predicate, { signal })).rejects.toBe("before");
        }
      }),
    );
    expect(asked).toBe(false);
  });

  test("is cancelled by its signal, and holds the lock again then", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const call = condition.run(async (held) => {
      await expect(held.waitFor(() => false, controller)).rejects.toBe("gone");
      return condition.mutex.locked;
    });
    await turn();
    controller.abort("gone");
    expect(await call).toBe(true);
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("takes nothing at all for an answer that is not yet there", async () => {
    const condition = new Condition();
    const answers = [undefined, null, "ready"];
    const waiting = condition.run((held) => held.waitFor(() => answers.shift()));
    for (let i = 0; i < 2; i++) {
      await turn();
      await condition.run((held) => held.notify());
    }
    expect(await waiting).toBe("ready");
  });

  test("does not keep to itself what the predicate throws", async () => {
    const error = new Error("no answer");
    const unhandled = await unhandledDuring(() =>
      new Condition().run((held) => {
        void held.waitFor(() => {
          throw error;
        });
      }),
    );
    expect(unhandled).toEqual([error]);
  });
});
