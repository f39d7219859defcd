// Whoever has a section's proof, and what becomes of what a section leaves behind.
import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { ClosedError, Condition, type HeldCondition } from "corral";
import { deferred } from "../support/deferred.ts";
import { unhandledDuring } from "../support/unhandled.ts";

const ended = "expected a section that holds the lock, received one that has ended";
const waits = "expected a section that holds the lock, received one that waits itself";

async function expectRefused(held: HeldCondition, why: string): Promise<void> {
  const refusal = new TypeError(`Cannot wait for a condition: ${why}`);
  await expect(held.wait()).rejects.toThrow(refusal);
  await expect(held.waitFor(() => true)).rejects.toThrow(refusal);
  const message = `Cannot notify a condition: ${why}`;
  expect(() => held.notify()).toThrow(new TypeError(message));
  expect(() => held.notifyAll()).toThrow(new TypeError(message));
}

describe("the proof of holding the lock", () => {
  test("is worth nothing after the section, also while another holds the lock", async () => {
    const condition = new Condition();
    let stale: HeldCondition | undefined;
    await condition.run((held) => {
      stale = held;
    });
    await expectRefused(stale!, ended);
    const waiting = condition.run((held) => held.wait());
    await condition.run(async (held) => {
      await expectRefused(stale!, ended);
      expect(condition.waiting).toBe(1);
      held.notify();
    });
    await waiting;
  });

  test("is worth nothing while the section waits itself, until it has the lock again", async () => {
    const condition = new Condition();
    let proof: HeldCondition | undefined;
    const section = condition.run(async (held) => {
      proof = held;
      await held.wait();
      held.notifyAll();
    });
    await expectRefused(proof!, waits);
    const hold = deferred();
    const notifying = condition.run(async (held) => {
      held.notify();
      await hold.promise;
    });
    await turn();
    await expectRefused(proof!, waits);
    hold.resolve();
    await Promise.all([section, notifying]);
    await expectRefused(proof!, ended);
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });
});

describe("a wait that a section leaves behind", () => {
  test("rejects with a ClosedError, and the section ends when it has the lock again", async () => {
    const condition = new Condition();
    let left: Promise<void> | undefined;
    const section = condition.run((held) => {
      left = held.wait();
      return "value";
    });
    await turn();
    expect(await section).toBe("value");
    await expect(left).rejects.toBeInstanceOf(ClosedError);
    await expect(left).rejects.toThrow("Cannot wait for a condition: the section has ended");
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("takes no notification, and is none too many to let go of the lock", async () => {
    const condition = new Condition();
    const log: string[] = [];
    const hold = deferred();
    const section = condition.run((held) => {
      void held.wait();
    });
    const waiting = condition.run(async (held) => {
      await held.wait();
      log.push("notified");
    });
    const notifying = condition.run(async (held) => {
      await hold.promise;
      held.notify();
    });
    hold.resolve();
    await Promise.all([section, waiting, notifying]);
    expect([log, condition.stats()]).toEqual([["notified"], { locked: false, waiting: 0 }]);
    using permit = condition.mutex.tryAcquire();
    expect(permit).toBeDefined();
  });

  test("that was notified already goes on, and is followed by no other", async () => {
    const condition = new Condition();
    const log: string[] = [];
    const hold = deferred();
    const section = condition.run(async (held) => {
      void (async () => {
        await held.wait();
        log.push("notified");
        await held.wait().catch((error: unknown) => log.push((error as Error).name));
      })();
      await hold.promise;
    });
    await condition.run((held) => {
      held.notify();
      hold.resolve();
    });
    await section;
    await turn();
    expect(log).toEqual(["notified", "ClosedError"]);
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("is no unhandled rejection", async () => {
    const unhandled = await unhandledDuring(async () => {
      const condition = new Condition();
      await condition.run((held) => void held.wait());
      await condition.run((held) => void held.wait().then(() => {})).catch(() => {});
    });
    // What was made of the wait is for whoever made it.
    expect(unhandled).toHaveLength(1);
    expect(unhandled[0]).toBeInstanceOf(ClosedError);
  });

  test("does not hide what the function failed with", async () => {
    const condition = new Condition();
    const error = new Error("no");
    const section = condition.run((held) => {
      void held.wait();
      throw error;
    });
    await expect(section).rejects.toBe(error);
    expect(condition.stats()).toEqual({ locked: false, waiting: 0 });
  });

  test("leaves a proof behind that is worth nothing", async () => {
    const condition = new Condition();
    let stale: HeldCondition | undefined;
    await condition.run((held) => {
      stale = held;
      void held.wait();
    });
    await expectRefused(stale!, ended);
  });
});
