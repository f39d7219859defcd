// Sections that wait for each other. It takes ambient scopes to see what a section waits for.
import { describe, expect } from "vitest";
import {
  CancelScope,
  DeadlockError,
  KeyedMutex,
  Mutex,
  RwLock,
  Semaphore,
  sleep,
  taskGroup,
  type TaskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";

/** Runs tasks, and says how each has ended. */
async function outcomes(
  body: (spawn: (name: string, fn: () => Promise<unknown>) => void, group: TaskGroup) => unknown,
): Promise<Record<string, string>> {
  const ends: Record<string, string> = {};
  await withVirtualClock(() =>
    taskGroup(async (group) => {
      const spawn = (name: string, fn: () => Promise<unknown>): void => {
        const end = (error: unknown): void => {
          ends[name] = error instanceof Error ? error.name : "done";
        };
        group.spawn(() => fn().then(() => end(undefined), end), { name });
      };
      await body(spawn, group);
    }),
  );
  return ends;
}

describe("the call that would close a circle is refused, and the others go on: (needs ambient scopes)", () => {
  ambientTest("two tasks that take two locks in opposite orders", async () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const ends = await outcomes((spawn) => {
      spawn("first", () => a.run(() => sleep(1).then(() => b.run(() => {}))));
      spawn("second", () => b.run(() => sleep(2).then(() => a.run(() => {}))));
    });
    expect(ends).toEqual({ first: "done", second: "DeadlockError" });
    expect([a.stats(), b.stats()]).toEqual([
      { locked: false, waiting: 0 },
      { locked: false, waiting: 0 },
    ]);
    expect(await a.run(() => b.run(() => "works"))).toBe("works");
  });

  ambientTest("five tasks around a table", async () => {
    const forks = Array.from({ length: 5 }, (_, i) => new Mutex({ name: `fork ${i}` }));
    const ends = await outcomes((spawn) => {
      for (let i = 0; i < 5; i++) {
        const [left, right] = [forks[i]!, forks[(i + 1) % 5]!];
        spawn(`${i}`, () => left.run(() => sleep(1).then(() => right.run(() => sleep(1)))));
      }
    });
    expect(Object.values(ends).filter((end) => end === "DeadlockError")).toHaveLength(1);
    expect(ends["4"]).toBe("DeadlockError");
  });

  ambientTest("all who hold a semaphore ask for one more", async () => {
    const three = new Semaphore(3);
    const ends = await outcomes((spawn) => {
      for (const ms of [1, 2, 3]) {
        spawn(`${ms}`, () => three.run(() => sleep(ms).then(() => three.run(() => sleep(1)))));
      }
    });
    expect(ends).toEqual({ 1: "done", 2: "done", 3: "DeadlockError" });
    expect(three.available).toBe(3);
  });

  ambientTest("two heavy ones of which each needs what the other has", async () => {
    const five = new Semaphore(5);
    const nested = (ms: number): Promise<unknown> =>
      five.run(() => sleep(ms).then(() => five.run(() => {}, { weight: 2 })), { weight: 2 });
    const ends = await outcomes((spawn) => {
      spawn("first", () => nested(1));
      spawn("second", () => nested(2));
    });
    expect(ends).toEqual({ first: "done", second: "DeadlockError" });
    expect(five.available).toBe(5);
  });

  ambientTest("a reader that reads again behind a writer, which waits for it", async () => {
    const lock = new RwLock();
    const ends = await outcomes((spawn) => {
      spawn("reader", () => lock.read.run(() => sleep(2).then(() => lock.read.run(() => {}))));
      spawn("writer", () => sleep(1).then(() => lock.write.run(() => {})));
    });
    expect(ends).toEqual({ reader: "DeadlockError", writer: "done" });
  });

  ambientTest("two keys, and a lock of another kind in between", async () => {
    const keys = new KeyedMutex<string>();
    const one = new Semaphore(1);
    const ends = await outcomes((spawn) => {
      spawn("first", () => keys.run("a", () => sleep(1).then(() => one.run(() => {}))));
      spawn("second", () => one.run(() => sleep(2).then(() => keys.run("b", () => {}))));
      spawn("third", () => keys.run("b", () => sleep(3).then(() => keys.run("a", () => {}))));
    });
    expect(ends).toEqual({ first: "done", second: "done", third: "DeadlockError" });
    expect([keys.size, one.available]).toEqual([0, 1]);
  });

  ambientTest("one lock that is held around another, in which the wait is made", async () => {
    const [a, b, inner] = [new Mutex(), new Mutex(), new Mutex()];
    const ends = await outcomes((spawn) => {
      spawn("first", () => a.run(() => inner.run(() => sleep(1).then(() => b.run(() => {})))));
      spawn("second", () => b.run(() => sleep(2).then(() => a.run(() => {}))));
    });
    expect(ends).toEqual({ first: "done", second: "DeadlockError" });
  });

  ambientTest("one that has waited often before", async () => {
    const [a, b, busy] = [new Mutex(), new Mutex(), new Mutex()];
    const ends = await outcomes((spawn) => {
      spawn("first", () =>
        a.run(async () => {
          for (let i = 0; i < 20; i++) {
            const permit = busy.tryAcquire()!;
            void sleep(1).then(() => permit.release());
            await busy.run(() => {});
          }
          await b.run(() => {});
        }),
      );
      spawn("second", () => b.run(() => sleep(30).then(() => a.run(() => {}))));
    });
    expect(ends).toEqual({ first: "done", second: "DeadlockError" });
  });

  ambientTest("by acquire() as by run(), when the holders are sections", async () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const ends = await outcomes((spawn) => {
      spawn("first", () =>
        a.run(() => sleep(1).then(() => b.acquire().then((permit) => permit.release()))),
      );
      spawn("second", () =>
        b.run(() => sleep(2).then(() => a.acquire().then((permit) => permit.release()))),
      );
    });
    expect(ends).toEqual({ first: "done", second: "DeadlockError" });
  });

  ambientTest("whoever still holds it, in whatever order the others have ended", async () => {
    const three = new Semaphore(3);
    const nested = (ms: number, weight: number): Promise<unknown> =>
      three.run(() => sleep(ms).then(() => three.run(() => sleep(1), { weight })));
    const ends = await outcomes((spawn) => {
      spawn("first to end", () => three.run(() => sleep(1)));
      spawn("stays", () => three.run(() => sleep(20)));
      spawn("asks for all", () => nested(2, 3));
      spawn("asks for all later", () => sleep(3).then(() => nested(1, 3)));
      spawn("asks for what comes back", () => sleep(5).then(() => nested(1, 2)));
    });
    expect(ends).toEqual({
      "first to end": "done",
      stays: "done",
      "asks for all": "DeadlockError",
      "asks for all later": "DeadlockError",
      "asks for what comes back": "done",
    });
  });

  ambientTest("one who is not in the circle, but waits for those who are", async () => {
    const [a, b] = [new Mutex(), new Mutex()];
    const seen: unknown[] = [];
    const ends = await outcomes((spawn) => {
      spawn("first", () => a.run(() => sleep(1).then(() => b.run(() => {}))));
      spawn("waits", () => sleep(2).then(() => a.run(() => {})));
      spawn("second", () =>
        b.run(async () => {
          await sleep(3);
          seen.push(a.stats(), b.stats());
          await a.run(() => {}).catch((error: unknown) => seen.push((error as Error).name));
          seen.push(a.stats(), b.stats());
        }),
      );
    });
    // A refused call leaves everything, and everybody in line, as it was.
    const figures = [
      { locked: true, waiting: 1 },
      { locked: true, waiting: 1 },
    ];
    expect(seen).toEqual([...figures, "DeadlockError", ...figures]);
    expect(ends).toEqual({ first: "done", second: "done", waits: "done" });
  });
});

