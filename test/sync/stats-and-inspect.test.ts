import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  AsyncEvent,
  Barrier,
  CancelScope,
  CapacityLimiter,
  Condition,
  KeyedMutex,
  KeyedSemaphore,
  Latch,
  Mutex,
  type PrimitiveOptions,
  RwLock,
  Semaphore,
  waitTree,
} from "corral";
import { ambientTest } from "../support/mode.ts";

interface Named {
  readonly name: string | undefined;
  stats(): object;
  toString(): string;
}

const all: [string, (options?: PrimitiveOptions) => Named, object][] = [
  ["Semaphore", (options) => new Semaphore(2, options), { permits: 2, available: 2, waiting: 0 }],
  ["Mutex", (options) => new Mutex(options), { locked: false, waiting: 0 }],
  ["RwLock", (options) => new RwLock(options), { readers: 0, writing: false, waiting: 0 }],
  [
    "CapacityLimiter",
    (options) => new CapacityLimiter(2, options),
    { total: 2, borrowed: 0, waiting: 0 },
  ],
  ["KeyedSemaphore", (options) => new KeyedSemaphore(2, options), { keys: 0, held: 0, waiting: 0 }],
  ["KeyedMutex", (options) => new KeyedMutex(options), { keys: 0, held: 0, waiting: 0 }],
  ["Condition", (options) => new Condition(undefined, options), { locked: false, waiting: 0 }],
  ["Barrier", (options) => new Barrier(2, options), { parties: 2, waiting: 0, broken: false }],
  ["Latch", (options) => new Latch(2, options), { count: 2, waiting: 0 }],
  ["AsyncEvent", (options) => new AsyncEvent(options), { isSet: false, waiting: 0 }],
];

describe.each(all)("%s", (kind, make, figures) => {
  test("stats() is a frozen object of the moment", () => {
    const primitive = make();
    const stats = primitive.stats();
    expect(stats).toEqual(figures);
    expect(Object.isFrozen(stats)).toBe(true);
    expect(primitive.stats()).not.toBe(stats);
  });

  test("shows its kind, its name and its figures as text, and in the console", () => {
    const fields = Object.entries(figures)
      .map(([key, value]) => `${key}: ${String(value)}`)
      .join(", ");
    expect(String(make())).toBe(`${kind} { ${fields} }`);
    const named = make({ name: 'the "one"' });
    expect(String(named)).toBe(`${kind} "the \\"one\\"" { ${fields} }`);
    expect(inspect(named)).toBe(String(named));
    expect(inspect({ deep: [named] })).toContain(String(named));
  });

  test("has the name it was given, or none, for good", () => {
    expect(make().name).toBeUndefined();
    expect(make({}).name).toBeUndefined();
    expect(make({ name: undefined }).name).toBeUndefined();
    expect(make({ name: "" }).name).toBe("");
    expect(make({ name: "name" }).name).toBe("name");
  });

  test("cannot be awaited by accident", async () => {
    const primitive = make();
    expect("then" in primitive).toBe(false);
    expect(await (primitive as unknown)).toBe(primitive);
    expect(Symbol.dispose in primitive || Symbol.asyncDispose in primitive).toBe(false);
    expect(primitive.stats()).toEqual(figures);
  });
});

test("a permit cannot be awaited by accident", async () => {
  const mutex = new Mutex();
  const permit = mutex.tryAcquire()!;
  expect("then" in permit).toBe(false);
  expect(await (permit as unknown)).toBe(permit);
  expect(mutex.locked).toBe(true);
});

test("figures follow what happens, and those that were taken before do not", () => {
  const semaphore = new Semaphore(2);
  const before = semaphore.stats();
  void semaphore.tryAcquire();
  void semaphore.acquire({ weight: 2 });
  expect(before).toEqual({ permits: 2, available: 2, waiting: 0 });
  expect(semaphore.stats()).toEqual({ permits: 2, available: 1, waiting: 1 });
  expect(String(semaphore)).toBe("Semaphore { permits: 2, available: 1, waiting: 1 }");

  const limiter = new CapacityLimiter(2);
  void limiter.tryAcquire({ key: 1 });
  void limiter.tryAcquire({ key: 2 });
  limiter.total = 1;
  expect(limiter.stats()).toEqual({ total: 1, borrowed: 2, waiting: 0 });

  const barrier = new Barrier(2);
  void barrier.wait();
  expect(barrier.stats()).toEqual({ parties: 2, waiting: 1, broken: false });
  barrier.abort();
  expect(String(barrier)).toBe("Barrier { parties: 2, waiting: 0, broken: true }");
});

test("figures are asked for by getters that nothing can be written to", () => {
  const primitives: [object, string[]][] = [
    [new Semaphore(1), ["available", "waiting"]],
    [new Mutex(), ["locked", "waiting"]],
    [new CapacityLimiter(1), ["available", "waiting", "owners"]],
    [new KeyedMutex(), ["size"]],
    [new Condition(), ["waiting"]],
    [new Barrier(1), ["waiting", "broken"]],
    [new Latch(1), ["count", "waiting"]],
    [new AsyncEvent(), ["isSet", "waiting"]],
  ];
  for (const [primitive, getters] of primitives) {
    for (const getter of getters) {
      expect(() => Object.assign(primitive, { [getter]: 5 })).toThrow(TypeError);
    }
  }
});

ambientTest("waitTree() names what is waited for (needs ambient scopes)", async () => {
  const scope = new CancelScope({ name: "scope" });
  const kinds = await scope.run(async () => {
    const semaphore = new Semaphore(0, { name: "connections" });
    const mutex = new Mutex({ name: "file" });
    void mutex.tryAcquire();
    const lock = new RwLock({ name: "settings" });
    void lock.write.tryAcquire();
    const keyed = new KeyedMutex<string>({ name: "accounts" });
    void keyed.tryAcquire("ada");
    const waits = [
      semaphore.acquire(),
      mutex.run(() => {}),
      lock.read.acquire(),
      new CapacityLimiter(0, { name: "threads" }).run(() => {}, { key: 1 }),
      keyed.acquire("ada"),
      new AsyncEvent({ name: "ready" }).wait(),
      new Latch(1, { name: "started" }).wait(),
      new Barrier(2, { name: "lines" }).wait(),
      new Condition(undefined, { name: "items" }).run((held) => held.wait()),
    ];
    const tree = waitTree(scope);
    scope.cancel();
    await Promise.allSettled(waits);
    return tree
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^\W*waits for /, "").replace(/, [\d.]+ s$/, ""));
  });
  expect(kinds).toEqual([
    'semaphore "connections"',
    'mutex "file"',
    'rw-lock "settings"',
    'capacity-limiter "threads"',
    'keyed-mutex "accounts"',
    'event "ready"',
    'latch "started"',
    'barrier "lines"',
    'condition "items"',
  ]);
});

test("a side of a reader-writer lock shows what the lock shows", () => {
  const lock = new RwLock({ name: "table" });
  expect([String(lock.read), String(lock.write)]).toEqual([String(lock), String(lock)]);
});

test("a permit shows its weight, and whether it was released, as text and in the console", () => {
  const permit = new Semaphore(3).tryAcquire({ weight: 2 })!;
  expect(String(permit)).toBe("Permit { weight: 2, released: false }");
  permit.release();
  expect(inspect(permit)).toBe("Permit { weight: 2, released: true }");
});
