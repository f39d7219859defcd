import { describe, expect, test } from "vitest";
import {
  AsyncEvent,
  Barrier,
  CapacityLimiter,
  Condition,
  KeyedMutex,
  KeyedSemaphore,
  Latch,
  Mutex,
  RwLock,
  Semaphore,
} from "corral";
import { amounts, counts, names, options, others, type Refusal } from "./refusals.ts";

/** What makes one of a first argument and options, and which first arguments it refuses. */
type Row = [
  name: string,
  action: string,
  make: (first: number, rest: object) => unknown,
  Refusal[],
];

const withFirst: Row[] = [
  [
    "Semaphore",
    "create a semaphore",
    (permits, rest) => new Semaphore(permits, rest),
    amounts("create a semaphore", "permits"),
  ],
  [
    "CapacityLimiter",
    "create a capacity limiter",
    (total, rest) => new CapacityLimiter(total, rest),
    amounts("create a capacity limiter", "total"),
  ],
  [
    "KeyedSemaphore",
    "create a keyed semaphore",
    (permits, rest) => new KeyedSemaphore(permits, rest),
    amounts("create a keyed semaphore", "permits"),
  ],
  [
    "Barrier",
    "create a barrier",
    (parties, rest) => new Barrier(parties, rest),
    counts("create a barrier", "parties", [Infinity]),
  ],
  [
    "Latch",
    "create a latch",
    (count, rest) => new Latch(count, rest),
    amounts("create a latch", "count", [Infinity]),
  ],
];

const withoutFirst: Row[] = [
  ["Mutex", "create a mutex", (_, rest) => new Mutex(rest), []],
  ["RwLock", "create a reader-writer lock", (_, rest) => new RwLock(rest), []],
  ["KeyedMutex", "create a keyed mutex", (_, rest) => new KeyedMutex(rest), []],
  ["AsyncEvent", "create an event", (_, rest) => new AsyncEvent(rest), []],
  ["Condition", "create a condition", (_, rest) => new Condition(undefined, rest), []],
];

describe.each(withFirst)("new %s()", (_, __, make, refusals) => {
  test.each(refusals)("refuses $value", ({ value, error }) => {
    expect(() => make(value as number, {})).toThrow(error);
  });

  test("refuses to be made of nothing", () => {
    expect(() => make(undefined as never, {})).toThrow(TypeError);
    expect(() => make(null as never, {})).toThrow(TypeError);
  });
});

describe.each([...withFirst, ...withoutFirst])("new %s()", (_, action, make) => {
  test.each([...options(action), ...names(action)])("refuses $value", ({ value, error }) => {
    expect(() => make(1, value as object)).toThrow(error);
  });
});

test.each(
  others("create a condition", "mutex", "a Mutex", [null, 5, {}, new Semaphore(1), "text", Mutex]),
)("new Condition() refuses a lock that is $value", ({ value, error }) => {
  expect(() => new Condition(value as never)).toThrow(error);
});

test("options and names of their own kind are taken", () => {
  const given = Object.freeze({ name: "name" });
  expect(new Semaphore(1, given).name).toBe("name");
  expect(new Semaphore(1, Object.create(null) as object).name).toBeUndefined();
});
