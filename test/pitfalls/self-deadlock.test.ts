import { describe, expect, test } from "vitest";
import {
  CancelScope,
  CapacityLimiter,
  channel,
  DeadlockError,
  join,
  KeyedMutex,
  KeyedSemaphore,
  limit,
  lock,
  recv,
  RwLock,
  select,
  Semaphore,
  send,
  type Task,
  taskGroup,
} from "corral";
import { settle } from "../contract/settle.ts";
import { ambientTest } from "../support/mode.ts";
import { type Section, sections } from "./sections.ts";

function one(): Section {
  const it = limit(1);
  return {
    run: (fn, options) => it(fn, options),
    hold: () => undefined,
    figures: () => [it.active, it.pending],
  };
}

/** All of which there is one place, so that nobody who holds it can enter again. */
const exclusive = [
  ...sections.filter(([name]) => name !== "RwLock.read.run()"),
  ["limit()", one] as const,
];

/** What it is by now: an error, a value, or "waits". */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = "waits";
  promise.then(
    (value) => (outcome = value),
    (error: unknown) => (outcome = error),
  );
  await settle();
  await settle();
  return outcome;
}

describe.each(exclusive)("pitfall 23: %s", (_, make) => {
  test("refuses a call in itself that is returned, instead of hanging", async () => {
    const section = make();
    const outcome = await outcomeOf(section.run(() => section.run(() => "never")));
    expect(outcome).toBeInstanceOf(DeadlockError);
    expect(section.figures()).toEqual([0, 0]);
  });

  test("refuses a call in itself that is awaited, which can be caught", async () => {
    const section = make();
    const outcome = await outcomeOf(
      section.run(async () => {
        await section.run(() => "never").catch(() => {});
        return "caught";
      }),
    );
    expect(outcome).toBe("caught");
    expect(section.figures()).toEqual([0, 0]);
  });

  ambientTest("refuses one that is awaited later, and deeper (needs ambient scopes)", async () => {
    const section = make();
    const inner = async (): Promise<string> => {
      await settle();
      return section.run(() => "never");
    };
    const outcome = await outcomeOf(
      new CancelScope().run(() => section.run(() => taskGroup(inner))),
    );
    expect(outcome).toBeInstanceOf(DeadlockError);
    expect(section.figures()).toEqual([0, 0]);
  });

  test("takes a call in itself that is for later", async () => {
    const section = make();
    const later: Promise<string>[] = [];
    await section.run(() => void later.push(section.run(() => "later")));
    expect(await outcomeOf(later[0]!)).toBe("later");
  });
});

describe("pitfall 23: a lock for reading and writing", () => {
  test("refuses a writer within its own reading, and a reader within its own writing", async () => {
    const it = new RwLock();
    const up = await outcomeOf(it.read.run(() => it.write.run(() => "never")));
    const down = await outcomeOf(it.write.run(() => it.read.run(() => "never")));
    expect([up, down]).toEqual([expect.any(DeadlockError), expect.any(DeadlockError)]);
    expect(it.stats()).toEqual({ readers: 0, writing: false, waiting: 0 });
  });

  test("lets a reader read within its own reading while nobody wants to write", async () => {
    const it = new RwLock();
    expect(await outcomeOf(it.read.run(() => it.read.run(() => "read")))).toBe("read");
  });

  test("refuses a reader within its own reading behind a writer that waits", async () => {
    const it = new RwLock();
    let writing: Promise<unknown> | undefined;
    const reading = it.read.run(() => {
      writing = it.write.run(() => "written");
      return it.read.run(() => "never");
    });
    expect(await outcomeOf(reading)).toBeInstanceOf(DeadlockError);
    expect(await outcomeOf(writing!)).toBe("written");
  });
});

describe("pitfall 23: a weight that can never be had is refused at once", () => {
  test("by Semaphore", async () => {
    const it = new Semaphore(2);
    it.tryAcquire();
    for (const weight of [3, Infinity]) {
      expect(await outcomeOf(it.acquire({ weight }))).toBeInstanceOf(RangeError);
      expect(await outcomeOf(it.run(() => "never", { weight }))).toBeInstanceOf(RangeError);
      expect(() => it.tryAcquire({ weight })).toThrow(RangeError);
      expect(() => lock(it, { weight })).toThrow(RangeError);
    }
    expect(it.stats()).toEqual({ permits: 2, available: 1, waiting: 0 });
  });

  test("by KeyedSemaphore, which does not remember the key", async () => {
    const it = new KeyedSemaphore<string>(2);
    expect(await outcomeOf(it.acquire("key", { weight: 3 }))).toBeInstanceOf(RangeError);
    expect(await outcomeOf(it.run("key", () => "never", { weight: 3 }))).toBeInstanceOf(RangeError);
    expect(() => it.tryAcquire("key", { weight: 3 })).toThrow(RangeError);
    expect(it.size).toBe(0);
  });

  test("by limit()", async () => {
    const it = limit(2);
    expect(await outcomeOf(it(() => "never", { weight: 3 }))).toBeInstanceOf(RangeError);
    expect([it.active, it.pending]).toEqual([0, 0]);
  });
});

describe("pitfall 23: who would wait for itself is refused:", () => {
  test("a borrower of a capacity limiter that borrows again", async () => {
    const it = new CapacityLimiter(2);
    const outcome = await outcomeOf(it.run(() => it.acquire({ key: "same" }), { key: "same" }));
    expect(outcome).toBeInstanceOf(TypeError);
    expect([it.owners, it.available]).toEqual([[], 2]);
  });

  test("a section of one key that wants that key, not one that wants another", async () => {
    const it = new KeyedMutex<string>();
    const same = await outcomeOf(it.run("a", () => it.run("a", () => "never")));
    const other = await outcomeOf(it.run("a", () => it.run("b", () => "other")));
    expect([same, other]).toEqual([expect.any(DeadlockError), "other"]);
    expect(it.size).toBe(0);
  });

  ambientTest("a task that selects its own end (needs ambient scopes)", async () => {
    const outcome = await outcomeOf(
      taskGroup(async (group) => {
        const task: Task<unknown> = group.spawn(async (self) => {
          await settle();
          await select({ self: join(self) });
        });
        await task;
      }),
    );
    expect(outcome).toBeInstanceOf(DeadlockError);
  });

  test("a select() is not: it does not deal with itself, waits, and can be cancelled", async () => {
    const [sender, receiver] = channel<number>(0);
    const controller = new AbortController();
    const { signal } = controller;
    const selecting = select({ sent: send(sender, 1), received: recv(receiver) }, { signal });
    expect(await outcomeOf(selecting)).toBe("waits");
    controller.abort("gone");
    expect(await outcomeOf(selecting)).toBe("gone");
    expect(sender.stats()).toMatchObject({ sending: 0, receiving: 0 });
  });
});