describe("the message (needs ambient scopes)", () => {
  ambientTest("names who holds what, and who waits for what", async () => {
    const [a, b] = [new Mutex({ name: "accounts" }), new Semaphore(1, { name: "db" })];
    let message = "";
    await outcomes((spawn) => {
      spawn("transfer", () => a.run(() => sleep(1).then(() => b.run(() => {}))));
      spawn("audit", () =>
        b.run(() =>
          sleep(2).then(() => a.run(() => {}).catch((e: Error) => (message = e.message))),
        ),
      );
    });
    expect(message).toBe(
      'Cannot run under a mutex: task "audit" would wait for ever for the mutex "accounts": ' +
        'the mutex "accounts" is held by task "transfer"; ' +
        'task "transfer" waits for the semaphore "db"; ' +
        'the semaphore "db" is held by task "audit"',
    );
  });

  ambientTest.each([
    [undefined, "its caller"],
    ["audit", 'scope "audit"'],
  ])("names the scope outside of a task: %o", async (name, named) => {
    const mutex = new Mutex();
    const outer = new CancelScope(name === undefined ? {} : { name });
    const nested = outer.run(() =>
      new CancelScope().run(() => mutex.run(() => mutex.run(() => {}))),
    );
    await expect(nested).rejects.toThrow(
      `Cannot run under a mutex: ${named} would wait for ever for the mutex: the mutex is held by ${named}`,
    );
  });

  ambientTest("says nothing of what was waited for before", async () => {
    const [a, b, old] = [
      new Mutex({ name: "a" }),
      new Mutex({ name: "b" }),
      new Mutex({ name: "old" }),
    ];
    const messages: string[] = [];
    await outcomes((spawn) => {
      spawn("before", () => old.run(() => sleep(1)));
      spawn("first", () => a.run(() => old.run(() => {}).then(() => b.run(() => {}))));
      spawn("second", () =>
        b.run(() =>
          sleep(2).then(() => a.run(() => {}).catch((e: Error) => messages.push(e.message))),
        ),
      );
    });
    expect(messages).toEqual([expect.stringContaining('task "first" waits for the mutex "b"')]);
    expect(messages[0]).not.toContain("old");
  });

  ambientTest("names each holder of a semaphore once", async () => {
    const two = new Semaphore(2);
    const errors: unknown[] = [];
    await outcomes((spawn) => {
      spawn("deep", () =>
        two.run(() => two.run(() => two.acquire())).catch((error: unknown) => errors.push(error)),
      );
    });
    expect(errors[0]).toBeInstanceOf(DeadlockError);
    expect((errors[0] as Error).message).toBe(
      'Cannot acquire a semaphore: task "deep" would wait for ever for the semaphore: ' +
        'the semaphore is held by task "deep"',
    );
  });
});
