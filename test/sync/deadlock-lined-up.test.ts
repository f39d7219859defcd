// What a section calls for later, and does not await, is no deadlock.
import { turn } from "../support/turn.ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CancelScope, DeadlockError, Mutex, setDeadlockDetection } from "corral";
import { ambientTest } from "../support/mode.ts";
import { exclusives } from "./subjects.ts";

beforeEach(() => {
  setDeadlockDetection(true);
});

afterEach(() => {
  setDeadlockDetection(true);
});

describe.each(exclusives)("%s: a call that is lined up in a section", (_, make) => {
  test("runs after it", async () => {
    const lock = make();
    const log: string[] = [];
    const later: Promise<unknown>[] = [];
    await lock.run(() => {
      later.push(lock.run(() => log.push("run")));
      later.push(
        lock.acquire().then((permit) => {
          log.push("acquire");
          permit.release();
        }),
      );
      expect(lock.figures()).toEqual([1, 2]);
      log.push("section");
    });
    await Promise.all(later);
    expect(log).toEqual(["section", "run", "acquire"]);
  });

  ambientTest("runs after it, also after a wait in it (needs ambient scopes)", async () => {
    const lock = make();
    const log: string[] = [];
    const later: Promise<unknown>[] = [];
    await new CancelScope().run(() =>
      lock.run(async () => {
        await turn();
        later.push(lock.run(() => log.push("later")));
        await turn();
        log.push("section");
      }),
    );
    await Promise.all(later);
    expect(log).toEqual(["section", "later"]);
  });

  ambientTest("is refused when it is awaited after all (needs ambient scopes)", async () => {
    const lock = make();
    const section = new CancelScope().run(() =>
      lock.run(async () => {
        const later = lock.run(() => {}).then(() => "done");
        await turn();
        expect(lock.figures()).toEqual([1, 1]);
        await later;
      }),
    );
    await expect(section).rejects.toBeInstanceOf(DeadlockError);
    expect(lock.figures()).toEqual([0, 0]);
  });
});

const uses: [string, (call: Promise<string>, log: string[]) => unknown][] = [
  ["then()", (call, log) => call.then((value) => log.push(value))],
  ["catch()", (call, log) => call.catch((error: unknown) => log.push(String(error)))],
  ["finally()", (call, log) => call.finally(() => log.push("finally"))],
  ["then() and catch()", (call) => call.then(() => {}).catch(() => {})],
  ["then() and finally()", (call) => call.then(() => {}).finally(() => {})],
  ["a look at it", (call) => typeof call.then === "function" && call instanceof Promise],
];

test.each(uses)("%s of a call that is lined up does not await it", async (_, use) => {
  const mutex = new Mutex();
  const log: string[] = [];
  let later: Promise<string> | undefined;
  await mutex.run(() => {
    later = mutex.run(() => {
      log.push("later");
      return "value";
    });
    void use(later, log);
    expect(mutex.waiting).toBe(1);
    log.push("section");
  });
  expect(await later).toBe("value");
  expect(log.slice(0, 2)).toEqual(["section", "later"]);
});

test("a call that waits in a section gives a promise like any other", async () => {
  const mutex = new Mutex();
  const error = new Error("no");
  let calls: Promise<unknown>[] = [];
  await mutex.run(() => {
    calls = [mutex.run(() => "value"), mutex.run(() => Promise.reject(error))];
    for (const call of calls) {
      expect(call).toBeInstanceOf(Promise);
      expect(Object.keys(call)).toEqual([]);
    }
  });
  expect(await Promise.allSettled(calls)).toEqual([
    { status: "fulfilled", value: "value" },
    { status: "rejected", reason: error },
  ]);
  expect(await calls[0]!.then((value) => [value]).finally(() => {})).toEqual(["value"]);
});
