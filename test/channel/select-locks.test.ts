import { describe, expect, test } from "vitest";
import {
  AsyncEvent,
  lock,
  Mutex,
  Queue,
  recv,
  RwLock,
  select,
  Semaphore,
  trySelect,
  when,
} from "corral";
import { notes } from "./notes.ts";

describe("lock() of a semaphore", () => {
  test("gives a permit of its weight, to be released once", async () => {
    const semaphore = new Semaphore(3);
    const { value: permit } = await select({ permit: lock(semaphore, { weight: 2 }) });
    expect([permit.weight, semaphore.available]).toEqual([2, 1]);
    permit.release();
    permit.release();
    expect(semaphore.available).toBe(3);
  });

  test("is overtaken by nobody, and overtakes nobody", async () => {
    const semaphore = new Semaphore(1);
    const held = semaphore.tryAcquire()!;
    const { log, note } = notes();
    const all = [
      note(
        "a",
        semaphore.acquire().then((permit) => permit.release()),
      ),
      note(
        "b",
        select({ it: lock(semaphore) }).then(({ value }) => value.release()),
      ),
      note(
        "c",
        semaphore.acquire().then((permit) => permit.release()),
      ),
    ];
    expect(trySelect({ it: lock(semaphore) })).toBeUndefined();
    held.release();
    expect(trySelect({ it: lock(semaphore) })).toBeUndefined();
    await Promise.all(all);
    expect([log, semaphore.available]).toEqual([["a", "b", "c"], 1]);
  });

  test.each<[string, (go: AsyncEvent, controller: AbortController) => void]>([
    ["another clause is chosen", (go) => go.set()],
    ["it is cancelled", (_, controller) => controller.abort("gone")],
  ])("that is heavy and leaves since %s lets the lighter ones behind it in", async (_, leave) => {
    const semaphore = new Semaphore(3);
    const held = semaphore.tryAcquire()!;
    const go = new AsyncEvent();
    const controller = new AbortController();
    const clauses = { heavy: lock(semaphore, { weight: 3 }), go: when(go) };
    const chosen = select(clauses, controller).catch((error: unknown) => error);
    const { log, note } = notes();
    const light = note(
      "light",
      semaphore.acquire().then(() => {}),
    );
    const other = note(
      "other",
      select({ it: lock(semaphore) }).then(() => {}),
    );
    expect([semaphore.available, semaphore.waiting]).toEqual([2, 3]);
    leave(go, controller);
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 0]);
    await Promise.all([chosen, light, other]);
    expect(log.toSorted()).toEqual(["light", "other"]);
    held.release();
    expect(semaphore.available).toBe(1);
  });

  test("of two semaphores takes the permit of one alone", async () => {
    const semaphores = [new Semaphore(1), new Semaphore(1)] as const;
    const held = semaphores.map((semaphore) => semaphore.tryAcquire()!);
    const chosen = select({ a: lock(semaphores[0]), b: lock(semaphores[1]) });
    for (const permit of held) permit.release();
    (await chosen).value.release();
    expect(semaphores.map(({ available, waiting }) => [available, waiting])).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  test("is had in the step of the call behind one that has yet to begin: then nothing else waits", async () => {
    const semaphore = new Semaphore(1);
    const queue = new Queue<number>({ capacity: 1 });
    const held = semaphore.tryAcquire()!;
    const run = semaphore.run(() => "begun");
    held.release();
    semaphore.resize(2);
    expect(semaphore.tryAcquire()).toBeUndefined();
    const clauses = { it: lock(semaphore), item: recv(queue) };
    const chosen = select(clauses, { biased: true });
    expect([queue.stats().getting, semaphore.waiting, semaphore.available]).toEqual([0, 0, 0]);
    expect([(await chosen).key, await run]).toEqual(["it", "begun"]);
  });

  test("twice in one select() takes one permit", async () => {
    const semaphore = new Semaphore(1);
    const held = semaphore.tryAcquire()!;
    const chosen = select({ a: lock(semaphore), b: lock(semaphore) });
    expect(semaphore.waiting).toBe(2);
    held.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 0]);
    (await chosen).value.release();
    expect(semaphore.available).toBe(1);
  });
});

describe("lock() of other locks", () => {
  test("gives a mutex to one, and leaves it free when it was not chosen", async () => {
    const mutex = new Mutex();
    const go = new AsyncEvent();
    const held = mutex.tryAcquire()!;
    const chosen = select({ it: lock(mutex), go: when(go) });
    go.set();
    held.release();
    expect([(await chosen).key, mutex.locked]).toEqual(["go", false]);
  });

  test("gives the permit of a writer, which can be downgraded", async () => {
    const { read, write } = new RwLock();
    const { value: writing } = await select({ it: lock(write) });
    expect(read.tryAcquire()).toBeUndefined();
    const reading = writing.downgrade();
    expect(read.tryAcquire()).toBeDefined();
    reading.release();
  });

  test("of a writer that leaves lets in the readers behind it", async () => {
    const { read, write } = new RwLock();
    read.tryAcquire();
    const go = new AsyncEvent();
    const chosen = select({ it: lock(write), go: when(go) });
    const reader = read.acquire();
    expect(read.stats()).toMatchObject({ readers: 1, waiting: 2 });
    go.set();
    expect(read.stats()).toMatchObject({ readers: 2, waiting: 0 });
    await Promise.all([chosen, reader]);
  });
});
